import { describe, expect, it } from "vitest";
import { withSelection } from "./statement";

const instants = { from: 1_795_257_360_000_000, to: 1_795_257_960_000_000, at: 1_795_257_725_187_001 };

describe("a statement", () => {
  it("gets the selection as timestamps", () => {
    expect(withSelection("WHERE started_at >= $from AND started_at < $to", instants)).toBe(
      "WHERE started_at >= TIMESTAMP '2026-11-21 10:36:00.000000' AND started_at < TIMESTAMP '2026-11-21 10:46:00.000000'",
    );
    expect(withSelection("$at", instants)).toBe("TIMESTAMP '2026-11-21 10:42:05.187001'");
  });
  it("keeps its strings, names and comments", () => {
    const sql = `SELECT '$from''s', "$to" -- $at\n/* $from */ FROM t WHERE a = $fromage`;
    expect(withSelection(sql, instants)).toBe(sql);
  });
});
