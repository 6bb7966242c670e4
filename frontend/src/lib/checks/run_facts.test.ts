import { describe, expect, it } from "vitest";
import { certificateFacts, runFacts } from "./run_facts";
import { AT, run } from "./testkit";

const DAY_US = 86_400e6;
const texts = (facts: readonly { name: string; text: string }[]): Record<string, string> =>
  Object.fromEntries(facts.map(({ name, text }) => [name, text]));

describe("the facts of a check", () => {
  it("say in which phase it was stopped, and that it began late", () => {
    const facts = texts(
      runFacts(run({ at_us: AT + 120_000, stopped_in: "ttfb", stopped_after_us: 9_980_000, total_us: null })),
    );
    expect(facts["Stopped"]).toBe("in TTFB, which had gone on for 9.98 s");
    expect(facts["Late by"]).toBe("120 ms");
    expect(facts["Total"]).toBeUndefined();
  });

  it("say of a certificate when it ends, and stand out when that is soon or over", () => {
    const of = (not_after_us: number): ReturnType<typeof certificateFacts> =>
      certificateFacts(run({ certificate: { subject: "CN=shop.test", issuer: "CN=CA", not_after_us } }));
    expect(of(AT + 40 * DAY_US).at(-1)).toMatchObject({
      name: "Expires",
      text: "31 Dec 2026, 40 days after the check",
    });
    expect(of(AT + 3 * DAY_US).at(-1)).toMatchObject({ name: "Expires", tone: "warn" });
    expect(of(AT - DAY_US).at(-1)).toMatchObject({ name: "Expired", tone: "err" });
  });
});
