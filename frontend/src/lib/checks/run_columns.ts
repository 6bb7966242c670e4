// The columns of single checks.

import type { CheckRun } from "../backend";
import { clock, latency } from "../format";
import type { Column } from "../grid";
import { runOutcome } from "./words";

const phase = (id: string, title: string, of: (run: CheckRun) => number | null): Column<CheckRun> => ({
  id,
  title,
  width: 66,
  numeric: true,
  text: (run) => latency(of(run)),
});

export const COLUMNS: readonly Column<CheckRun>[] = [
  { id: "time", title: "Time", width: 104, mono: true, fixed: true, text: (run) => clock(run.at_us) },
  { id: "outcome", title: "Outcome", width: 104, fixed: true, text: runOutcome },
  { id: "total", title: "Total", width: 66, numeric: true, text: (run) => latency(run.total_us) },
  phase("dns", "DNS", ({ phases }) => phases.dns_us),
  phase("connect", "Connect", ({ phases }) => phases.connect_us),
  phase("tls", "TLS", ({ phases }) => phases.tls_us),
  phase("ttfb", "TTFB", ({ phases }) => phases.ttfb_us),
  phase("transfer", "Transfer", ({ phases }) => phases.transfer_us),
  { id: "phases", title: "Phases", width: 120, text: () => "" },
  { id: "reason", title: "Reason", width: 200, flexible: true, least: 120, text: (run) => run.reason ?? "" },
];

export const SHOWN_AT_FIRST: readonly string[] = COLUMNS.map(({ id }) => id);

/** What tells one check from all others. */
export function runKey({ website, intended_us }: Pick<CheckRun, "website" | "intended_us">): string {
  return `${intended_us} ${website}`;
}
