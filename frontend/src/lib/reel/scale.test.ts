import { describe, expect, it } from "vitest";
import { panned, resized, revealing, Scale, snapped, wholeView, zoomed } from "./scale";

const DAY = { from_us: 0, to_us: 86_400e6 };
const HOUR = { from_us: 36_000e6, to_us: 39_600e6 };

describe("time on the track", () => {
  it("an instant and its pixel are each other's reverse", () => {
    const scale = new Scale(HOUR, 1253);
    for (const us of [HOUR.from_us, HOUR.to_us, 37_325_187_000]) expect(scale.us(scale.x(us))).toBeCloseTo(us, 3);
    expect(scale.x(HOUR.from_us)).toBe(0);
    expect(scale.x(HOUR.to_us)).toBe(1253);
  });

  it("the whole recording has room on both sides", () => {
    const whole = wholeView(HOUR);
    expect(whole.from_us).toBeLessThan(HOUR.from_us);
    expect(whole.to_us).toBeGreaterThan(HOUR.to_us);
  });

  it("a recording of a single packet can be shown", () => {
    const whole = wholeView({ from_us: 5, to_us: 5 });
    expect(whole.to_us).toBeGreaterThan(whole.from_us);
  });
});

describe("zooming", () => {
  it("keeps the pivot where it is", () => {
    const pivot = 37_000e6;
    const before = new Scale(HOUR, 1000).x(pivot);
    const after = new Scale(zoomed(HOUR, DAY, 0.5, pivot), 1000).x(pivot);
    expect(after).toBeCloseTo(before, 6);
  });

  it("stops at one millisecond", () => {
    const view = zoomed(HOUR, DAY, 1e-9, 37_000e6);
    expect(view.to_us - view.from_us).toBeCloseTo(1e3, 3);
  });

  it("stops at the whole recording", () => {
    expect(zoomed(HOUR, DAY, 1e6, 37_000e6)).toEqual(DAY);
  });

  it("out near an edge stays inside the recording", () => {
    const view = zoomed({ from_us: 0, to_us: 3600e6 }, DAY, 4, 3600e6);
    expect(view).toEqual({ from_us: 0, to_us: 14_400e6 });
  });
});

describe("panning", () => {
  it("stops at the ends and keeps the length", () => {
    expect(panned(HOUR, DAY, -1e15)).toEqual({ from_us: 0, to_us: 3600e6 });
    expect(panned(HOUR, DAY, 1e15)).toEqual({ from_us: 82_800e6, to_us: 86_400e6 });
  });

  it("reveals an instant outside the window and leaves the window alone otherwise", () => {
    expect(revealing(HOUR, DAY, 37_000e6)).toBe(HOUR);
    const moved = revealing(HOUR, DAY, 50_000e6);
    expect(moved.from_us).toBeLessThan(50_000e6);
    expect(moved.to_us).toBeGreaterThan(50_000e6);
    expect(moved.to_us - moved.from_us).toBe(3600e6);
  });
});

describe("the overview's window", () => {
  it("is resized by one edge and cannot turn inside out", () => {
    expect(resized(HOUR, DAY, "from", 38_000e6)).toEqual({ from_us: 38_000e6, to_us: 39_600e6 });
    expect(resized(HOUR, DAY, "from", 99_000e6).from_us).toBe(39_599_999_000);
    expect(resized(HOUR, DAY, "to", -5).to_us).toBe(36_000_001_000);
  });
});

describe("snapping", () => {
  const events = [10_000, 20_000, 20_500];
  it("takes the nearest event within reach", () => {
    expect(snapped(20_300, events, 600)).toBe(20_500);
    expect(snapped(9_500, events, 600)).toBe(10_000);
  });
  it("leaves an instant alone that is near nothing", () => {
    expect(snapped(15_000, events, 600)).toBe(15_000);
    expect(snapped(15_000, [], 600)).toBe(15_000);
  });
});
