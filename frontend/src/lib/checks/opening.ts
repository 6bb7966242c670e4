// From a check or an alert to what was captured of it, in the recording that has it.

import { tick } from "svelte";
import type { CheckRun, TimeRange } from "../backend";
import { reel } from "../reel/reel.svelte";
import { checksView, messages, pane, playhead, recording, selection } from "../state";

/** Opening what is captured live takes no longer: it is open already where websites are checked. */
const OPENED_WITHIN_MS = 4000;
const LOOK_EVERY_MS = 50;

/** Opens the live recording, unless it is open. False when there is none. */
async function showLive(): Promise<boolean> {
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
    checksView.span = range;
    return;
  }
  playhead.pause();
  if (range !== null) selection.setRange(range);
  playhead.moveTo(atUs);
  playhead.settle();
  reel.reveal(atUs);
}

/** Shows a website's checks of a time, those that failed alone if so asked. */
export async function showRuns(
  website: string,
  range: TimeRange | null,
  failing: boolean,
  atUs: number,
): Promise<void> {
  if (recording.current !== null) await showLive();
  checksView.website = website;
  checksView.tab = "runs";
  checksView.failing = failing;
  pane.show("checks");
  goTo(atUs, range);
}

/** Shows the flow or the exchange that a check was, as it was captured. */
export async function showCaptured(run: CheckRun, what: "flow" | "exchange"): Promise<void> {
  if (!(await showLive())) {
    messages.show("What was captured live cannot be opened.", "error");
    return;
  }
  goTo(run.at_us, null);
  if (what === "flow") {
    selection.flowId = run.flow_id;
    pane.show("flows");
  } else {
    selection.exchangeId = run.exchange_id;
    pane.show("exchanges");
  }
}
