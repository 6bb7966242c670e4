import { describe, expect, it } from "vitest";
import type { HeatStrip } from "../backend";
import { columnWords, failedShares, heatSummary, instantAt, latencyMarks, partAt, shadeOf, shareScale } from "./heat";

const heat: HeatStrip = {
  range: { from_us: 1_000_000, to_us: 61_000_000 },
  columns: 2,
  bounds_us: [1000, 5000, 10_000, 1_000_000],
  counts: [0, 90, 0, 0, 10, 0, 0, 0, 0, 0],
  failed: [25, 4],
};

describe("the heat strip", () => {
  it("shades by the square root, nothing apart from something", () => {
    expect([0, 1, 25, 100].map((count) => shadeOf(count, 100))).toEqual([0, 1, 3, 5]);
    expect(shadeOf(1, 0)).toBe(0);
  });

  it("counts failures without a response as exchanges of their column", () => {
    expect(failedShares(heat)).toEqual([0.25, 1]);
    expect(shareScale([0.26])).toBe(0.5);
    expect(shareScale([])).toBe(0.01);
    expect(shareScale([0.7])).toBe(1);
  });

  it("marks powers of ten only", () => {
    expect(latencyMarks(heat)).toEqual([
      { row: 0, text: "1 ms" },
      { row: 2, text: "10 ms" },
      { row: 3, text: "1 s" },
    ]);
  });

  it("finds instants and places", () => {
    expect(instantAt(heat, 0.5)).toBe(31_000_000);
    expect(instantAt(heat, 7)).toBe(61_000_000);
    expect(partAt(heat, 31_000_000)).toBe(0.5);
    expect(partAt(heat, 0)).toBeNull();
  });

  it("says what it shows", () => {
    expect(columnWords(heat)).toBe("exchanges per 30 s");
    expect(heatSummary(heat)).toBe("Most of 100 exchanges took 1.0 ms to 5.0 ms. 29.0% failed.");
    expect(heatSummary({ ...heat, counts: [] })).toBe("No exchange was answered in this time.");
  });
});
