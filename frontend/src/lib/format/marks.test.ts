import { describe, expect, it } from "vitest";
import { byteMark, roundMarks, timeMark } from "./index";

describe("the marks of an axis", () => {
  it("are round and few", () => {
    expect(roundMarks(5_003_300)).toEqual([0, 1e6, 2e6, 3e6, 4e6, 5e6]);
    expect(roundMarks(8400)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(roundMarks(0)).toEqual([0]);
    for (const top of [1, 37, 999, 123_456, 86_400e6]) expect(roundMarks(top).length).toBeLessThanOrEqual(7);
  });

  it("are written without empty decimals", () => {
    expect([0, 200, 1_500_000, 2e6].map(timeMark)).toEqual(["0", "200 µs", "1.5 s", "2 s"]);
    expect([0, 500, 1500, 2_000_000].map(byteMark)).toEqual(["0", "500 B", "1.5 kB", "2 MB"]);
  });
});
