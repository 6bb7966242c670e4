import { describe, expect, it } from "vitest";
import type { Websites } from "../backend";
import { AT, figures, FRAME, run, website } from "./testkit";
import { availabilityTone, frameWords, listWords, ruleWords, runOutcome, sinceWords, spoken } from "./words";
import { availabilityWords, outcomesInOrder, outcomesWords } from "../watched/words";

const RULE = { percent: 80, recover_percent: 90, over_ms: 120_000 };

describe("the head of the list", () => {
  it("says of when the figures of a frame are, and counts down to the next ones in whole seconds", () => {
    expect(frameWords(FRAME, AT)).toBe("10 min figures of 10:48:20, next in 5 s");
    expect(frameWords(FRAME, AT + 9e6)).toBe("10 min figures of 10:48:20, next in 0 s");
    expect(frameWords({ ...FRAME, next_us: AT + 200e6 }, AT)).toContain("next in 3 min 20 s");
    expect(frameWords({ ...FRAME, next_us: null }, AT)).toBe("10 min figures of 10:48:20");
  });

  it("counts what is not up, and says when all is", () => {
    const all = { total: 5, down: 1, self_offline: 0, unknown: 0, paused: 2 } as Websites;
    expect(listWords(all)).toBe("5 websites, 1 down, 2 paused");
    expect(listWords({ ...all, down: 0, paused: 0 })).toBe("5 websites, all up");
    expect(listWords({ ...all, down: 5, paused: 0 })).toBe("5 websites, all down");
    expect(listWords({ ...all, total: 1, paused: 0 })).toBe("1 website, down");
  });

  it("says from when on a website counts as down: at the threshold too", () => {
    expect(ruleWords(RULE)).toBe("down at or below 80% over 2 min");
    expect(ruleWords({ ...RULE, percent: 99.5 })).toBe("down at or below 99.5% over 2 min");
  });
});

describe("availability", () => {
  it("is red at the threshold, yellow a little below all, and nothing where nothing counts", () => {
    expect([0.8, 0.801, 0.975, 0.992, 1, null].map((part) => availabilityTone(part, RULE))).toEqual([
      "err",
      "warn",
      "warn",
      "",
      "",
      "t3",
    ]);
  });

  it("is written with one place, so that a column lines up", () => {
    expect([1, 0, 0.725, 0.99999, null].map(availabilityWords)).toEqual(["100.0%", "0.0%", "72.5%", ">99.9%", "none"]);
  });
});

describe("what came of checks", () => {
  const outcomes = [
    { outcome: "timeout", count: 2, failure: true },
    { outcome: "304", count: 28, failure: false },
    { outcome: "503", count: 9, failure: true },
    { outcome: "200", count: 229, failure: false },
  ];
  it("lists answers before failures, each the most frequent first", () => {
    expect(outcomesInOrder(outcomes).map(({ outcome }) => outcome)).toEqual(["200", "304", "503", "timeout"]);
    expect(outcomesWords(outcomes)).toBe("200 ×229, 304 ×28, 503 ×9, timeout ×2");
  });

  it("is the status of one check, else why there was none", () => {
    expect(runOutcome(run())).toBe("200");
    expect(runOutcome(run({ state: "down", status: 503, failure: "status" }))).toBe("503");
    expect(runOutcome(run({ state: "down", status: null, failure: "name_not_found" }))).toBe("name not found");
    expect(runOutcome(run({ state: "overrun", status: null }))).toBe("no check");
    expect(runOutcome(run({ state: "self_offline", status: null }))).toBe("offline here");
  });
});

describe("a website in words", () => {
  it("says since when, with the day where it is another one", () => {
    expect(sinceWords(website(), AT)).toBe("up since 10:46:10");
    expect(sinceWords(website({ state: "down", since_us: AT - 86_400e6 }), AT)).toBe("down since 20 Nov, 10:48");
    expect(sinceWords(website({ state: "unknown", since_us: null }), AT)).toBe("not checked yet");
  });

  it("reads out every frame with what failed in it", () => {
    const of = figures({
      up: 29,
      down: 11,
      availability: 0.725,
      response: { count: 29, avg_us: 1_280_000, max_us: 10e6, p50_us: null, p95_us: null, p99_us: null },
      outcomes: [
        { outcome: "200", count: 29, failure: false },
        { outcome: "503", count: 11, failure: true },
      ],
    });
    expect(spoken(website({ figures: [of, figures()] }), [FRAME, { ...FRAME, past_ms: 3_600_000 }], AT)).toBe(
      "https://shop.test/, up since 10:46:10; past 10 min: 72.5% available, response mean 1.28 s, 503 ×11; past 1 h: no checks",
    );
  });
});
