// The columns of single probes.

import type { ProbeRun } from "../backend";
import { clock, latency } from "../format";
import type { Column } from "../grid";
import { signedLatency } from "./path";
import { runOutcome } from "./words";

export const COLUMNS: readonly Column<ProbeRun>[] = [
  { id: "time", title: "Time", width: 104, mono: true, fixed: true, text: (run) => clock(run.at_us) },
  { id: "outcome", title: "Outcome", width: 118, fixed: true, text: runOutcome },
  { id: "total", title: "Total", width: 66, numeric: true, text: (run) => latency(run.total_us) },
  { id: "path", title: "Path", width: 150, text: () => "" },
  { id: "connect", title: "Connect", width: 66, numeric: true, text: (run) => latency(run.connect_us) },
  {
    id: "unattributed",
    title: "Unattributed",
    width: 84,
    numeric: true,
    text: (run) => (run.unattributed_us === null ? "none" : signedLatency(run.unattributed_us)),
  },
  {
    id: "reason",
    title: "Reason",
    width: 200,
    flexible: true,
    least: 120,
    text: (run) => [run.reason, run.last_seen].filter((part) => part !== null).join("; "),
  },
];

export const SHOWN_AT_FIRST: readonly string[] = ["time", "outcome", "total", "path", "reason"];

/** What tells one probe from all others. */
export function runKey({ probe, intended_us }: Pick<ProbeRun, "probe" | "intended_us">): string {
  return `${intended_us} ${probe}`;
}
