// The heat map: how often a response took how long, over time.

import type { CheckHeat } from "../backend";
import { timeMark } from "../format";

/** Steps of the ramp of colours, beside the empty one. */
export const LEVELS = 5;

/** Rectangles of the same colour as one path: index 0 is the faintest. */
export interface HeatPaths {
  levels: string[];
  failures: string;
  /** The most results of one cell. */
  most: number;
}

export interface HeatSize {
  width: number;
  /** Height of the bands together. */
  height: number;
  /** Below them, failures: top and height. */
  failuresTop: number;
  failuresHeight: number;
}

export function bandCount({ borders_us }: CheckHeat): number {
  return borders_us.length + 1;
}

/** Fewer bands are not shown, however alike all responses are. */
const LEAST_BANDS = 5;

/** The map without the bands that are empty all along above and below, but for one on each side. */
export function trimmed(heat: CheckHeat): CheckHeat {
  const bands = bandCount(heat);
  const used = Array.from({ length: bands }, (_, band) =>
    heat.counts.some((n, cell) => n > 0 && cell % bands === band),
  );
  if (!used.includes(true)) return heat;
  let first = Math.max(0, used.indexOf(true) - 1);
  let last = Math.min(bands - 1, used.lastIndexOf(true) + 1);
  while (last - first + 1 < Math.min(LEAST_BANDS, bands)) {
    if (first > 0) first -= 1;
    else last += 1;
  }
  return {
    ...heat,
    borders_us: heat.borders_us.slice(first, last),
    counts: heat.counts.filter((_, cell) => cell % bands >= first && cell % bands <= last),
  };
}

/** How strong a cell is drawn, from 1; 0 for none. The ramp follows the logarithm, so that rare slow answers are seen. */
export function levelOf(n: number, most: number): number {
  if (n <= 0) return 0;
  if (most <= 1) return LEVELS;
  return 1 + Math.min(LEVELS - 1, Math.floor((Math.log(n) / Math.log(most)) * (LEVELS - 1) + 1e-9));
}

export function heatPaths(heat: CheckHeat, { width, height, failuresTop, failuresHeight }: HeatSize): HeatPaths {
  const bands = bandCount(heat);
  const most = heat.counts.reduce((a, b) => Math.max(a, b), 0);
  const levels = Array.from({ length: LEVELS }, () => "");
  const [w, h] = [width / Math.max(1, heat.columns), height / bands];
  const gap = w > 4 ? 1 : 0;
  heat.counts.forEach((n, cell) => {
    const level = levelOf(n, most);
    if (level === 0) return;
    const [column, band] = [Math.floor(cell / bands), cell % bands];
    levels[level - 1] += rect(column * w, height - (band + 1) * h, w - gap, h - 1);
  });
  const worst = heat.failures.reduce((a, b) => Math.max(a, b), 0);
  let failures = "";
  heat.failures.forEach((n, column) => {
    if (n === 0) return;
    const high = Math.max(3, (n / worst) * failuresHeight);
    failures += rect(column * w, failuresTop + failuresHeight - high, Math.max(1, w - gap), high);
  });
  return { levels, failures, most };
}

/** What a band holds: `up to 100 ms`, `over 10 s`. */
export function bandWords({ borders_us }: CheckHeat, band: number): string {
  const [under, over] = [borders_us[band], borders_us[band - 1]];
  if (under === undefined) return over === undefined ? "any time" : `over ${timeMark(over)}`;
  return over === undefined ? `up to ${timeMark(under)}` : `${timeMark(over)} to ${timeMark(under)}`;
}

/** What a column and a band hold, at a place of the map; null beside it. */
export function cellAt(
  heat: CheckHeat,
  x: number,
  y: number,
  { width, height }: HeatSize,
): { column: number; band: number | null } | null {
  if (heat.columns === 0 || x < 0 || x >= width) return null;
  const column = Math.min(heat.columns - 1, Math.floor((x / width) * heat.columns));
  const bands = bandCount(heat);
  const band = y < 0 || y >= height ? null : bands - 1 - Math.floor((y / height) * bands);
  return { column, band };
}

/** The whole map in figures. */
export function heatSum(heat: CheckHeat): { results: number; failures: number } {
  const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
  return { results: sum(heat.counts), failures: sum(heat.failures) };
}

function rect(x: number, y: number, w: number, h: number): string {
  return `M${x.toFixed(2)} ${y.toFixed(2)}h${w.toFixed(2)}v${h.toFixed(2)}h${(-w).toFixed(2)}z`;
}
