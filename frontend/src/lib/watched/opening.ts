// From a result to its instant, and to what was captured of it, in the recording that has it.

import { tick } from "svelte";
import type { TimeRange } from "../backend";
import { reel } from "../reel/reel.svelte";
import { messages, pane, playhead, recording, selection, watched } from "../state";

/** Opening what is captured live takes no longer: it is open already where something is watched. */
const OPENED_WITHIN_MS = 4000;
const LOOK_EVERY_MS = 50;

/** Opens the live recording, unless it is open. False when there is none. */
export async function showLive(): Promise<boolean> {
  if (recording.isLive) return true;
  await recording.showLive();
  for (let waited = 0; waited < OPENED_WITHIN_MS && !recording.isLive; waited += LOOK_EVERY_MS) {
    if (recording.problem !== null) return false;
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
  }
  // What was selected in the recording before is forgotten first.
  await tick();
  return recording.isLive;
}

/** Moves the playhead to an instant and the range to what belongs to it, where the reel has that time. */
export function goTo(atUs: number, range: TimeRange | null): void {
  if (!recording.isLive) {
    watched.choose(range);
    return;
  }
  playhead.pause();
  if (range !== null) selection.setRange(range);
  playhead.moveTo(atUs);
  playhead.settle();
  reel.reveal(atUs);
}

/** What was captured of a result. */
export type Captured = { flowId: number } | { exchangeId: number; filter?: string };

/** Shows the flow or the exchange that a result was, as it was captured; with a filter, what belongs to it too. */
export async function showCaptured(atUs: number, captured: Captured): Promise<void> {
  if (!(await showLive())) {
    messages.show("What was captured live cannot be opened.", "error");
    return;
  }
  goTo(atUs, null);
  if ("flowId" in captured) {
    selection.flowId = captured.flowId;
    pane.show("flows");
    return;
  }
  if (captured.filter !== undefined) selection.filter = captured.filter;
  selection.exchangeId = captured.exchangeId;
  pane.show("exchanges");
}
