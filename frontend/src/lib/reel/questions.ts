// What the reel asks, counts per bar, and what it leaves out of the answer.

import type { DensityQuestion, Gap, TimeRange } from "../backend";
import type { Scale } from "./scale";
import { bucketUs } from "./ticks";

/** Least width of a bar. */
const BAR_PX = 4;

/** Round bars over the window and half of it on both sides, so that a little panning needs no answer. */
export function windowQuestion(scale: Scale, whole: TimeRange, filter: string): DensityQuestion {
  const bar = bucketUs(scale.usPerPixel, BAR_PX);
  const stride = bar * Math.max(1, Math.ceil(scale.spanUs / 4 / bar));
  const from = Math.floor((scale.view.from_us - scale.spanUs / 2) / stride) * stride;
  const to = from + (Math.ceil((2 * scale.spanUs) / stride) + 1) * stride;
  const from_us = Math.max(from, Math.floor(whole.from_us / bar) * bar);
  const to_us = Math.min(to, Math.ceil(whole.to_us / bar) * bar);
  return { range: { from_us, to_us }, buckets: Math.round((to_us - from_us) / bar), filter };
}

/** Counts over the whole recording, for the overview. */
export function wholeQuestion(recorded: TimeRange, width: number): DensityQuestion {
  const buckets = Math.min(400, Math.max(50, Math.floor(width / BAR_PX)));
  return { range: { from_us: recorded.from_us, to_us: recorded.to_us + 1 }, buckets, filter: "" };
}

/** The parts of gaps that lie within a range. */
export function clipped(gaps: readonly Gap[], range: TimeRange): Gap[] {
  return gaps.flatMap((gap) => {
    const from_us = Math.max(gap.range.from_us, range.from_us);
    const to_us = Math.min(gap.range.to_us, range.to_us);
    return from_us < to_us ? [{ ...gap, range: { from_us, to_us } }] : [];
  });
}
