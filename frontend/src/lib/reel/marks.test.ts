import { describe, expect, it } from "vitest";
import type { Incident } from "../backend";
import { alert, OPENED } from "../alerts/testkit";
import { alertMarks, incidentMarks, markAt, markWords, ownMarks, whenOf } from "./marks";
import { Scale } from "./scale";

const AT = Date.UTC(2026, 10, 21, 10, 42) * 1000;

function incident(service: string, from: number, to: number, more: Partial<Incident> = {}): Incident {
  return {
    service,
    kind: "crash",
    range: { from_us: AT + from * 1e6, to_us: AT + to * 1e6 },
    recovered: true,
    first_sign: "connection refused",
    callers: [],
    before_us: null,
    during_us: null,
    ...more,
  };
}

const caller = { resets: 0, unanswered: 0, errors_5xx: 0, last_answer_us: null, first_answer_us: null };

describe("the marks of what was wrong with Wirereel itself", () => {
  it("lie where it began, and reach to the end while it goes on", () => {
    const lag = { id: "lag", grade: "warning" as const, what: "What is shown falls behind", advice: "Capture less." };
    const marks = ownMarks(
      [
        { ...lag, since_us: AT + 9e6, until_us: null },
        { ...lag, since_us: AT, until_us: AT + 2e6 },
      ],
      AT + 60e6,
    );
    expect(marks.map(markWords)).toEqual(["What is shown falls behind, 2 s", "What is shown falls behind, 51 s"]);
    expect(marks.map(({ ended }) => ended)).toEqual([true, false]);
    expect(marks[0]?.lines).toEqual(["Capture less."]);
  });
});

describe("the marks of alerts", () => {
  it("lie where an alert opened, reach to the end while it is open, and say its exact words", () => {
    const recovered = alert({ alert_id: "a2", resolved_us: OPENED + 240e6, recovery_message: "It has recovered." });
    const marks = alertMarks([alert({ opened_us: OPENED + 600e6 }), recovered], OPENED + 900e6);
    expect(marks.map(markWords)).toEqual(["shop.test/: Website is down, 4 min", "shop.test/: Website is down, 5 min"]);
    expect(marks.map(({ ended, alertId }) => [ended, alertId])).toEqual([
      [true, "a2"],
      [false, "a1"],
    ]);
    expect(marks[0]?.lines).toEqual([recovered.message, "It has recovered."]);
  });

  it("leave out what is wrong with Wirereel itself, which has its own", () => {
    expect(alertMarks([alert({ subject: { kind: "wirereel", name: "lag" } })], OPENED)).toEqual([]);
  });
});

describe("the marks of incidents", () => {
  it("say what it was, from when to when, and what the callers that called most saw", () => {
    const [mark] = incidentMarks([
      incident("payment", 7, 150, {
        callers: [
          { ...caller, client: "order", calls: 12, refused: 9, unanswered: 3 },
          { ...caller, client: "flash-sale", calls: 40, refused: 40 },
        ],
      }),
    ]);
    if (mark === undefined) throw new Error("There is no mark.");
    expect(markWords(mark)).toBe("payment crashed, 2 min 23 s");
    expect(whenOf(mark)).toBe("21 Nov, 10:42:07.000 to 10:44:30.000, 2 min 23 s");
    expect(mark.lines).toEqual([
      "first sign: connection refused",
      "flash-sale: 40 refused",
      "order: 9 refused, 3 without an answer",
    ]);
  });

  it("say when the recording ends in it, and how slow it was", () => {
    const [mark] = incidentMarks([
      incident("search", 0, 5, {
        kind: "slow",
        recovered: false,
        first_sign: "slow",
        before_us: 20_000,
        during_us: 900_000,
      }),
    ]);
    expect(mark && whenOf(mark)).toBe("21 Nov, 10:42:00.000 to the end of the recording, 5 s");
    expect(mark?.lines).toContain("median 20.0 ms before, 900 ms during");
  });
});

describe("what is under the pointer in the alerts lane", () => {
  const scale = new Scale({ from_us: AT, to_us: AT + 100e6 }, 1000);
  const marks = incidentMarks([
    incident("slow-one", 10, 60, { kind: "slow" }),
    incident("payment", 10.2, 20),
    incident("later", 40, 50, { kind: "failing" }),
  ]);

  it("is the worst pin of those that lie over each other", () => {
    expect(markAt(101, marks, scale)?.title).toBe("payment crashed");
  });
  it("is the span, away from pins, and nothing beside it", () => {
    expect(markAt(300, marks, scale)?.title).toBe("slow-one slow");
    expect(markAt(700, marks, scale)).toBeNull();
  });
});
