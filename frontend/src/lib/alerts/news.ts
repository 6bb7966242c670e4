// What became of alerts between two answers.

import type { AlertRow } from "../backend";

/** Ids of alerts that are known, and whether they were over. */
export type Known = ReadonlyMap<string, boolean>;

export interface News {
  opened: AlertRow[];
  resolved: AlertRow[];
}

export function knownOf(rows: readonly AlertRow[]): Known {
  return new Map(rows.map(({ alert_id, resolved_us }) => [alert_id, resolved_us !== null]));
}

/** What opened and what was over since, oldest first. One that opened and was over in between is both. Those that nobody was to hear of are none. */
export function newsOf(known: Known, rows: readonly AlertRow[]): News {
  const oldestFirst = [...rows].reverse().filter(({ quiet }) => quiet === null);
  return {
    opened: oldestFirst.filter(({ alert_id }) => !known.has(alert_id)),
    resolved: oldestFirst.filter(({ alert_id, resolved_us }) => resolved_us !== null && known.get(alert_id) !== true),
  };
}
