// Events as they are listed: what happens again and again takes one line.

import type { WhispererEvent } from "../backend";

/** An event, or the newest of several alike. */
export interface FoldedEvent extends WhispererEvent {
  times: number;
  /** When the first of them was. */
  first_us: number;
}

/** Latest first. An attempt to connect is told by what came of it; alike events in a row become one. */
export function folded(events: readonly WhispererEvent[]): FoldedEvent[] {
  const lines: FoldedEvent[] = [];
  for (const [n, event] of events.entries()) {
    const outcome = events[n - 1];
    if (event.state === "connecting" && outcome?.state === "not_visible") continue;
    const line = lines.at(-1);
    if (line !== undefined && line.state === event.state && line.text === event.text) {
      line.times += 1;
      line.first_us = event.at_us;
    } else {
      lines.push({ ...event, times: 1, first_us: event.at_us });
    }
  }
  return lines;
}
