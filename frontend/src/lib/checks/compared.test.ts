import { describe, expect, it } from "vitest";
import { availabilitiesOf, responsesOf, seriesOf } from "./compared";
import { run } from "./testkit";

const range = { from_us: 0, to_us: 100e6 };

describe("websites side by side", () => {
  it("are lines of means per bucket; failed checks have no response time", () => {
    const runs = [0, 10, 20, 30].map((s) => run({ at_us: s * 1e6, total_us: 1000 * (s + 1) }));
    runs.push(run({ at_us: 25e6, state: "down", total_us: 10e6 }));
    const series = seriesOf([responsesOf("a", runs)], range, 10);
    expect(series.bucket_us).toBe(15e6);
    expect(series.series[0]?.values.slice(0, 4)).toEqual([6000, 21_000, 31_000, null]);
    expect(series.series[0]?.mean).toBe(16_000);
  });

  it("have buckets as long as the sparsest line needs to hold together", () => {
    const often = Array.from({ length: 100 }, (_, s) => run({ at_us: s * 1e6 }));
    const seldom = [0, 30, 60, 90].map((s) => run({ at_us: s * 1e6 }));
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
