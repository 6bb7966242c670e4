// Figures over time as the paths of small pictures.

import type { TimeRange, WhispererHistory } from "../backend";
import type { Scale } from "../reel/scale";

/** A trend: its line, and the area below it. */
export interface TrendPaths {
  line: string;
  area: string;
}

/** Room above the highest value, so that its line is not cut off. */
const TOP_PX = 2;

/**
 * Values over `at_us` as a line in a field of `width` by `height`, from zero to the largest value; null with fewer than two. Samples
 * further apart than they are long leave the line broken: there nothing was measured.
 */
export function trendPaths(
  at_us: readonly number[],
  width_us: number,
  values: readonly number[],
  range: TimeRange,
  { width, height, most = 0 }: { width: number; height: number; most?: number },
): TrendPaths | null {
  const known = at_us.flatMap((at, n) => {
    const value = values[n];
    return value === undefined || !Number.isFinite(value) || at < range.from_us ? [] : [{ at, value }];
  });
  if (known.length < 2) return null;
  const top = Math.max(most, ...known.map(({ value }) => value), Number.MIN_VALUE);
  const x = (at: number): string =>
    (((at - range.from_us) / Math.max(1, range.to_us - range.from_us)) * width).toFixed(1);
  const y = (value: number): string => (height - (value / top) * (height - TOP_PX)).toFixed(1);
  let [line, area, start] = ["", "", 0];
  known.forEach(({ at, value }, n) => {
    const next = known[n + 1];
    line += `${n === start ? "M" : "L"}${x(at)} ${y(value)}`;
    const ends = next === undefined || next.at - at > width_us * 2.5;
    if (!ends) return;
    const run = known.slice(start, n + 1);
    const first = run[0];
    if (first !== undefined && run.length > 1) {
      const edge = run.map((one) => `L${x(one.at)} ${y(one.value)}`).join("");
      area += `M${x(first.at)} ${height}${edge}L${x(at)} ${height}z`;
    }
    start = n + 1;
  });
  return { line, area };
}

/** The bars of the chart of packets: those in the selected range, the others, and losses hanging below. */
export interface ChartPaths {
  selected: string;
  others: string;
  lost: string;
}

/** How many times taller than packets lost ones are drawn. */
export const LOSS_FACTOR = 10;

/** Packets rise from `base` by `rise` pixels at `top` per second; losses hang from it by at most `hang`, ten times as tall. */
export function chartPaths(
  history: WhispererHistory,
  scale: Scale,
  selection: TimeRange | null,
  { base, rise, hang, top }: { base: number; rise: number; hang: number; top: number },
): ChartPaths {
  const paths: ChartPaths = { selected: "", others: "", lost: "" };
  const width = Math.max(0.6, scale.x(history.width_us) - scale.x(0) - 0.8);
  history.at_us.forEach((at, n) => {
    const x = scale.x(at).toFixed(1);
    // The newest sample may reach beyond now.
    const shown = Math.max(0, Math.min(width, scale.width - scale.x(at)));
    const perSecond = history.packets_per_s[n] ?? 0;
    if (perSecond > 0) {
      const height = Math.max(0.6, (perSecond / top) * rise);
      const inside = selection === null || (at + history.width_us > selection.from_us && at < selection.to_us);
      paths[inside ? "selected" : "others"] += bar(x, base - height, shown, height);
    }
    const lost = lostPerSecond(history, n);
    if (lost > 0) {
      paths.lost += bar(x, base + 1, shown, Math.min(hang, Math.max(1.5, (lost * LOSS_FACTOR * rise) / top)));
    }
  });
  return paths;
}

/** Packets lost per second in a sample. */
export function lostPerSecond(history: WhispererHistory, sample: number): number {
  const lost = (history.lost_in_kernel[sample] ?? 0) + (history.lost_in_queue[sample] ?? 0);
  return lost / Math.max(1e-6, history.width_us / 1e6);
}

/** All packets lost in a history. */
export function lostIn(history: WhispererHistory): number {
  return [...history.lost_in_kernel, ...history.lost_in_queue].reduce((sum, lost) => sum + lost, 0);
}

function bar(x: string, y: number, width: number, height: number): string {
  return `M${x} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`;
}
