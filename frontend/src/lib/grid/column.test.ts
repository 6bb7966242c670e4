import { describe, expect, it } from "vitest";
import { arranged, durationScale, moved, scaleWords, type Column } from "./column";

const column = (id: string, changes: Partial<Column<string>> = {}): Column<string> => ({
  id,
  title: id,
  width: 50,
  text: (row) => row,
  ...changes,
});

describe("the columns", () => {
  it("survive what another version stored", () => {
    const columns = [column("time", { fixed: true }), column("path"), column("status"), column("new")];
    const list = arranged(columns, { order: ["status", "gone", "status", "time"], shown: ["status", "gone"] });
    expect(list.map(({ column: { id }, shown }) => [id, shown])).toEqual([
      ["status", true],
      ["time", true],
      ["path", false],
      ["new", false],
    ]);
  });

  it("move to a place", () => {
    expect(moved(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b", "c"], "b", 9)).toEqual(["a", "c", "b"]);
  });
});

describe("the scale of durations", () => {
  it("is round and holds the longest", () => {
    expect([5_030_000, 12_000, 0, 999_000, 1_000_000, 61e6].map(durationScale)).toEqual([
      6e6, 15_000, 10_000, 1e6, 1e6, 80e6,
    ]);
  });

  it("is written with its unit", () => expect(scaleWords(6e6)).toBe("0 to 6 s"));
});
