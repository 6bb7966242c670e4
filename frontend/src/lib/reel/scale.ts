// Time on the track: where an instant stands, and how the shown window moves.

import type { TimeRange } from "../backend";

/** No shorter window is shown, unless the recording itself is short. */
const SHORTEST_US = 1e3;
/** Room beside the recording when all of it is shown, so that a playhead at its end can be seen and held. */
const MARGIN = 0.012;

/** The window that shows the whole recording. */
export function wholeView(recorded: TimeRange): TimeRange {
  const span = Math.max(1000, recorded.to_us - recorded.from_us);
  return { from_us: recorded.from_us - span * MARGIN, to_us: recorded.to_us + span * MARGIN };
}

/** Turns instants into pixels from the left edge of a track and back. */
export class Scale {
  readonly view: TimeRange;
  readonly width: number;

  constructor(view: TimeRange, width: number) {
    this.view = view;
    this.width = Math.max(1, width);
  }

  get spanUs(): number {
    return this.view.to_us - this.view.from_us;
  }

  get usPerPixel(): number {
    return this.spanUs / this.width;
  }

  x(us: number): number {
    return ((us - this.view.from_us) / this.spanUs) * this.width;
  }

  us(x: number): number {
    return this.view.from_us + (x / this.width) * this.spanUs;
  }
}

/** Zooms by `factor` (below 1 shows less time) and keeps `pivotUs` where it is on the track. */
export function zoomed(view: TimeRange, whole: TimeRange, factor: number, pivotUs: number): TimeRange {
  const span = view.to_us - view.from_us;
  const wanted = Math.min(spanOf(whole), Math.max(shortest(whole), span * factor));
  const left = (pivotUs - view.from_us) / span;
  return within({ from_us: pivotUs - left * wanted, to_us: pivotUs + (1 - left) * wanted }, whole);
}

/** Moves the window by some time, not beyond the recording. */
export function panned(view: TimeRange, whole: TimeRange, byUs: number): TimeRange {
  return within({ from_us: view.from_us + byUs, to_us: view.to_us + byUs }, whole);
}

/** Moves one edge of the window, as dragging it in the overview does. */
export function resized(view: TimeRange, whole: TimeRange, edge: "from" | "to", us: number): TimeRange {
  const least = shortest(whole);
  if (edge === "from") {
    return { from_us: Math.max(whole.from_us, Math.min(us, view.to_us - least)), to_us: view.to_us };
  }
  return { from_us: view.from_us, to_us: Math.min(whole.to_us, Math.max(us, view.from_us + least)) };
}

/** The window moved just so far that it shows `us`, with some room around it. */
export function revealing(view: TimeRange, whole: TimeRange, us: number): TimeRange {
  const room = spanOf(view) * 0.05;
  if (us >= view.from_us && us <= view.to_us) return view;
  return panned(view, whole, us < view.from_us ? us - room - view.from_us : us + room - view.to_us);
}

/** The window moved so that it ends a little after `us`, where the recording ends. */
export function ending(view: TimeRange, whole: TimeRange, us: number): TimeRange {
  return panned(view, whole, us + spanOf(view) * 0.05 - view.to_us);
}

/** The nearest of `events` (ascending) within `reachUs`, else `us` itself. */
export function snapped(us: number, events: readonly number[], reachUs: number): number {
  let best = us;
  let distance = reachUs;
  for (const event of events) {
    const away = Math.abs(event - us);
    if (away <= distance) [best, distance] = [event, away];
  }
  return best;
}

function within(view: TimeRange, whole: TimeRange): TimeRange {
  const span = Math.min(spanOf(view), spanOf(whole));
  const from_us = Math.min(Math.max(view.from_us, whole.from_us), whole.to_us - span);
  return { from_us, to_us: from_us + span };
}

function shortest(whole: TimeRange): number {
  return Math.min(SHORTEST_US, spanOf(whole));
}

function spanOf(range: TimeRange): number {
  return range.to_us - range.from_us;
}
