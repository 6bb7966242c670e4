// What lies under the pointer.

import type { Bookmark, TimeRange } from "../backend";
import type { Lanes } from "./lanes";
import type { Scale } from "./scale";

/** Half the width of what can be grabbed at an edge, in pixels. */
const GRAB_PX = 6;
/** Half the width of the playhead's flag. */
export const FLAG_PX = 36;

/** What a press starts. */
export type Grip =
  | { on: "playhead" }
  | { on: "edge"; edge: "from" | "to" }
  | { on: "range" }
  | { on: "ruler" }
  | { on: "bookmark"; bookmark: Bookmark }
  | { on: "histogram" };

/** What can be hit. */
export interface Targets {
  scale: Scale;
  lanes: Lanes;
  at: number | null;
  range: TimeRange | null;
  bookmarks: readonly Bookmark[];
}

/** What is at a point of the track; the topmost wins. */
export function hit(x: number, y: number, targets: Targets): Grip {
  const { scale, lanes, at, range } = targets;
  if (at !== null) {
    const away = Math.abs(scale.x(at) - x);
    if (y <= lanes.ruler ? away <= FLAG_PX : away <= GRAB_PX / 2) return { on: "playhead" };
  }
  if (range !== null && y > lanes.ruler - 4) {
    const from = Math.abs(scale.x(range.from_us) - x);
    const to = Math.abs(scale.x(range.to_us) - x);
    if (Math.min(from, to) <= GRAB_PX) return { on: "edge", edge: from < to ? "from" : "to" };
  }
  if (y <= lanes.ruler - 4) return { on: "ruler" };
  if (lanes.bookmarksHeight > 0 && y >= lanes.bookmarks) {
    const bookmark = targets.bookmarks.find(({ at_us }) => {
      const left = scale.x(at_us) - 4;
      return x >= left && x <= left + 16;
    });
    if (bookmark !== undefined) return { on: "bookmark", bookmark };
  }
  if (range !== null && x > scale.x(range.from_us) && x < scale.x(range.to_us)) return { on: "range" };
  return { on: "histogram" };
}

/** The pointer's shape over a grip. */
export function cursorFor(grip: Grip): string {
  switch (grip.on) {
    case "playhead":
    case "edge":
      return "ew-resize";
    case "range":
      return "grab";
    case "ruler":
    case "bookmark":
      return "pointer";
    case "histogram":
      return "crosshair";
  }
}
