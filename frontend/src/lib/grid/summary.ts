// What a pane's head says about its rows.

import { count, counted } from "../format";
import type { RowSpan } from "./scroll_window";

/** `10,605 match, rows 6,871 to 6,881 in view`; nothing while the total is unknown. */
export function listSummary(total: number | null, noun: string, filtered: boolean, inView: RowSpan): string {
  if (total === null) return "";
  const what = filtered ? `${count(total)} match` : counted(total, noun);
  if (total === 0) return what;
  return `${what}, rows ${count(inView.first + 1)} to ${count(inView.end)} in view`;
}
