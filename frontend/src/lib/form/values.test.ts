import { describe, expect, it } from "vitest";
import { field, FIELDS } from "./testkit";
import { limitsOf, read, same, write } from "./values";

describe("a value as text", () => {
  it.each([
    ["capture.snap_length", 262_144, "262,144"],
    ["capture.leave_out.ports", [22, 8080], "22, 8080"],
    ["capture.interfaces", ["lo", "eth0"], "lo, eth0"],
    ["capture.mode", "headers", "Headers"],
    ["parsing.flows.idle_after", "30s", "30s"],
    ["parsing.host_header", null, ""],
    ["parsing.names", [{ a: 1 }], '[{"a":1}]'],
    ["parsing.headers", { Accept: "text/html", "X-Time": "10:42" }, "Accept: text/html\nX-Time: 10:42"],
    ["parsing.status", ["200", "3xx"], "200, 3xx"],
  ])("%s: %j", (path, value, text) => {
    expect(write(field(path), value)).toBe(text);
    expect(read(field(path), text)).toEqual({ value });
  });

  it("of every default is read as the same value", () => {
    for (const one of FIELDS.filter(({ fallback }) => fallback !== undefined)) {
      expect([one.path, read(one, write(one, one.fallback))]).toEqual([one.path, { value: one.fallback }]);
    }
  });

  it.each([
    ["capture.snap_length", "63", "a whole number from 64 to 262,144"],
    ["capture.snap_length", "1e3", "a whole number from 64 to 262,144"],
    ["capture.snap_length", "100.5", "a whole number from 64 to 262,144"],
    ["capture.leave_out.ports", "22, http", "a whole number from 0 to 65,535"],
    ["parsing.flows.idle_after", "half an hour", "such as 10s or 5m"],
    ["parsing.keep_at_most", "0", "a whole number of at least 1"],
    ["capture.mode", "some", "one of Full, Headers, Lifecycle"],
    ["parsing.names", "[", "JSON, as it stands in the file"],
    ["parsing.headers", "Accept: text/html\nnonsense", "a name, a colon and a value"],
    ["parsing.status", "200, 20x", "such as 200, 200-299 or 2xx"],
  ])("%s: %s is told with what is allowed", (path, text, allowed) => {
    expect(read(field(path), text)).toMatchObject({ wrong: { allowed } });
  });

  it("in a list may have spaces around it and nothing between commas", () => {
    expect(read(field("capture.interfaces"), " lo ,, eth0 ,")).toEqual({ value: ["lo", "eth0"] });
    expect(read(field("capture.interfaces"), "")).toEqual({ value: [] });
  });
});

describe("what the help adds", () => {
  it("names limits, examples and the default", () => {
    expect(limitsOf(field("capture.snap_length"))).toBe("From 64 to 262,144, default 262,144.");
    expect(limitsOf(field("parsing.flows.idle_after"))).toBe("Such as 10s or 5m, default 30s.");
    expect(limitsOf(field("capture.leave_out.addresses"))).toBe("Separated by commas, default empty.");
  });
});

describe("two values", () => {
  it("are the same whatever the order of their keys", () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, {})).toBe(false);
  });
});
