// What stands out in the series, in words.

import type { Remark, Series, ServiceSeries } from "../backend";
import { clock, duration, span } from "../format";
import type { MetricWords } from "./metrics";

/** `peak 92.8 req/s at 10:41:55`. */
export function peakWords(remark: Remark, words: MetricWords): string {
  const value = remark.value === null ? "peak" : `peak ${words.figure(remark.value)}`;
  return `${value} at ${clock(remark.range.from_us, "second")}`;
}

/** `payment silent from 10:42:07 to 10:44:30`. */
export function silenceWords(service: string, { range }: Remark): string {
  return `${service} silent from ${clock(range.from_us, "second")} to ${clock(range.to_us, "second")}`;
}

/** The longest first: where not all words fit, these stay. */
export function silences(series: readonly ServiceSeries[]): { service: string; index: number; remark: Remark }[] {
  return series
    .flatMap(({ service, remarks }, index) =>
      remarks.filter(({ kind }) => kind === "silence").map((remark) => ({ service, index, remark })),
    )
    .sort((a, b) => lengthOf(b.remark) - lengthOf(a.remark));
}

/** The highest peak of each line. */
export function peaks(series: readonly ServiceSeries[]): { service: string; index: number; remark: Remark }[] {
  return series.flatMap(({ service, remarks }, index) => {
    const highest = remarks
      .filter(({ kind, value }) => kind === "peak" && value !== null)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))[0];
    return highest === undefined ? [] : [{ service, index, remark: highest }];
  });
}

/** The bucket that an instant is in; null outside. */
export function bucketAt(series: Series, atUs: number | null): number | null {
  if (atUs === null || atUs < series.range.from_us || atUs > series.range.to_us) return null;
  const last = (series.series[0]?.values.length ?? 0) - 1;
  // The end of the recording is in its last bucket.
  return Math.min(Math.floor((atUs - series.range.from_us) / series.bucket_us), last);
}

/** The chart for those who do not see it. */
export function summary(series: Series, words: MetricWords): string {
  const { from_us, to_us } = series.range;
  const head = `${capital(words.name)} over ${duration(to_us - from_us)}, ${span(from_us, to_us)}.`;
  const lines = series.series.map((one) => {
    const mean = one.mean === null ? "nothing to measure" : `mean ${words.figure(one.mean)}`;
    const remarks = one.remarks.map((remark) =>
      remark.kind === "peak" ? peakWords(remark, words) : silenceWords("", remark).trim(),
    );
    return `${one.service}: ${[mean, ...remarks].join(", ")}.`;
  });
  const missing = series.gaps.length > 0 ? [`${series.gaps.length} spans were not recorded whole.`] : [];
  return [head, ...lines, ...missing].join(" ");
}

const lengthOf = ({ range }: Remark): number => range.to_us - range.from_us;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
