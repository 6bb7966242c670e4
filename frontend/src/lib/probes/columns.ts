// A path over time as columns: the means of its parts one upon the other, the share that failed, and where nothing was probed.

import type { ProbeColumn, ProbePart, ProbePartKind } from "../backend";
import { counted, latency, share, span } from "../format";
import { roundTop } from "../reel/ticks";
import { signedLatency } from "./path";

/** Drawn as so many paths, however many columns there are. */
export interface Columns {
  parts: Record<ProbePartKind, string>;
  /** Shares that failed, rising from the bottom of their lane. */
  failed: string;
  /** Where no probe was made, or none could be: never zero. */
  nothing: string;
}

export interface ColumnsSize {
  width: number;
  /** Of the columns. */
  height: number;
  /** The lane of failures below: its top and its height. */
  failedTop: number;
  failedHeight: number;
}

/** A failure is never drawn lower than this. */
const LEAST_FAILED_PX = 3;

/** The parts of a column; where none is known but the total is, that as a whole. */
export function partsOf({ parts, total_us }: ProbeColumn): ProbePart[] {
  if (parts.length > 0 || total_us === null) return parts;
  return [{ hop: "", part: "not_split", mean_us: total_us }];
}

/** How many probes counted. */
export function probesOf({ up, down }: ProbeColumn): number {
  return up + down;
}

function stackedUs(column: ProbeColumn): number {
  return partsOf(column).reduce((sum, { mean_us }) => sum + Math.max(0, mean_us), 0);
}

/** The upper end of the scale. */
export function topOf(columns: readonly ProbeColumn[]): number {
  return roundTop(columns.reduce((most, column) => Math.max(most, stackedUs(column)), 0));
}

export function columnsOf(columns: readonly ProbeColumn[], topUs: number, size: ColumnsSize): Columns {
  const made: Columns = { parts: { wire: "", hop: "", service: "", not_split: "" }, failed: "", nothing: "" };
  const step = size.width / Math.max(1, columns.length);
  const gap = step > 4 ? 1.2 : 0;
  columns.forEach((column, n) => {
    const left = n * step;
    const wide = Math.max(0.8, step - gap);
    const probes = probesOf(column);
    if (probes === 0) {
      made.nothing += rect(left, 0, step, size.height);
      return;
    }
    let y = size.height;
    for (const { part, mean_us } of partsOf(column)) {
      const high = (Math.max(0, mean_us) / topUs) * size.height;
      if (high <= 0) continue;
      y -= high;
      made.parts[part] += rect(left, y, wide, Math.max(0.4, high - (high > 2 ? 0.4 : 0)));
    }
    if (column.down > 0) {
      const high = Math.max(LEAST_FAILED_PX, (column.down / probes) * size.failedHeight);
      made.failed += rect(left, size.failedTop + size.failedHeight - high, Math.max(1, wide), high);
    }
  });
  return made;
}

/** Which column lies at a place; null beside them. */
export function columnAt(count: number, x: number, width: number): number | null {
  if (count === 0 || x < 0 || x >= width) return null;
  return Math.min(count - 1, Math.floor((x / width) * count));
}

const PART_WORDS: Record<ProbePartKind, (hop: string) => string> = {
  wire: (hop) => (hop === "" ? "wire" : `wire before ${hop}`),
  hop: (hop) => hop,
  service: (hop) => (hop === "" ? "service answers" : `${hop} answers`),
  not_split: (hop) => (hop === "" ? "not split" : `not split, up to ${hop}`),
};

export function partName({ part, hop }: ProbePart): string {
  return PART_WORDS[part](hop);
}

/** What a column says. */
export interface ColumnWords {
  time: string;
  /** `12 probes, 2 failed`. */
  probes: string;
  total: string;
  parts: { name: string; part: ProbePartKind; time: string }[];
}

export function columnWords(column: ProbeColumn): ColumnWords {
  const n = probesOf(column);
  const time = span(column.begin_us, column.end_us);
  if (n === 0) return { time, probes: "nothing probed", total: "none", parts: [] };
  const failed = column.down === 0 ? "none failed" : `${counted(column.down, "probe")} failed`;
  return {
    time,
    probes: `${counted(n, "probe")}, ${failed}`,
    total: latency(column.total_us),
    parts: partsOf(column).map((part) => ({
      name: partName(part),
      part: part.part,
      time: signedLatency(part.mean_us),
    })),
  };
}

/** The columns for those who do not see them. */
export function columnsSummary(columns: readonly ProbeColumn[]): string {
  const sum = (of: (column: ProbeColumn) => number): number => columns.reduce((all, column) => all + of(column), 0);
  const probes = sum(probesOf);
  const [first, last] = [columns[0], columns.at(-1)];
  if (probes === 0 || first === undefined || last === undefined) return "Nothing was probed in this time.";
  const down = sum((column) => column.down);
  const slowest = columns.reduce((most, column) => ((column.total_us ?? -1) > (most.total_us ?? -1) ? column : most));
  const empty = columns.filter((column) => probesOf(column) === 0).length;
  return [
    `${counted(probes, "probe")} from ${span(first.begin_us, last.end_us)}, ${down === 0 ? "none failed" : `${share(down / probes)} failed`}.`,
    ...(slowest.total_us === null
      ? []
      : [`Slowest mean ${latency(slowest.total_us)}, ${span(slowest.begin_us, slowest.end_us)}.`]),
    ...(empty === 0 ? [] : [`Nothing was probed in ${empty} of ${counted(columns.length, "column")}.`]),
  ].join(" ");
}

function rect(x: number, y: number, w: number, h: number): string {
  return `M${x.toFixed(2)} ${y.toFixed(2)}h${w.toFixed(2)}v${h.toFixed(2)}h${(-w).toFixed(2)}z`;
}
