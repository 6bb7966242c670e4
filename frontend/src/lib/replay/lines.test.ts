import { describe, expect, it } from "vitest";
import type { PassingEvent } from "../backend";
import type { Mark } from "../reel/marks";
import { marksPassed, sayingOfAll, type Line } from "./lines";

const crash: Mark = {
  kind: "crash",
  range: { from_us: 100, to_us: 200 },
  ended: true,
  title: "payment crashed",
  lines: [],
};

describe("marks that the playhead passes", () => {
  it("are said once: where they begin, where they are over, and bookmarks, in order", () => {
    const bookmarks = [{ id: 1, at_us: 150, note: "deploy" }];
    const words = (before: number, at: number) =>
      marksPassed(before, at, [crash], bookmarks).map((line) => (line.what === "mark" ? line.words : ""));
    expect(words(0, 99)).toEqual([]);
    expect(words(99, 100)).toEqual(["payment crashed"]);
    expect(words(100, 149)).toEqual([]);
    expect(words(0, 500)).toEqual(["payment crashed", "bookmark: deploy", "payment crashed: over"]);
  });
  it("are not over when the recording ends in them", () => {
    expect(marksPassed(150, 500, [{ ...crash, ended: false }], [])).toEqual([]);
  });
});

describe("what screen readers are told", () => {
  const event = (failed: boolean): PassingEvent => ({
    at_us: 1,
    kind: "response",
    client: "order",
    server: "payment",
    flow_id: 1,
    exchange_id: 1,
    label: "POST /charges",
    status: failed ? 503 : 200,
    failed,
  });
  const lines = (...events: PassingEvent[]): Line[] =>
    events.map((one, serial) => ({ what: "event", at_us: one.at_us, event: one, serial }));

  it("is how many events passed, and the last failure of them", () => {
    expect(sayingOfAll(lines(event(true), event(false)))).toBe(
      "2 events, 1 failed: order to payment, POST /charges 503",
    );
    expect(sayingOfAll(lines(event(false)))).toBe("1 event: order to payment, POST /charges 200");
  });
  it("is a mark rather than anything else", () => {
    const mark: Line = { what: "mark", at_us: 1, words: "payment crashed", failed: true, serial: 9 };
    expect(sayingOfAll([...lines(event(true)), mark])).toBe("payment crashed");
  });
});
