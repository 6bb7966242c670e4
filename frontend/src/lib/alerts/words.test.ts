import { describe, expect, it } from "vitest";
import type { AlertDelivery, AlertRuleRow, Alerts } from "../backend";
import { alert, OPENED } from "./testkit";
import { alertFacts, deliveryWords, headWords, lengthWords, momentWords, ruleCounts, spokenAlert } from "./words";

const NOW = OPENED + 240e6;

describe("an alert in words", () => {
  it("says how long it has been open, or how long it lasted", () => {
    expect(lengthWords(alert(), NOW)).toBe("open for 4 min");
    expect(lengthWords(alert({ resolved_us: OPENED + 48e6 }), NOW)).toBe("lasted 48 s");
  });

  it("names the day of another day", () => {
    expect(momentWords(OPENED, NOW)).toBe("10:42:10");
    expect(momentWords(OPENED, NOW + 86_400e6)).toBe("21 Nov, 10:42:10");
  });

  it("is read out with its exact message", () => {
    expect(spokenAlert(alert({ acknowledged_us: NOW }), NOW)).toBe(
      "shop.test/, open, acknowledged, open for 4 min: Website https://shop.test/ is down. availability=62.5%, time=2026-11-21T10:42:10Z",
    );
  });

  it("says why nobody was told, and that it is silenced only while it is", () => {
    const facts = (changes: Parameters<typeof alert>[0]): string[] =>
      alertFacts(alert(changes), NOW).map(({ name }) => name);
    expect(facts({ quiet: "maintenance" })).toContain("Quiet");
    expect(facts({ silenced_until_us: NOW + 1 })).toContain("Silenced");
    expect(facts({ silenced_until_us: NOW })).not.toContain("Silenced");
  });
});

describe("the head of the pane", () => {
  const told = { open: 2, unacknowledged: 1, total: 9 } as Alerts;
  it("counts what is open and what nobody acknowledged", () => {
    expect(headWords(told)).toBe("2 open, 1 not acknowledged");
    expect(headWords({ ...told, unacknowledged: 0 })).toBe("2 open, all acknowledged");
    expect(headWords({ ...told, open: 0 })).toBe("none open");
    expect(headWords({ ...told, open: 0, total: 0 })).toBe("");
  });
});

describe("a delivery", () => {
  const delivery: AlertDelivery = {
    target: "slack",
    event: "opened",
    state: "sent",
    attempts: 1,
    error: null,
    at_us: OPENED + 1e6,
    next_attempt_us: null,
  };
  it("was sent, is tried again, or was given up", () => {
    expect(deliveryWords(delivery, NOW)).toEqual({ text: "sent at 10:42:11", tone: "ok" });
    const again = { ...delivery, state: "waiting" as const, attempts: 2, next_attempt_us: OPENED + 300e6 };
    expect(deliveryWords(again, NOW)).toEqual({ text: "failed 2 times, again at 10:47:10", tone: "warn" });
    expect(deliveryWords({ ...again, attempts: 0 }, NOW).text).toBe("waits");
    expect(deliveryWords({ ...delivery, state: "failed", attempts: 5 }, NOW).text).toBe(
      "given up after 5 attempts at 10:42:11",
    );
  });
});

it("a rule counts the subjects that it thinks something of", () => {
  const rule = { firing: 1, pending: 0, recovering: 0, suppressed: 0, undecided: 2, normal: 4 } as AlertRuleRow;
  expect(ruleCounts(rule)).toBe("1 firing, 2 undecided, 4 normal");
  expect(ruleCounts({ ...rule, firing: 0, undecided: 0, normal: 0 })).toBe("no subject");
});
