import { describe, expect, it } from "vitest";
import { partsOf, phasesWords } from "./phases";
import { NO_PHASES } from "./testkit";

const PHASES = { ...NO_PHASES, dns_us: 2000, connect_us: 4000, ttfb_us: 30_000, unattributed_us: 4000 };

describe("the phases of a check", () => {
  it("lie side by side in the order in which they happened; what was not measured has no part", () => {
    expect(partsOf(PHASES).map(({ phase, from, to }) => [phase.name, from, to])).toEqual([
      ["DNS", 0, 0.05],
      ["connect", 0.05, 0.15],
      ["TTFB", 0.15, 0.9],
      ["unattributed", 0.9, 1],
    ]);
  });

  it("do not fill a bar that stands for more than they explain", () => {
    expect(partsOf({ ...NO_PHASES, dns_us: 1000 }, 10_000)).toMatchObject([{ from: 0, to: 0.1 }]);
    expect(partsOf(NO_PHASES, 10_000)).toEqual([]);
  });

  it("are said with their times, a phase of no time too", () => {
    expect(phasesWords({ ...PHASES, transfer_us: 0 })).toBe(
      "DNS 2.0 ms, connect 4.0 ms, TTFB 30.0 ms, transfer 0 µs, unattributed 4.0 ms",
    );
  });
});
