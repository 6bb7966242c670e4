// What a dragged playhead or edge snaps to.

import type { Bookmark, Density, TimeRange } from "../backend";
import type { Mark } from "./marks";

/** A drag snaps to events within this distance; Alt moves freely. */
export const SNAP_PX = 6;

/** Instants worth stopping at, ascending: where errors begin and end, marks, gaps, bookmarks, the recording's ends and the range's. */
export function snapEvents(
  density: Density | null,
  bookmarks: readonly Bookmark[],
  marks: readonly Mark[],
  spans: readonly (TimeRange | null)[],
): number[] {
  const events = bookmarks.map((bookmark) => bookmark.at_us);
  for (const span of spans) if (span !== null) events.push(span.from_us, span.to_us);
  for (const { range } of marks) events.push(range.from_us, range.to_us);
  if (density !== null) {
    for (const gap of density.gaps) events.push(gap.range.from_us, gap.range.to_us);
    for (let n = 0; n <= density.errors.length; n += 1) {
      const failing = (density.errors[n] ?? 0) > 0;
      const before = (density.errors[n - 1] ?? 0) > 0;
      if (failing !== before) events.push(Math.round(density.range.from_us + n * density.bucket_us));
    }
  }
  return events.sort((a, b) => a - b);
}
