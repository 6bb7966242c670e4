import { expect, it } from "vitest";
import { periodName } from "./periods";

it("days, weeks and months are called by their begin in UTC", () => {
  const begin = Date.UTC(2026, 10, 16) * 1000;
  expect(periodName(begin, "days")).toBe("Mon 16 Nov 2026");
  expect(periodName(begin, "weeks")).toBe("16 Nov 2026");
  expect(periodName(Date.UTC(2026, 10, 1) * 1000, "months")).toBe("Nov 2026");
});
