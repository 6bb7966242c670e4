import { describe, expect, it } from "vitest";
import { moved, rowOf, rowsOf, valueOfRows } from "./rows";
import { groupsOf } from "./schema";
import { read, write } from "./values";

const COLUMNS = [
  { key: "hop", title: "Hop", help: "" },
  { key: "address", title: "Address", help: "" },
];
const SCHEMA = {
  properties: {
    path: { type: "array", items: { $ref: "#/$defs/HopConfig" } },
    odd: { type: "array", items: { type: "object", properties: { deep: { type: "object" } } } },
  },
  $defs: {
    HopConfig: {
      type: "object",
      properties: { hop: { type: "string" }, address: { type: ["string", "null"], description: "Its address" } },
    },
  },
};

describe("objects in an order", () => {
  const [path, odd] = groupsOf("probe", SCHEMA).flatMap(({ fields }) => fields);

  it("are rows where every property is a text, and JSON otherwise", () => {
    expect(path?.shape).toEqual({
      is: "rows",
      columns: [
        { key: "hop", title: "Hop", help: "" },
        { key: "address", title: "Address", help: "Its address" },
      ],
    });
    expect(odd?.shape).toEqual({ is: "json" });
  });

  it("are written and read back without what is empty", () => {
    if (path === undefined) throw new Error("There is no field.");
    const rows = rowsOf([{ hop: "a", address: "10.0.0.1" }, { hop: "b" }, 7], COLUMNS);
    expect(rows).toEqual([
      { hop: "a", address: "10.0.0.1" },
      { hop: "b", address: "" },
      { hop: "", address: "" },
    ]);
    const value = valueOfRows(rows, COLUMNS);
    expect(value).toEqual([{ hop: "a", address: "10.0.0.1" }, { hop: "b" }, { hop: "" }]);
    expect(read(path, write(path, value))).toEqual({ value });
  });

  it("are moved by one, and stay where there is no further", () => {
    const rows = [{ hop: "a" }, { hop: "b" }, { hop: "c" }];
    const names = (of: typeof rows): string => of.map(({ hop }) => hop).join("");
    expect(names(moved(rows, 0, 1) as typeof rows)).toBe("bac");
    expect(names(moved(rows, 2, -1) as typeof rows)).toBe("acb");
    expect(names(moved(rows, 0, -1) as typeof rows)).toBe("abc");
    expect(names(moved(rows, 2, 1) as typeof rows)).toBe("abc");
  });

  it("know which of them a problem is in", () => {
    expect(rowOf("probe.path[12].hop", "probe.path")).toBe(12);
    expect(rowOf("probe.path", "probe.path")).toBeNull();
    expect(rowOf("probe.pathology[1]", "probe.path")).toBeNull();
    expect(rowOf(undefined, "probe.path")).toBeNull();
  });
});
