// From a website or an alert about it to its checks.

import type { TimeRange } from "../backend";
import { checksView, pane, recording } from "../state";
import { goTo, showLive } from "../watched/opening";

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
