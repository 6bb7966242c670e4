// From an alert to what matters of it.

import type { AlertRow } from "../backend";
import { goTo, showRuns } from "../checks/opening";
import { pane, recording } from "../state";

/** Shows the time of an alert, where its subject is shown: for a website its failing checks. */
export async function open(alert: AlertRow): Promise<void> {
  if (alert.subject.kind === "website") return showRuns(alert.subject.name, alert.evidence, true, alert.opened_us);
  if (!recording.isLive) await recording.showLive();
  goTo(alert.opened_us, alert.evidence);
  if (alert.subject.kind === "wirereel") pane.show("health");
  else pane.show("exchanges");
}
