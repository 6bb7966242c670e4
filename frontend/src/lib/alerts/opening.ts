// From an alert to what matters of it.

import type { AlertRow } from "../backend";
import { showRuns } from "../checks/opening";
import { showProbe } from "../probes/opening";
import { pane, recording } from "../state";
import { goTo } from "../watched/opening";

/** Shows the time of an alert, where its subject is shown: for a website its failing checks, for a probe its failing runs. */
export async function open(alert: AlertRow): Promise<void> {
  const { subject, evidence, opened_us } = alert;
  if (subject.kind === "website") return showRuns(subject.name, evidence, true, opened_us);
  if (subject.kind === "probe") return showProbe(subject.name, evidence, true, opened_us);
  if (!recording.isLive) await recording.showLive();
  goTo(opened_us, evidence);
  if (subject.kind === "wirereel") pane.show("health");
  else pane.show("exchanges");
}
