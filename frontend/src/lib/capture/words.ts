// Words for what live capture is doing.

import type { CaptureState, CaptureStatus } from "../backend";
import { count, counted } from "../format";

export const STATE_WORDS: Record<CaptureState, string> = {
  not_visible: "Not visible",
  connecting: "Connecting",
  stopped: "Stopped",
  capturing: "Capturing",
  wrong_configuration: "Wrong configuration",
};

/** What stands behind the state: of several whisperers how many capture, of one where from and how much. Never without what was lost. */
export function about(status: CaptureStatus, whisperers: readonly { state: CaptureState }[] = []): string {
  if (status.state === "capturing") {
    if (whisperers.length > 1) {
      const capturing = whisperers.filter(({ state }) => state === "capturing").length;
      return `${capturing} of ${whisperers.length} whisperers${status.lost > 0 ? `, ${count(status.lost)} lost` : ""}`;
    }
    const lost = status.lost > 0 ? `, ${count(status.lost)} lost` : "";
    return `${status.interfaces.join(", ")}, ${counted(Math.round(status.packets_per_s), "packet")}/s${lost}`;
  }
  return "";
}
