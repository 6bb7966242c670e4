// Where the ruler has marks, and how wide a bar of the histogram is.

import type { TimeRange } from "../backend";
import { day, relative, wallClock, type Face, type Precision, type ZoneSpan } from "../format";

const MS = 1e3;
const S = 1e6;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;

/** Steps between labels, each with the number of parts between them. */
const STEPS: readonly (readonly [stepUs: number, parts: number])[] = [
  [10, 5],
  [20, 4],
  [50, 5],
  [100, 5],
  [200, 4],
  [500, 5],
  [1 * MS, 5],
  [2 * MS, 4],
  [5 * MS, 5],
  [10 * MS, 5],
  [20 * MS, 4],
  [50 * MS, 5],
  [100 * MS, 5],
  [200 * MS, 4],
  [500 * MS, 5],
  [1 * S, 5],
  [2 * S, 4],
  [5 * S, 5],
  [10 * S, 5],
  [15 * S, 3],
  [30 * S, 3],
  [1 * MIN, 4],
  [2 * MIN, 4],
  [5 * MIN, 5],
  [10 * MIN, 5],
  [15 * MIN, 3],
  [30 * MIN, 3],
  [1 * H, 4],
  [2 * H, 4],
  [3 * H, 3],
  [6 * H, 3],
  [12 * H, 4],
  [1 * DAY, 4],
  [2 * DAY, 4],
  [7 * DAY, 7],
];

/** Least distance between labels; finer ones have more digits, and so have distances. */
const LABEL_PX = 84;
const LONG_LABEL_PX = 112;
/** Where clocks are changed two labels may come closer than a step; the later one goes when it would touch. */
const CROWDED = 0.75;

export interface Tick {
  us: number;
  /** Null for the marks between labels. */
  label: string | null;
}

/** The ruler's marks, ascending: on round times of the clock in the zone, or on round distances. */
export function ticks(view: TimeRange, width: number, { zone, originUs }: Face): Tick[] {
  const perPx = (view.to_us - view.from_us) / Math.max(1, width);
  const room = (step: number): number => (originUs === null && step >= MS ? LABEL_PX : LONG_LABEL_PX);
  const fitting = STEPS.find(([stepUs]) => stepUs >= perPx * room(stepUs));
  const [step, parts] = fitting ?? [Math.ceil((perPx * LONG_LABEL_PX) / DAY) * DAY, 4];
  if (originUs !== null) {
    const whole = { from_us: view.from_us, to_us: view.to_us, offset_us: -originUs };
    return marksIn(whole, step, parts, true, (us) => relative(us - originUs, precisionOf(step)));
  }
  const label = (us: number): string => {
    const dayOf = (at: number): number => Math.floor((at + zone.offsetUs(at)) / DAY);
    return dayOf(us) !== dayOf(us - 1) ? day(us) : wallClock(us, precisionOf(step));
  };
  const spans = zone.spans(view.from_us, view.to_us);
  const marks = spans.flatMap((span, n) => {
    const own = marksIn(span, step, parts, n === spans.length - 1, label);
    const before = spans[n - 1];
    return before !== undefined && skipsMark(before, span, step)
      ? [{ us: span.from_us, label: label(span.from_us) }, ...own]
      : own;
  });
  return spans.length > 1 ? uncrowded(marks, perPx * room(step) * CROWDED) : marks;
}

/** Marks on multiples of the step on a clock that is `offset_us` ahead of UTC. */
function marksIn(span: ZoneSpan, step: number, parts: number, closed: boolean, label: (us: number) => string): Tick[] {
  const minor = step / parts;
  const marks: Tick[] = [];
  const first = Math.ceil((span.from_us + span.offset_us) / minor);
  const last = Math.floor((span.to_us + span.offset_us) / minor);
  for (let n = first; n <= last; n += 1) {
    const us = n * minor - span.offset_us;
    if (us === span.to_us && !closed) break;
    marks.push({ us, label: n % parts === 0 ? label(us) : null });
  }
  return marks;
}

/** True when clocks go forward over a labelled time: then the time they go to is labelled. */
function skipsMark(before: ZoneSpan, after: ZoneSpan, step: number): boolean {
  const [from, to] = [after.from_us + before.offset_us, after.from_us + after.offset_us];
  const skipped = Math.ceil(from / step) * step;
  return skipped < to && to % step !== 0;
}

function uncrowded(marks: Tick[], leastUs: number): Tick[] {
  let labelled = -Infinity;
  return marks.map((mark) => {
    if (mark.label === null) return mark;
    if (mark.us - labelled < leastUs) return { us: mark.us, label: null };
    labelled = mark.us;
    return mark;
  });
}

function precisionOf(step: number): Precision {
  if (step < MS) return "micro";
  if (step < S) return "milli";
  return step < MIN ? "second" : "minute";
}

/** Widths of histogram bars. */
const BUCKETS_US = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * S),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MIN),
  ...[1, 2, 4, 6, 12, 24].map((n) => n * H),
];

/** The narrowest round bar width that is at least `leastPx` wide. */
export function bucketUs(usPerPixel: number, leastPx: number): number {
  const least = usPerPixel * leastPx;
  return BUCKETS_US.find((us) => us >= least) ?? Math.ceil(least / DAY) * DAY;
}

/** The least round number (1, 1.6, 2, 4, 5 or 8 times a power of ten) that is not below `value`: the top of a scale. */
export function roundTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.6, 2, 4, 5, 8, 10].find((f) => f * power >= value * 0.9999) ?? 10;
  return factor * power;
}
