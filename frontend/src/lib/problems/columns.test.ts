import { describe, expect, it } from "vitest";
import type { ProblemRow } from "../backend";
import { COLUMNS, problemKey, SHOWN_AT_FIRST } from "./columns";
import { STATES } from "./state";

const problem = (changes: Partial<ProblemRow> = {}): ProblemRow => ({
  at_us: 0,
  source_id: 1,
  source_name: "a.pcap",
  stage: "transport",
  position: 1024,
  flow_id: null,
  message: "The header ends early.",
  attempts: 1,
  state: "definitive",
  ...changes,
});

describe("the columns", () => {
  it("have unique ids and a known first choice", () => {
    const ids = COLUMNS.map((column) => column.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SHOWN_AT_FIRST.every((id) => ids.includes(id))).toBe(true);
  });

  it("say what there is not", () => {
    expect(COLUMNS.map((column) => column.text(problem()))).toContain("none");
  });
});

describe("a problem", () => {
  it("is told from others at the same place", () => {
    expect(problemKey(problem())).not.toBe(problemKey(problem({ message: "Another one." })));
    expect(problemKey(problem())).not.toBe(problemKey(problem({ source_id: 2 })));
    expect(problemKey(problem())).toBe(problemKey(problem({ state: "recovered", attempts: 2 })));
  });

  it("has a shape of its own for every state", () => {
    const icons = Object.values(STATES).map(({ icon }) => icon);
    expect(new Set(icons).size).toBe(icons.length);
  });
});
