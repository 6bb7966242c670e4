// Keys on the focused track, beside those that work on the whole page: what a slider is expected to do.

import { playhead, recording } from "../state";
import { reel } from "./reel.svelte";

/** A page is this part of the window. */
const PAGE = 0.1;

/** Where a key moves the playhead: by so many windows and pixels, or to an end. */
function target(key: string, at: number, from: number, to: number, spanUs: number, width: number): number | null {
  switch (key) {
    case "ArrowUp":
      return at + spanUs / width;
    case "ArrowDown":
      return at - spanUs / width;
    case "PageUp":
      return at + spanUs * PAGE;
    case "PageDown":
      return at - spanUs * PAGE;
    case "Home":
      return from;
    case "End":
      return to;
    default:
      return null;
  }
}

/** ↑ ↓ by a pixel, Page Up and Down by a tenth of the window, Home and End to the ends; with Shift the pages move the window. */
export function trackKey(event: KeyboardEvent): void {
  const [at, whole, view] = [playhead.at, recording.range, reel.view];
  if (at === null || whole === null || view === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const span = view.to_us - view.from_us;
  const paged = event.key === "PageUp" ? 1 : event.key === "PageDown" ? -1 : 0;
  if (event.shiftKey && paged !== 0) {
    reel.pan((paged * span) / 2);
  } else {
    const to = target(event.key, at, whole.from_us, whole.to_us, span, reel.width);
    if (to === null) return;
    playhead.pause();
    const moved = Math.round(Math.min(whole.to_us, Math.max(whole.from_us, to)));
    playhead.moveTo(moved);
    reel.reveal(moved);
  }
  event.preventDefault();
  event.stopPropagation();
}
