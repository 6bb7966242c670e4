// The arithmetic of a latency heat strip.

import type { HeatStrip } from "../backend";
import { duration, joined, latencyQuantity, share } from "../format";

/** Shades of the ramp, from nothing to most. */
export const SHADES = 6;

/** Shade of a cell: 0 for nothing, else 1 to 5 by the square root of its part of the largest, so that small counts show. */
export function shadeOf(count: number, largest: number): number {
  if (count <= 0 || largest <= 0) return 0;
  return Math.min(SHADES - 1, 1 + Math.floor(Math.sqrt(count / largest) * (SHADES - 1) * 0.999));
}

/** Latency classes per column. */
export const classesOf = (heat: HeatStrip): number => heat.bounds_us.length + 1;

/** Share of each column's exchanges that failed; an exchange without a response is in no latency class. */
export function failedShares(heat: HeatStrip): number[] {
  const classes = classesOf(heat);
  return heat.failed.map((failed, column) => {
    const counted = heat.counts.slice(column * classes, (column + 1) * classes).reduce((sum, count) => sum + count, 0);
    const all = Math.max(counted, failed);
    return all > 0 ? failed / all : 0;
  });
}

/** Upper end of the failed bars' scale: the first of a few round shares that holds them all. */
export function shareScale(shares: number[]): number {
  const most = Math.max(0, ...shares);
  return [0.01, 0.05, 0.1, 0.25, 0.5].find((step) => most <= step) ?? 1;
}

/** Marks for the latency axis: bounds that are powers of ten from 1 ms on, with the row that they close (0 is the fastest). */
export function latencyMarks(heat: HeatStrip): { row: number; text: string }[] {
  return heat.bounds_us.flatMap((bound, row) => {
    const power = Math.log10(bound);
    const round = bound >= 1000 && Math.abs(power - Math.round(power)) < 1e-6;
    if (!round) return [];
    const { figure, unit } = latencyQuantity(bound);
    return [{ row, text: joined({ figure: figure.replace(/\.0+$/, ""), unit }) }];
  });
}

/** The instant at a share of the strip's width. */
export function instantAt(heat: HeatStrip, part: number): number {
  const { from_us, to_us } = heat.range;
  return Math.round(from_us + Math.min(1, Math.max(0, part)) * (to_us - from_us));
}

/** Where an instant lies on the strip, 0 to 1; null outside of it. */
export function partAt(heat: HeatStrip, atUs: number): number | null {
  const { from_us, to_us } = heat.range;
  return to_us > from_us && atUs >= from_us && atUs <= to_us ? (atUs - from_us) / (to_us - from_us) : null;
}

/** What a column stands for: `exchanges per 30 s`. */
export function columnWords(heat: HeatStrip): string {
  const span = (heat.range.to_us - heat.range.from_us) / Math.max(1, heat.columns);
  return `exchanges per ${duration(span)}`;
}

/** The strip in a sentence, for those who cannot see it. */
export function heatSummary(heat: HeatStrip): string {
  const classes = classesOf(heat);
  const perClass = new Array<number>(classes).fill(0);
  heat.counts.forEach((count, i) => (perClass[i % classes] = (perClass[i % classes] ?? 0) + count));
  const total = perClass.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "No exchange was answered in this time.";
  const most = perClass.indexOf(Math.max(...perClass));
  const failed = heat.failed.reduce((sum, count) => sum + count, 0);
  const from = heat.bounds_us[most - 1];
  const to = heat.bounds_us[most];
  const where =
    to === undefined
      ? `more than ${joined(latencyQuantity(from ?? 0))}`
      : from === undefined
        ? `up to ${joined(latencyQuantity(to))}`
        : `${joined(latencyQuantity(from))} to ${joined(latencyQuantity(to))}`;
  return `Most of ${total} exchanges took ${where}. ${share(failed / Math.max(total, failed))} failed.`;
}
