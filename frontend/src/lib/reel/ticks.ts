// Where the ruler has marks, and how wide a bar of the histogram is.

import type { TimeRange } from "../backend";
import { clock, day } from "../format";

const MS = 1e3;
const S = 1e6;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;

/** Steps between labels, each with the number of parts between them. */
const STEPS: readonly (readonly [stepUs: number, parts: number])[] = [
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

/** Least distance between labels. */
const LABEL_PX = 84;

export interface Tick {
  us: number;
  /** Null for the marks between labels. */
  label: string | null;
}

/** The ruler's marks, ascending. */
export function ticks(view: TimeRange, width: number): Tick[] {
  const span = view.to_us - view.from_us;
  const least = (span / Math.max(1, width)) * LABEL_PX;
  const [step, parts] = STEPS.find(([stepUs]) => stepUs >= least) ?? [Math.ceil(least / DAY) * DAY, 4];
  const minor = step / parts;
  const marks: Tick[] = [];
  const first = Math.ceil(view.from_us / minor);
  const last = Math.floor(view.to_us / minor);
  for (let n = first; n <= last; n += 1) {
    const us = n * minor;
    marks.push({ us, label: n % parts === 0 ? tickLabel(us, step) : null });
  }
  return marks;
}

function tickLabel(us: number, step: number): string {
  if (us % DAY === 0) return day(us);
  if (step < S) return clock(us, "milli");
  return clock(us, step < MIN ? "second" : "minute");
}

/** Widths of histogram bars. */
const BUCKETS_US = [
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
