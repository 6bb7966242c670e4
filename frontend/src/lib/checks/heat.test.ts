import { describe, expect, it } from "vitest";
import type { CheckHeat } from "../backend";
import { bandWords, cellAt, heatPaths, heatSum, levelOf, trimmed } from "./heat";

const SIZE = { width: 90, height: 40, failuresTop: 46, failuresHeight: 18 };
const HEAT: CheckHeat = {
  begin_us: 0,
  step_us: 60e6,
  columns: 3,
  borders_us: [10_000, 100_000, 1_000_000],
  counts: [0, 6, 0, 0, 0, 5, 1, 0, 0, 0, 0, 1],
  failures: [0, 0, 4],
  means_us: [20_000, 30_000, null],
};

describe("the heat map", () => {
  it("puts each column's results into their bands, the slowest on top, and failures below", () => {
    const { levels, failures, most } = heatPaths(HEAT, SIZE);
    expect(most).toBe(6);
    expect(levels[4]).toBe("M0.00 20.00h29.00v9.00h-29.00z");
    expect(levels.join("").split("z").length - 1).toBe(4);
    expect(failures).toBe("M60.00 46.00h29.00v18.00h-29.00z");
  });

  it("shows one slow answer among many: the ramp is logarithmic", () => {
    expect([0, 1, 10, 1000].map((n) => levelOf(n, 1000))).toEqual([0, 1, 2, 5]);
    expect(levelOf(1, 1)).toBe(5);
  });

  it("says what lies under the pointer", () => {
    expect(cellAt(HEAT, 45, 25, SIZE)).toEqual({ column: 1, band: 1 });
    expect(cellAt(HEAT, 89, 50, SIZE)).toEqual({ column: 2, band: null });
    expect(cellAt(HEAT, 95, 5, SIZE)).toBeNull();
    expect([0, 1, 3].map((band) => bandWords(HEAT, band))).toEqual(["up to 10 ms", "10 ms to 100 ms", "over 1 s"]);
  });

  it("leaves out bands that are empty all along, and keeps every result", () => {
    const borders_us = Array.from({ length: 13 }, (_, n) => 1000 * 2 ** n);
    const counts = Array.from({ length: 28 }, (_, cell) => (cell % 14 === 9 ? 3 : 0));
    const small = trimmed({ ...HEAT, columns: 2, borders_us, counts, failures: [0, 0] });
    expect(small.borders_us.length).toBe(4);
    expect(small.counts.length).toBe(2 * (small.borders_us.length + 1));
    expect(heatSum(small).results).toBe(6);
    expect(small.borders_us).toContain(512_000);
  });

  it("without any result stays as it is", () => {
    const empty = { ...HEAT, counts: HEAT.counts.map(() => 0) };
    expect(trimmed(empty)).toBe(empty);
  });
});
