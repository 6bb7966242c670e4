// The time of the charts.

import type { TimeRange } from "../backend";

/** Samples of a chart: about one per two pixels. */
export const SAMPLES = 120;
const RECENT_US = 600e6;
/** The host looks once a second. */
const NARROWEST_US = 1e6;

/** What the reel shows, else the ten minutes before the instant; in whole samples, so that it is asked again only when there is another one. */
export function historyRange(reelView: TimeRange | null, at: number | null, now: number): TimeRange {
  const end = at ?? now;
  const { from_us, to_us } = reelView ?? { from_us: end - RECENT_US, to_us: end };
  const step = Math.max(NARROWEST_US, Math.ceil((to_us - from_us) / SAMPLES / NARROWEST_US) * NARROWEST_US);
  const from = Math.floor(from_us / step) * step;
  // What is yet to come has no figures; the sample that is being filled is shown.
  const last = Math.min(to_us, Math.max(now, from_us + NARROWEST_US));
  return { from_us: from, to_us: Math.max(from + step, Math.ceil(last / step) * step) };
}
