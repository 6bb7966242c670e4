import { describe, expect, it } from "vitest";
import { groupsOf, titleOf } from "./schema";
import { CAPTURE_SCHEMA, field, PARSING_SCHEMA } from "./testkit";

describe("the fields of a schema", () => {
  it("keep its order, and nested objects become groups of their own", () => {
    const groups = groupsOf("capture", CAPTURE_SCHEMA);
    expect(groups.map(({ title, help, fields }) => [title, help, fields.map(({ path }) => path)])).toEqual([
      ["", "", ["interfaces", "filter", "mode", "snap_length", "promiscuous"].map((key) => `capture.${key}`)],
      [
        "Leave out",
        "What is left out.",
        ["ports", "addresses", "own_connection"].map((key) => `capture.leave_out.${key}`),
      ],
    ]);
  });

  it("have the default of the outer object where the inner one has another", () => {
    expect(field("capture.leave_out.own_connection").fallback).toBe(true);
    expect(field("parsing.flows.idle_after").fallback).toBe("30s");
  });

  it("take effect as their schema says, or the object around them", () => {
    expect(field("capture.snap_length").restarts).toBe(true);
    expect(field("capture.filter").restarts).toBe(false);
    expect(field("capture.leave_out.ports").restarts).toBe(false);
  });

  it("offer the constants of a reference as choices, each with its help", () => {
    const { shape, help } = field("capture.mode");
    expect(help).toBe("How much is captured.");
    expect(shape).toEqual({
      is: "choice",
      options: [
        { value: "full", text: "Full", help: "Whole packets." },
        { value: "headers", text: "Headers", help: "Only headers." },
        { value: "lifecycle", text: "Lifecycle", help: "" },
      ],
    });
  });

  it("know numbers with their limits, lists, and what may be empty", () => {
    expect(field("capture.snap_length")).toMatchObject({
      title: "Snap length",
      unit: "B",
      shape: { is: "number", whole: true, least: 64, most: 262_144 },
    });
    expect(field("capture.leave_out.ports").shape).toMatchObject({ is: "list", of: { is: "number", most: 65_535 } });
    expect(field("parsing.host_header")).toMatchObject({ nullable: true, shape: { is: "text" } });
    expect(field("parsing.keep_at_most")).toMatchObject({ nullable: true, shape: { is: "number", least: 1 } });
  });

  it("leave what no control is made for to JSON, and the file's own marks out", () => {
    expect(field("parsing.names").shape).toEqual({ is: "json" });
    const paths = groupsOf("parsing", PARSING_SCHEMA).flatMap(({ fields }) => fields.map(({ path }) => path));
    expect(paths).not.toContain("parsing.$schema");
  });

  it("come to an end where a schema refers to itself", () => {
    const loop = {
      properties: { a: { $ref: "#/$defs/A" } },
      $defs: { A: { properties: { a: { $ref: "#/$defs/A" } } } },
    };
    expect(groupsOf("capture", loop).length).toBeLessThan(10);
    expect(groupsOf("capture", { $ref: "#" })).toEqual([]);
  });

  it("are named by their key where the schema names them not", () => {
    expect(titleOf("leave_out")).toBe("Leave out");
    expect([titleOf("url"), titleOf("http_version"), titleOf("ca_file")]).toEqual(["URL", "HTTP version", "CA file"]);
  });
});
