// The Live button and its key.

import { messages, playhead, recording } from "../state";

/** Follows the growing end, or leaves it; of a recording that does not grow, goes to its end. */
export function goLive(): void {
  if (recording.range === null) return;
  if (playhead.live) {
    playhead.leaveLive();
    messages.say("No longer live.");
    return;
  }
  playhead.goLive();
  messages.say(playhead.live ? "Live: following the end." : "The playhead stands at the end.");
}
