import { describe, expect, it } from "vitest";
import { customEnd, inHours, tomorrow } from "./silence";

const AT = Date.UTC(2026, 10, 21, 22, 30) * 1000;
const HOUR_US = 3600e6;

describe("the end of a silence", () => {
  it("is the next midnight of the clock that is read", () => {
    expect(tomorrow(AT, 0)).toBe(Date.UTC(2026, 10, 22) * 1000);
    // Two hours ahead it is past midnight already.
    expect(tomorrow(AT, 2 * HOUR_US)).toBe(Date.UTC(2026, 10, 22, 22) * 1000);
    expect(inHours(AT, 1)).toBe(AT + HOUR_US);
  });

  it.each([
    ["90m", 1.5],
    ["90 min", 1.5],
    ["4h", 4],
    ["2d", 48],
    ["3 days", 72],
  ])("%s is read", (text, hours) => {
    expect(customEnd(text, AT)).toBe(AT + hours * HOUR_US);
  });

  it.each(["", "0h", "soon", "4", "-1h", "400d", "4h30"])("%s is no time", (text) => {
    expect(customEnd(text, AT)).toBeNull();
  });
});
