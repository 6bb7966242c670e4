import { describe, expect, it } from "vitest";
import { columnAt, columnsOf, columnsSummary, columnWords, topOf } from "./columns";
import { column } from "./testkit";

const SIZE = { width: 300, height: 100, failedTop: 105, failedHeight: 14 };
const parts = [
  { hop: "A", part: "wire" as const, mean_us: 40_000 },
  { hop: "A", part: "hop" as const, mean_us: 20_000 },
  { hop: "catalog", part: "service" as const, mean_us: 20_000 },
];
const up = column(0, { up: 6, total_us: 80_000, parts });
const failing = column(1, { up: 3, down: 3, total_us: 80_000, parts });
const gap = column(2, { unknown: 6 });

/** Left, top, width and height of every box. */
const boxes = (path: string): number[][] =>
  [...path.matchAll(/M([\d.-]+) ([\d.-]+)h([\d.-]+)v([\d.-]+)/g)].map((box) => box.slice(1).map(Number));

describe("a path in columns", () => {
  it("puts parts one upon the other in their order, to scale", () => {
    const { parts: drawn } = columnsOf([up, failing, gap], 80_000, SIZE);
    const [wire] = boxes(drawn.wire);
    expect(wire?.[1]).toBeCloseTo(50);
    expect(wire?.[3]).toBeCloseTo(50, 0);
    expect(boxes(drawn.hop)[0]?.[1]).toBeCloseTo(25);
    expect(boxes(drawn.service)[0]?.[1]).toBeCloseTo(0);
    expect(boxes(drawn.wire)).toHaveLength(2);
  });

  it("draws the share that failed, and never too low to be seen", () => {
    const { failed } = columnsOf([up, failing, column(3, { up: 999, down: 1 })], 80_000, SIZE);
    expect(boxes(failed).map(([, , , high]) => high)).toEqual([7, 3]);
  });

  it("marks where nothing was probed all the way up, and draws no part there", () => {
    const { nothing, parts: drawn } = columnsOf([gap], 80_000, SIZE);
    expect(boxes(nothing)).toEqual([[0, 0, 300, 100]]);
    expect(Object.values(drawn).join("")).toBe("");
    expect(columnWords(gap)).toMatchObject({ probes: "nothing probed", total: "none", parts: [] });
  });

  it("draws a total without parts as one that is not split", () => {
    const { parts: drawn } = columnsOf([column(0, { up: 1, total_us: 80_000 })], 80_000, SIZE);
    expect(boxes(drawn.not_split)).toHaveLength(1);
    expect(drawn.wire).toBe("");
  });

  it("gives a negative mean no height and tells it as it is", () => {
    const odd = column(0, { up: 1, total_us: 10_000, parts: [{ hop: "B", part: "wire", mean_us: -400 }] });
    expect(columnsOf([odd], 10_000, SIZE).parts.wire).toBe("");
    expect(columnWords(odd).parts).toEqual([{ name: "wire before B", part: "wire", time: "−400 µs" }]);
  });

  it("ends its scale on a round number above the highest", () => {
    expect(topOf([up, failing])).toBe(80_000);
    expect(topOf([])).toBe(1);
  });
});

describe("the columns in words", () => {
  it("name what failed, the slowest, and what is missing", () => {
    const slow = column(3, { up: 1, total_us: 160_000 });
    expect(columnsSummary([up, failing, gap, slow])).toMatch(
      /^13 probes from .*, 23\.1% failed\. Slowest mean 160 ms, .*\. Nothing was probed in 1 of 4 columns\.$/,
    );
    expect(columnsSummary([gap])).toBe("Nothing was probed in this time.");
  });

  it("belong to the column under the pointer, and to none beside them", () => {
    expect([0, 99.9, 299.9].map((x) => columnAt(3, x, 300))).toEqual([0, 0, 2]);
    expect([-1, 300].map((x) => columnAt(3, x, 300))).toEqual([null, null]);
    expect(columnAt(0, 5, 300)).toBeNull();
  });
});
