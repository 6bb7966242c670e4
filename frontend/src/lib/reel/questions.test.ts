import { describe, expect, it } from "vitest";
import { clipped, windowQuestion } from "./questions";
import { panned, Scale } from "./scale";

const DAY = { from_us: 500e6, to_us: 86_900e6 };
const HOUR = { from_us: 36_000e6, to_us: 39_600e6 };

describe("the question for a window", () => {
  it("covers the window and has bars of equal, round width", () => {
    const { range, buckets } = windowQuestion(new Scale(HOUR, 1250), DAY, "");
    expect(range.from_us).toBeLessThanOrEqual(HOUR.from_us);
    expect(range.to_us).toBeGreaterThanOrEqual(HOUR.to_us);
    expect((range.to_us - range.from_us) / buckets).toBe(15e6);
  });

  it("stays the same while the window moves a little, so that no answer is needed", () => {
    const before = windowQuestion(new Scale(HOUR, 1250), DAY, "");
    const after = windowQuestion(new Scale(panned(HOUR, DAY, 60e6), 1250), DAY, "");
    expect(after).toEqual(before);
  });

  it("does not reach far beyond the recording", () => {
    const { range } = windowQuestion(new Scale(DAY, 1250), DAY, "");
    expect(range.from_us).toBeGreaterThan(DAY.from_us - 600e6);
    expect(range.to_us).toBeLessThan(DAY.to_us + 600e6);
  });

  it.each([1e3, 1e6, 60e6, 86_400e6])("over %d µs asks for at most 4,000 bars of whole microseconds", (span) => {
    const view = { from_us: HOUR.from_us, to_us: HOUR.from_us + span };
    const { range, buckets } = windowQuestion(new Scale(view, 3800), DAY, "");
    expect(buckets).toBeLessThanOrEqual(4000);
    expect(Number.isInteger(range.from_us) && Number.isInteger(range.to_us)).toBe(true);
  });
});

describe("gaps", () => {
  it("before and after the recording are none", () => {
    const gap = (from_us: number, to_us: number) => ({
      range: { from_us, to_us },
      reason: "not recorded",
      lost_packets: 0,
    });
    const shown = clipped([gap(0, 10), gap(5, 15), gap(20, 30), gap(35, 50), gap(40, 50)], { from_us: 10, to_us: 40 });
    expect(shown).toEqual([gap(10, 15), gap(20, 30), gap(35, 40)]);
  });
});
