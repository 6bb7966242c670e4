import { describe, expect, it } from "vitest";
import type { CallerSaw, Incident } from "../backend";
import { failedCalls, lasted, saw, slowed, touches } from "./incidents";

const caller: CallerSaw = {
  client: "order",
  calls: 415,
  refused: 412,
  resets: 3,
  unanswered: 0,
  errors_5xx: 0,
  last_answer_us: 1,
  first_answer_us: null,
};
const incident: Incident = {
  service: "payment",
  kind: "crash",
  range: { from_us: 0, to_us: 143e6 },
  recovered: true,
  first_sign: "connection refused",
  callers: [caller, { ...caller, client: "cart", calls: 5 }],
  before_us: null,
  during_us: null,
};

describe("an incident", () => {
  it("says how long it lasted, and whether it is over", () => {
    const recorded = { from_us: 0, to_us: 143e6 };
    expect(lasted(incident, recorded)).toBe("2 min 23 s");
    expect(lasted({ ...incident, recovered: false }, recorded)).toBe("2 min 23 s, not over");
    expect(lasted({ ...incident, recovered: false }, { ...recorded, to_us: 300e6 })).toBe("2 min 23 s");
  });

  it("says what its callers saw", () => {
    expect(saw(caller)).toBe("412 refused, 3 resets");
    expect(saw({ ...caller, refused: 0, resets: 1, unanswered: 2, errors_5xx: 7 })).toBe(
      "1 reset, 2 unanswered, 7 5xx",
    );
    expect(failedCalls(incident)).toBe(420);
  });

  it("says by how much answers slowed", () => {
    expect(slowed(incident)).toBe("");
    expect(slowed({ ...incident, before_us: 24_000, during_us: 1_200_000 })).toBe("p50 24.0 ms to 1.20 s");
  });

  it("is in a range that it touches", () => {
    expect(touches(incident, null)).toBe(true);
    expect(touches(incident, { from_us: 100e6, to_us: 300e6 })).toBe(true);
    expect(touches(incident, { from_us: 144e6, to_us: 300e6 })).toBe(false);
  });
});
