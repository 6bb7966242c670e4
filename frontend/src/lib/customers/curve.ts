// Distinct addresses over time as stacked bars on the reel's axis: those that came back, and above them those that are new.

import type { Customers, CustomersPoint, TimeRange } from "../backend";
import { clock, count, counted, duration, span } from "../format";
import type { Scale } from "../reel/scale";
import { bucketUs } from "../reel/ticks";

/** Least width of a bar. */
const BAR_PX = 4;
/** The host gives no more. */
const MOST_POINTS = 600;

/** Over which time a curve is asked for, in so many points. */
export interface CurveSpan {
  range: TimeRange;
  points: number;
}

/** Round bars over what the reel shows of the recording; null where it shows nothing of it. */
export function curveSpan(scale: Scale, whole: TimeRange): CurveSpan | null {
  const bar = Math.max(1, bucketUs(scale.usPerPixel, Math.max(BAR_PX, scale.width / (MOST_POINTS - 2))));
  const from_us = Math.floor(Math.max(scale.view.from_us, whole.from_us) / bar) * bar;
  // The last packet is in the last bar.
  const to_us = Math.ceil((Math.min(scale.view.to_us, whole.to_us) + 1) / bar) * bar;
  const points = Math.round((to_us - from_us) / bar);
  return points < 1 || points > MOST_POINTS ? null : { range: { from_us, to_us }, points };
}

/** Where bars stand: `rise` pixels above `base` at `top` addresses. */
export interface BarSize {
  base: number;
  rise: number;
  top: number;
}

/** The bars as paths: those within the selected range, and the others. */
export interface CurveBars {
  returning: string;
  fresh: string;
  returningBeside: string;
  freshBeside: string;
}

/** Addresses that were seen before. */
export const returningOf = ({ addresses, new_addresses }: CustomersPoint): number =>
  Math.max(0, addresses - new_addresses);

/** Begin of a bar, microseconds. */
export const beginOf = ({ range, point_us }: Customers, n: number): number => (range?.from_us ?? 0) + n * point_us;

/** The most addresses of a bar that is in view; 0 for none. */
export function highestIn(customers: Customers, view: TimeRange): number {
  return customers.points.reduce((most, { addresses }, n) => {
    const begin = beginOf(customers, n);
    return begin + customers.point_us > view.from_us && begin < view.to_us ? Math.max(most, addresses) : most;
  }, 0);
}

export function curveBars(
  customers: Customers,
  scale: Scale,
  selected: TimeRange | null,
  { base, rise, top }: BarSize,
): CurveBars {
  const bars: CurveBars = { returning: "", fresh: "", returningBeside: "", freshBeside: "" };
  const width = Math.max(0.8, customers.point_us / scale.usPerPixel - 1);
  customers.points.forEach((point, n) => {
    if (point.addresses === 0) return;
    const begin = beginOf(customers, n);
    const beside = selected !== null && (begin + customers.point_us <= selected.from_us || begin >= selected.to_us);
    const x = scale.x(begin) + 0.5;
    const all = Math.max(0.8, (point.addresses / top) * rise);
    const returning = (returningOf(point) / top) * rise;
    if (returning > 0) bars[beside ? "returningBeside" : "returning"] += bar(x, base - returning, width, returning);
    if (all > returning) bars[beside ? "freshBeside" : "fresh"] += bar(x, base - all, width, all - returning);
  });
  return bars;
}

/** The bar at an instant; null beside them. */
export function pointAt(customers: Customers, us: number): number | null {
  if (customers.range === null || customers.point_us <= 0) return null;
  const n = Math.floor((us - customers.range.from_us) / customers.point_us);
  return n >= 0 && n < customers.points.length ? n : null;
}

/** Time, and what is to be read at a bar. */
export function pointWords(customers: Customers, n: number): { time: string; lines: [name: string, value: string][] } {
  const point = customers.points[n] ?? { addresses: 0, new_addresses: 0, requests: 0 };
  const precision = customers.point_us < 1e6 ? "milli" : "second";
  return {
    time: clock(beginOf(customers, n), precision),
    lines: [
      ["addresses", count(point.addresses)],
      ["new", count(point.new_addresses)],
      ["returning", count(returningOf(point))],
      ["requests", count(point.requests)],
    ],
  };
}

/** The curve in a sentence. */
export function curveSummary(customers: Customers): string {
  const { range, points, point_us } = customers;
  if (range === null || points.length === 0) return "Nobody came in from outside in this time.";
  const most = points.reduce((best, { addresses }, n) => (addresses > (points[best]?.addresses ?? 0) ? n : best), 0);
  const highest = points[most]?.addresses ?? 0;
  const width = duration(point_us);
  return highest === 0
    ? `Nobody came in from outside from ${span(range.from_us, range.to_us)}.`
    : `${counted(highest, "address", "addresses")} within ${width} at most, at ${pointWords(customers, most).time}, ` +
        `from ${span(range.from_us, range.to_us)}.`;
}

function bar(x: number, y: number, width: number, height: number): string {
  const w = width.toFixed(1);
  return `M${x.toFixed(1)} ${y.toFixed(1)}h${w}v${height.toFixed(1)}h-${w}z`;
}
