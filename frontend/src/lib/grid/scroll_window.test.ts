import { describe, expect, it } from "vitest";
import {
  lastPosition,
  MAX_TRACK_PX,
  offsetOf,
  positionAt,
  revealed,
  rowsInView,
  scaled,
  scrolled,
  trackPx,
  type ListSize,
} from "./scroll_window";

const list = (rows: number): ListSize => ({ rows, rowPx: 24, viewPx: 264 });

describe("a list that fits the track", () => {
  const size = list(10_000);

  it("scrolls pixel by pixel", () => {
    expect(scaled(size)).toBe(false);
    expect(trackPx(size)).toBe(240_000);
    expect(positionAt(size, 36)).toBe(1.5);
    expect(offsetOf(size, 1.5)).toBe(36);
    expect(scrolled(size, 0, 0, 48)).toBe(2);
  });

  it("shows the rows that are partly in view", () => {
    expect(rowsInView(size, 0)).toEqual({ first: 0, end: 11 });
    expect(rowsInView(size, 1.5)).toEqual({ first: 1, end: 13 });
    expect(rowsInView(size, 1e9)).toEqual({ first: 9989, end: 10_000 });
  });

  it("has no rows to show when empty, and all of them when short", () => {
    expect(rowsInView(list(0), 0)).toEqual({ first: 0, end: 0 });
    expect(rowsInView(list(3), 7)).toEqual({ first: 0, end: 3 });
  });
});

describe("a list longer than a browser can scroll", () => {
  const size = list(41_600_000);

  it("has a track of limited height that reaches every row", () => {
    expect(trackPx(size)).toBe(MAX_TRACK_PX);
    expect(positionAt(size, 0)).toBe(0);
    expect(positionAt(size, MAX_TRACK_PX - size.viewPx)).toBe(lastPosition(size));
    expect(rowsInView(size, lastPosition(size)).end).toBe(size.rows);
  });

  it("moves by real pixels for the wheel and by share for the scroll bar", () => {
    const from = offsetOf(size, 1_000_000);
    expect(scrolled(size, 1_000_000, from, from + 48)).toBeCloseTo(1_000_002);
    expect(scrolled(size, 1_000_000, from, MAX_TRACK_PX / 2)).toBeCloseTo(size.rows / 2, -3);
  });

  it("finds back from a position to its offset and again to the position", () => {
    for (const position of [0, 1, 12_345.5, 20_000_000, lastPosition(size)]) {
      expect(positionAt(size, offsetOf(size, position))).toBeCloseTo(position, 4);
    }
  });

  it("never leaves the list", () => {
    expect(scrolled(size, 1, 10, 0)).toBeGreaterThanOrEqual(0);
    expect(scrolled(size, 1, 100, 0)).toBe(0);
  });
});

describe("revealed", () => {
  const size = list(1000);

  it("moves as little as needed", () => {
    expect(revealed(size, 100, 105)).toBe(100);
    expect(revealed(size, 100, 40)).toBe(40);
    expect(revealed(size, 100, 111)).toBe(101);
    expect(revealed(size, 0, 5000)).toBe(lastPosition(size));
  });
});
