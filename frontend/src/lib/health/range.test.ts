import { describe, expect, it } from "vitest";
import { historyRange, SAMPLES } from "./range";

const NOW = 1_790_000_000_400_000;
const MINUTE = 60e6;

describe("the time of the charts", () => {
  it("is the ten minutes before now, in whole samples", () => {
    const range = historyRange(null, null, NOW);
    expect(range.to_us - range.from_us).toBeLessThanOrEqual(10 * MINUTE + 10e6);
    expect(range.to_us).toBeGreaterThanOrEqual(NOW);
    expect(range.from_us % 5e6).toBe(0);
    expect(historyRange(null, null, NOW + 1e6)).toEqual(range);
  });

  it("is the ten minutes before a past moment", () => {
    const range = historyRange(null, NOW - 60 * MINUTE, NOW);
    expect(range.to_us).toBeLessThan(NOW - 59 * MINUTE);
  });

  it("is what the reel shows, without what is yet to come", () => {
    const view = { from_us: NOW - 60 * MINUTE, to_us: NOW + 30 * MINUTE };
    const range = historyRange(view, null, NOW);
    expect(range.from_us).toBeLessThanOrEqual(view.from_us);
    expect(range.to_us).toBeGreaterThanOrEqual(NOW);
    expect(range.to_us - NOW).toBeLessThan((90 * MINUTE) / SAMPLES + 2e6);
  });

  it("is never empty", () => {
    const range = historyRange({ from_us: NOW + MINUTE, to_us: NOW + MINUTE + 1000 }, null, NOW);
    expect(range.to_us).toBeGreaterThan(range.from_us);
  });
});
