import { describe, expect, it } from "vitest";
import { COLUMNS, grpcStatus, SHOWN_AT_FIRST, statusClass } from "./columns";

describe("the columns", () => {
  it("have unique ids and a known first choice", () => {
    const ids = COLUMNS.map((column) => column.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SHOWN_AT_FIRST.every((id) => ids.includes(id))).toBe(true);
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

describe("a gRPC status", () => {
  it("has its name beside its number where there is one", () => {
    expect([0, 5, 16, 99, null].map(grpcStatus)).toEqual(["0 OK", "5 NOT_FOUND", "16 UNAUTHENTICATED", "99", ""]);
  });
});
