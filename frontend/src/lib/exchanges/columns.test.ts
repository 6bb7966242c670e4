import { describe, expect, it } from "vitest";
import { arranged, COLUMNS, durationScale, moved, SHOWN_AT_FIRST, statusClass } from "./columns";

describe("the columns", () => {
  it("have unique ids and a known first choice", () => {
    const ids = COLUMNS.map((column) => column.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SHOWN_AT_FIRST.every((id) => ids.includes(id))).toBe(true);
  });

  it("survive what another version stored", () => {
    const list = arranged({ order: ["status", "gone", "status", "time"], shown: ["status", "gone"] });
    expect(list).toHaveLength(COLUMNS.length);
    expect(list.slice(0, 2).map(({ column, shown }) => [column.id, shown])).toEqual([
      ["status", true],
      ["time", true],
    ]);
    expect(list.slice(2).every(({ shown }) => !shown)).toBe(true);
  });

  it("move to a place", () => {
    expect(moved(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b", "c"], "b", 9)).toEqual(["a", "c", "b"]);
  });
});

describe("a status", () => {
  it("without response counts as an error", () => {
    expect([null, 504, 402, 200, 304].map(statusClass)).toEqual([
      "err strong",
      "err strong",
      "warn strong",
      "t2",
      "t2",
    ]);
  });
});

describe("the scale of durations", () => {
  it("is round and holds the longest", () => {
    expect([5_030_000, 12_000, 0, 999_000, 1_000_000, 61e6].map(durationScale)).toEqual([
      6e6, 15_000, 10_000, 1e6, 1e6, 80e6,
    ]);
  });
});
