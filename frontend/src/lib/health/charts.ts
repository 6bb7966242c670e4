// What every chart of the pane needs.

import type { HealthHistory, TimeRange } from "../backend";

export interface Charts {
  /** Null until it was read. */
  history: HealthHistory | null;
  range: TimeRange | null;
  /** The charts' time is the reel's: the playhead and the selected range are marked in them. */
  onReel: boolean;
}
