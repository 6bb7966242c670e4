// From a probe or an alert about it to its single probes, and from one to what was captured of it.

import type { ProbeRun, TimeRange } from "../backend";
import { pane, probesView, recording } from "../state";
import { goTo, showCaptured, showLive } from "../watched/opening";

/** Shows single probes of a time, those that failed alone if so asked. */
export async function showProbe(probe: string, range: TimeRange | null, failing: boolean, atUs: number): Promise<void> {
  if (recording.current !== null) await showLive();
  probesView.probe = probe;
  probesView.list = "list";
  probesView.tab = "runs";
  probesView.failing = failing;
  pane.show("probes");
  goTo(atUs, range);
}

/** Shows the exchanges of a probe's trace, hop by hop, as far as they were captured. */
export async function showExchanges({ at_us, probe_id, exchange_ids }: ProbeRun): Promise<void> {
  const [exchangeId] = exchange_ids;
  if (exchangeId === undefined || probe_id === null) return;
  await showCaptured(at_us, { exchangeId, filter: `trace_id:${probe_id}` });
}
