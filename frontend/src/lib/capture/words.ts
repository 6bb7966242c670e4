// Words for what live capture is doing.

import type { CaptureState, CaptureStatus } from "../backend";
import { count, counted } from "../format";

export const STATE_WORDS: Record<CaptureState, string> = {
  not_visible: "No capture agent",
  connecting: "Connecting",
  stopped: "Not capturing",
  capturing: "Capturing",
  wrong_configuration: "Cannot capture",
};

/** What stands behind the state: where from and how much, or why not. */
export function about(status: CaptureStatus): string {
  if (status.state === "capturing") {
    const lost = status.lost > 0 ? `, ${count(status.lost)} lost` : "";
    return `${status.interfaces.join(", ")}, ${counted(Math.round(status.packets_per_s), "packet")}/s${lost}`;
  }
  return "";
}
