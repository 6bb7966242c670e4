// The metrics of the chart: what they are called, and how their figures are written.

import type { Metric } from "../backend";
import { byteMark, byteRate, count, latency, rate, rateFigure, share, timeMark } from "../format";

export interface MetricWords {
  /** On the choice of metrics. */
  title: string;
  /** In a sentence. */
  name: string;
  /** `31.9 req/s`. */
  figure: (value: number) => string;
  /** The figure where its unit was just named; else as `figure`. */
  bare?: (value: number) => string;
  /** At a line of the grid; `top` is true for the highest, which names the unit. */
  mark: (value: number, top: boolean) => string;
  /** The most that can be. */
  most?: number;
}

const rates = {
  figure: (value: number) => rate(value),
  bare: rateFigure,
  mark: marked((value) => short(rateFigure(value)), " req/s"),
};
const latencies = { figure: (value: number) => latency(value), mark: timeMark };

export const METRIC_WORDS: Record<Metric, MetricWords> = {
  requests_in: { title: "Requests in", name: "requests in", ...rates },
  requests_out: { title: "Requests out", name: "requests out", ...rates },
  failure_rate: {
    title: "Failures",
    name: "failure rate",
    figure: share,
    mark: (value) => `${short((value * 100).toFixed(2))}%`,
    most: 1,
  },
  p50: { title: "p50", name: "p50 latency", ...latencies },
  p95: { title: "p95", name: "p95 latency", ...latencies },
  p99: { title: "p99", name: "p99 latency", ...latencies },
  active_connections: {
    title: "Connections",
    name: "active connections",
    figure: (value) => (Number.isInteger(value) ? count(value) : value.toFixed(1)),
    mark: (value) => short(value.toFixed(1)),
  },
  bytes: {
    title: "Bytes",
    name: "payload",
    figure: byteRate,
    mark: (value) => `${byteMark(value)}${value > 0 ? "/s" : ""}`,
  },
};

function marked(write: (value: number) => string, unit: string): MetricWords["mark"] {
  return (value, top) => `${write(value)}${top ? unit : ""}`;
}

/** `25.0` is `25`, `2.50` is `2.5`. */
function short(figure: string): string {
  return figure.includes(".") ? figure.replace(/0+$/, "").replace(/\.$/, "") : figure;
}

/** A heights' scale that begins at zero. */
export interface Heights {
  /** The highest mark. */
  top: number;
  /** From zero to the top, evenly. */
  marks: number[];
}

const STEPS = [1, 2, 2.5, 5, 10];
const PARTS = 4;

/** The scale for values up to `highest`, in about four round steps; never above `most` where that is enough. */
export function heights(highest: number, most = Infinity): Heights {
  if (!(highest > 0)) return { top: 1, marks: [0, 1] };
  const wanted = (highest * 1.04) / PARTS;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = (STEPS.find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10) * power;
  const parts = Math.max(1, Math.ceil((highest * 1.04) / step - 1e-9));
  const top = highest <= most ? Math.min(parts * step, most) : parts * step;
  const marks = Array.from({ length: parts + 1 }, (_, n) => Number((n * step).toPrecision(12)));
  return { top, marks: marks.filter((mark) => mark <= top * (1 + 1e-9)) };
}

/** The highest value of all lines; 0 for none. */
export function highestOf(lines: readonly (readonly (number | null)[])[]): number {
  let highest = 0;
  for (const line of lines) for (const value of line) if (value !== null && value > highest) highest = value;
  return highest;
}
