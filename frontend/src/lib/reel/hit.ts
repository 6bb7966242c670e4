// What lies under the pointer.

import type { Bookmark, TimeRange } from "../backend";
import type { Lanes } from "./lanes";
import { markAt, type Mark } from "./marks";
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
  | { on: "mark"; mark: Mark }
  | { on: "bookmark"; bookmark: Bookmark }
  | { on: "histogram" };

/** What can be hit. */
export interface Targets {
  scale: Scale;
  lanes: Lanes;
  at: number | null;
  range: TimeRange | null;
  bookmarks: readonly Bookmark[];
  marks: readonly Mark[];
}

/** What is at a point of the track; the topmost wins. */
export function hit(x: number, y: number, targets: Targets): Grip {
  const { scale, lanes, at, range } = targets;
  // Pins and bookmarks are small and say something; the playhead can be taken elsewhere.
  if (y > lanes.ruler && y <= lanes.alerts + lanes.alertsHeight) {
    const mark = markAt(x, targets.marks, scale);
    if (mark !== null) return { on: "mark", mark };
  }
  if (lanes.bookmarksHeight > 0 && y >= lanes.bookmarks) {
    const bookmark = bookmarkAt(x, targets);
    if (bookmark !== null) return { on: "bookmark", bookmark };
  }
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
  if (range !== null && x > scale.x(range.from_us) && x < scale.x(range.to_us)) return { on: "range" };
  return { on: "histogram" };
}

function bookmarkAt(x: number, { bookmarks, scale }: Targets): Bookmark | null {
  const under = ({ at_us }: Bookmark): boolean => {
    const left = scale.x(at_us) - 4;
    return x >= left && x <= left + 16;
  };
  return bookmarks.find(under) ?? null;
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
    case "mark":
    case "bookmark":
      return "pointer";
    case "histogram":
      return "crosshair";
  }
}
