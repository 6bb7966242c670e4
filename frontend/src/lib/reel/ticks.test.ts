import { describe, expect, it } from "vitest";
import { bucketUs, roundTop, ticks } from "./ticks";

const TEN = Date.UTC(2026, 10, 21, 10) * 1000;

function labels(spanUs: number, width = 1250): string[] {
  return ticks({ from_us: TEN, to_us: TEN + spanUs }, width).flatMap((tick) => tick.label ?? []);
}

describe("the ruler", () => {
  it("of two hours has a label every ten minutes", () => {
    expect(labels(7200e6).slice(0, 3)).toEqual(["10:00", "10:10", "10:20"]);
  });
  it("of a day names the new day at midnight", () => {
    expect(labels(86_400e6)).toContain("22 Nov");
  });
  it("of a second shows milliseconds", () => {
    expect(labels(1e6).slice(0, 2)).toEqual(["10:00:00.000", "10:00:00.100"]);
  });
  it.each([1e6, 60e6, 3600e6, 86_400e6, 30 * 86_400e6])("of %d µs never crowds its labels", (span) => {
    expect(labels(span).length).toBeLessThanOrEqual(1250 / 84 + 1);
    expect(labels(span).length).toBeGreaterThan(2);
  });
});

describe("histogram bars", () => {
  it("have round widths", () => {
    expect(bucketUs(7200e6 / 1250, 4)).toBe(30e6);
    expect(bucketUs(1e6 / 1250, 4)).toBe(5000);
  });
});

describe("the top of a scale", () => {
  it.each([
    [0, 1],
    [1543, 1600],
    [0.3, 0.4],
    [9, 10],
    [200, 200],
  ])("for %d is %d", (value, top) => expect(roundTop(value)).toBeCloseTo(top, 9));
});
