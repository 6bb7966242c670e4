import { describe, expect, it } from "vitest";
import type { AlertRow } from "../backend";
import { Scale } from "../reel/scale";
import { availabilityAt, curvePath, lowest, openSpan } from "./curve";

const SIZE = { top: 0, bottom: 100 };
const CURVE = [
  { at_us: 0, availability: 1 },
  { at_us: 10, availability: 0.75 },
  { at_us: 20, availability: null },
  { at_us: 30, availability: 0.5 },
];
const alert = (opened_us: number, resolved_us: number | null): AlertRow => ({ opened_us, resolved_us }) as AlertRow;

describe("the availability curve", () => {
  it("goes in steps and breaks where nothing counts", () => {
    expect(curvePath(CURVE, new Scale({ from_us: 0, to_us: 100 }, 100), SIZE)).toBe("M0.0 0.0H10.0V25.0M30.0 50.0");
  });

  it("is what it was at the point before an instant", () => {
    expect([5, 10, 25, 99].map((at) => availabilityAt(CURVE, at))).toEqual([1, 0.75, null, 0.5]);
    expect(lowest(CURVE)?.at_us).toBe(30);
    expect(lowest([{ at_us: 0, availability: null }])).toBeNull();
  });

  it("is shaded while an alert was open, to its end while one is", () => {
    const within = { from_us: 10, to_us: 50 };
    expect(openSpan(alert(0, 20), within)).toEqual({ from_us: 10, to_us: 20 });
    expect(openSpan(alert(30, null), within)).toEqual({ from_us: 30, to_us: 50 });
    expect(openSpan(alert(60, null), within)).toBeNull();
  });
});
