// Where the reel's playhead and range lie on a chart over time. Reactive.

import { reel } from "../reel/reel.svelte";
import type { Scale } from "../reel/scale";
import { playhead, recording } from "../state";

/** The playhead's place, on a whole pixel; null beside the chart, and while it follows the end. */
export function playheadOn(scale: Scale): number | null {
  if (!recording.isLive || playhead.placed === null || playhead.at === null) return null;
  const x = scale.x(playhead.at);
  return x < 0 || x > scale.width ? null : Math.round(x) + 0.5;
}

/** The selected range, where it is a part of the chart. */
export function rangeOn(scale: Scale): { from: number; width: number } | null {
  if (!recording.isLive || reel.range === null) return null;
  const from = Math.max(0, scale.x(reel.range.from_us));
  const to = Math.min(scale.width, scale.x(reel.range.to_us));
  return to - from > 0 && to - from < scale.width - 1 ? { from, width: to - from } : null;
}
