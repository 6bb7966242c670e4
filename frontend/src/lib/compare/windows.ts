// The two windows that are compared.

import type { TimeRange, TimeWindow } from "../backend";

/** The window after: the selected range, or else the second half of the recording. */
export function afterWindow(selected: TimeRange | null, recorded: TimeRange): TimeRange {
  return selected ?? { from_us: middle(recorded), to_us: recorded.to_us };
}

/** The window before: the one chosen, else as long as `after` and just before it; null where nothing was recorded then. */
export function beforeWindow(chosen: TimeWindow | null, after: TimeRange, recorded: TimeRange): TimeWindow | null {
  if (chosen !== null) return chosen;
  const from_us = Math.max(recorded.from_us, after.from_us - (after.to_us - after.from_us));
  return from_us < after.from_us ? { recording_id: null, range: { from_us, to_us: after.from_us } } : null;
}

/** What of a window is dragged. */
export type WindowGrip = "from" | "to" | "middle";

/** The window after a drag by some time; it stays within the recording and keeps at least `leastUs`. */
export function draggedWindow(
  window: TimeRange,
  grip: WindowGrip,
  byUs: number,
  recorded: TimeRange,
  leastUs: number,
): TimeRange {
  const by = Math.round(byUs);
  if (grip === "middle") {
    const low = recorded.from_us - window.from_us;
    const high = recorded.to_us - window.to_us;
    const moved = Math.min(Math.max(by, low), Math.max(low, high));
    return { from_us: window.from_us + moved, to_us: window.to_us + moved };
  }
  if (grip === "from") {
    const from_us = Math.max(recorded.from_us, Math.min(window.from_us + by, window.to_us - leastUs));
    return { from_us, to_us: window.to_us };
  }
  return {
    from_us: window.from_us,
    to_us: Math.min(recorded.to_us, Math.max(window.to_us + by, window.from_us + leastUs)),
  };
}

const middle = ({ from_us, to_us }: TimeRange): number => Math.round((from_us + to_us) / 2);
