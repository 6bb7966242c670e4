// How many flows of a scope opened before an instant.

import type { FlowsQuestion, Scope } from "../backend";

/**
 * The question whose total is that number. A flow is in a scope when it is alive in its range, so those that opened before an
 * instant inside the range are those alive between its start and the instant. Null when there can be none.
 */
export function openedBefore(scope: Scope, atUs: number): FlowsQuestion | null {
  const from_us = scope.range?.from_us ?? 0;
  const to_us = Math.min(atUs, scope.range?.to_us ?? atUs);
  if (to_us <= from_us) return null;
  const range = { from_us, to_us };
  return { scope: { range, filter: scope.filter }, sort: "opened_at", descending: false, offset: 0, limit: 1 };
}
