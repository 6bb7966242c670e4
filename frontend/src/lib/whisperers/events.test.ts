import { describe, expect, it } from "vitest";
import type { CaptureState, WhispererEvent } from "../backend";
import { folded } from "./events";

const event = (at_us: number, state: CaptureState, text: string = state): WhispererEvent => ({ at_us, state, text });

describe("events", () => {
  it("of attempts that fail alike take one line, with how often and since when", () => {
    const events = [
      event(8, "connecting"),
      event(7, "not_visible", "refused"),
      event(6, "connecting"),
      event(5, "not_visible", "refused"),
      event(4, "connecting"),
      event(3, "not_visible", "timed out"),
      event(2, "connecting"),
      event(1, "stopped"),
    ];
    expect(folded(events).map(({ at_us, text, times, first_us }) => [at_us, text, times, first_us])).toEqual([
      [8, "connecting", 1, 8],
      [7, "refused", 2, 5],
      [3, "timed out", 1, 3],
      [1, "stopped", 1, 1],
    ]);
  });

  it("keep an attempt that succeeded, and what differs", () => {
    const events = [
      event(3, "capturing"),
      event(2, "connecting"),
      event(1, "capturing", "lost 3"),
      event(0, "capturing"),
    ];
    expect(folded(events).map(({ times }) => times)).toEqual([1, 1, 1, 1]);
  });
});
