import type { CheckHeat } from "../backend";
import { describe, expect, it } from "vitest";
import { availabilitiesOf, responsesOf, seriesOf } from "./compared";

const range = { from_us: 0, to_us: 100e6 };

const heatOf = (step_us: number, means_us: (number | null)[]): CheckHeat => ({
  begin_us: 0,
  step_us,
  columns: means_us.length,
  borders_us: [],
  counts: [],
  failures: [],
  means_us,
});

describe("websites side by side", () => {
  it("are lines of means per bucket; where nothing was up there is no response time", () => {
    const heat = heatOf(10e6, [1000, 11_000, 21_000, 31_000, null, null, null, null, null, null]);
    const series = seriesOf([responsesOf("a", heat)], range, 10);
    expect(series.bucket_us).toBe(15e6);
    expect(series.series[0]?.values.slice(0, 4)).toEqual([1000, 16_000, 31_000, null]);
    expect(series.series[0]?.mean).toBe(16_000);
  });

  it("have buckets as long as the sparsest line needs to hold together", () => {
    const often = heatOf(1e6, Array<number>(100).fill(1));
    const seldom = heatOf(
      1e6,
      Array.from({ length: 100 }, (_, s) => (s % 30 === 0 ? 1 : null)),
    );
    const series = seriesOf([responsesOf("often", often), responsesOf("seldom", seldom)], range, 50);
    expect(series.bucket_us).toBe(45e6);
    expect(series.series.map(({ values }) => values.includes(null))).toEqual([false, false]);
  });

  it("have gaps in availability where nothing counts", () => {
    const line = availabilitiesOf("a", [
      { at_us: 0, availability: 1 },
      { at_us: 10e6, availability: null },
      { at_us: 20e6, availability: 0.5 },
    ]);
    expect(line.points).toEqual([
      { at_us: 0, value: 1 },
      { at_us: 20e6, value: 0.5 },
    ]);
  });

  it("without any check are an empty line", () => {
    expect(seriesOf([{ website: "a", points: [] }], range, 4).series[0]).toMatchObject({
      values: [null, null, null, null],
      mean: null,
    });
  });
});
