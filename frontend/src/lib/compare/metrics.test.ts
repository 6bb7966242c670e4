import { describe, expect, it } from "vitest";
import { heights, highestOf, METRIC_WORDS } from "./metrics";

describe("the heights' scale", () => {
  it.each([
    [92.8, [0, 25, 50, 75, 100]],
    [7.2, [0, 2, 4, 6, 8]],
    [0.9, [0, 0.25, 0.5, 0.75, 1]],
    [5_000_000, [0, 2_000_000, 4_000_000, 6_000_000]],
  ])("of values up to %d begins at zero and has round marks", (highest, marks) => {
    expect(heights(highest).marks).toEqual(marks);
  });

  it.each([0.001, 0.3, 1, 17, 99.9, 100, 1234, 8.7e8])("has room above %d", (highest) => {
    const { top, marks } = heights(highest);
    expect(top).toBeGreaterThanOrEqual(highest);
    expect(top).toBeLessThan(highest * 2.7);
    expect(marks[0]).toBe(0);
    expect(marks.at(-1)).toBeCloseTo(top);
  });

  it("of a share ends at all", () => {
    expect(heights(1, 1).top).toBe(1);
    expect(heights(0.98, 1).top).toBe(1);
  });

  it("of nothing is not empty", () => expect(heights(0)).toEqual({ top: 1, marks: [0, 1] }));

  it("takes no notice of what is unknown", () => {
    expect(highestOf([[null, 3, null], [1]])).toBe(3);
    expect(highestOf([[null]])).toBe(0);
  });
});

describe("figures", () => {
  it("carry their unit", () => {
    expect(METRIC_WORDS.requests_in.figure(31.9)).toBe("31.9 req/s");
    expect(METRIC_WORDS.failure_rate.figure(0.316)).toBe("31.6%");
    expect(METRIC_WORDS.p95.figure(5_000_000)).toBe("5.00 s");
    expect(METRIC_WORDS.bytes.figure(9_600_000)).toBe("9.6 MB/s");
    expect(METRIC_WORDS.active_connections.figure(1204)).toBe("1,204");
  });

  it("on the axis name the unit of rates once", () => {
    expect(METRIC_WORDS.requests_in.mark(100, true)).toBe("100 req/s");
    expect(METRIC_WORDS.requests_in.mark(25, false)).toBe("25");
    expect(METRIC_WORDS.failure_rate.mark(0.025, false)).toBe("2.5%");
  });
});
