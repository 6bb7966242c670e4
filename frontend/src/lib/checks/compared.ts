// Websites side by side: means and curves as the lines that the Compare pane's chart draws.

import type { AvailabilityPoint, CheckHeat, Series, ServiceSeries, TimeRange } from "../backend";
import type { MetricWords } from "../compare/metrics";
import { latency, share, timeMark } from "../format";

export type ComparedMetric = "response" | "availability";

export const METRIC_WORDS: Record<ComparedMetric, MetricWords> = {
  response: { title: "Response time", name: "response time", figure: (us) => latency(us), mark: timeMark },
  availability: {
    title: "Availability",
    name: "availability",
    figure: share,
    mark: (part) => `${Number((part * 100).toFixed(1))}%`,
    most: 1,
  },
};

/** What one line is made of. */
export interface Measured {
  website: string;
  points: readonly { at_us: number; value: number }[];
}

/** Means at the middle of their columns. */
export function responsesOf(website: string, { begin_us, step_us, means_us }: CheckHeat): Measured {
  const points = means_us.flatMap((value, column) =>
    value === null ? [] : [{ at_us: begin_us + (column + 0.5) * step_us, value }],
  );
  return { website, points };
}

export function availabilitiesOf(website: string, curve: readonly AvailabilityPoint[]): Measured {
  return {
    website,
    points: curve.flatMap(({ at_us, availability }) => (availability === null ? [] : [{ at_us, value: availability }])),
  };
}

/** Means per bucket. A bucket is at least as long as two points of the sparsest line are apart, so that lines hold together. */
export function seriesOf(lines: readonly Measured[], range: TimeRange, points: number): Series {
  const length = Math.max(1, range.to_us - range.from_us);
  const apart = lines.reduce((most, { points: own }) => Math.max(most, usualGap(own)), 0);
  const bucket = Math.min(length, Math.max(length / points, apart * 1.5));
  const n = Math.max(1, Math.ceil(length / bucket - 1e-9));
  return {
    range: { from_us: range.from_us, to_us: range.from_us + n * bucket },
    bucket_us: bucket,
    // The chart draws what it is given: words and figures are this file's.
    metric: "p50",
    series: lines.map((line) => lineOf(line, range.from_us, bucket, n)),
    gaps: [],
  };
}

function lineOf({ website, points }: Measured, from: number, bucket: number, n: number): ServiceSeries {
  const sums = new Float64Array(n);
  const counts = new Uint32Array(n);
  for (const { at_us, value } of points) {
    const at = Math.min(n - 1, Math.floor((at_us - from) / bucket));
    if (at < 0) continue;
    sums[at] = (sums[at] ?? 0) + value;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const values = Array.from(sums, (sum, at) => (counts[at] === 0 ? null : sum / (counts[at] ?? 1)));
  const all = points.reduce((sum, { value }) => sum + value, 0);
  return { service: website, values, mean: points.length === 0 ? null : all / points.length, remarks: [] };
}

/** How far points usually are apart: the middle of the gaps. */
function usualGap(points: readonly { at_us: number }[]): number {
  const gaps = points
    .slice(1)
    .map(({ at_us }, n) => at_us - (points[n]?.at_us ?? at_us))
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}
