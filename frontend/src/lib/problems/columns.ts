// The columns of what could not be read.

import type { ProblemRow } from "../backend";
import { clock, count } from "../format";
import type { Column } from "../grid";
import { STATES } from "./state";

export const COLUMNS: readonly Column<ProblemRow>[] = [
  { id: "time", title: "Time", width: 116, mono: true, fixed: true, text: (row) => clock(row.at_us) },
  { id: "source", title: "Source", width: 190, text: (row) => row.source_name },
  { id: "stage", title: "Stage", width: 84, text: (row) => row.stage },
  {
    id: "message",
    title: "What was found",
    width: 320,
    flexible: true,
    fixed: true,
    text: (row) => row.message,
  },
  { id: "state", title: "State", width: 104, text: (row) => STATES[row.state].word },
  { id: "attempts", title: "Tries", width: 54, numeric: true, text: (row) => count(row.attempts) },
  {
    id: "position",
    title: "Position",
    name: "Position in the source, bytes",
    width: 112,
    numeric: true,
    text: (row) => count(row.position),
  },
  {
    id: "flow",
    title: "Flow",
    name: "Flow id",
    width: 112,
    numeric: true,
    text: (row) => (row.flow_id === null ? "none" : String(row.flow_id)),
  },
];

export const SHOWN_AT_FIRST: readonly string[] = "time source stage message state attempts position".split(" ");

/** Tells one problem from all others: they have no number. */
export function problemKey(row: ProblemRow): string {
  return [row.source_id, row.position, row.at_us, row.stage, row.message].join(" ");
}
