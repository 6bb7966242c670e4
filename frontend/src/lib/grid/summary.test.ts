import { describe, expect, it } from "vitest";
import { listSummary } from "./summary";

describe("the summary of a list", () => {
  const inView = { first: 6870, end: 6881 };
  it("says how many match and which are in view", () => {
    expect(listSummary(10_605, "flow", true, inView)).toBe("10,605 match, rows 6,871 to 6,881 in view");
    expect(listSummary(1, "flow", false, { first: 0, end: 1 })).toBe("1 flow, rows 1 to 1 in view");
  });
  it("says nothing before it knows, and no rows when there are none", () => {
    expect(listSummary(null, "flow", false, inView)).toBe("");
    expect(listSummary(0, "flow", true, inView)).toBe("0 match");
  });
});
