// The series and the difference as CSV: one row per bucket, or per edge.

import type { Difference, Golden, Series } from "../backend";
import { csv } from "../sql/csv";
import { changeWords, FIGURES } from "./effects";

const instant = (us: number): string => new Date(us / 1000).toISOString();

/** Values in the units of the api: per second, share of one, microseconds. Where nothing is known the field is empty. */
export function seriesCsv(series: Series): string {
  const columns = ["from", "seconds", ...series.series.map(({ service }) => `${service} ${series.metric}`)];
  const points = series.series[0]?.values.length ?? 0;
  const rows = Array.from({ length: points }, (_, n) => [
    instant(series.range.from_us + n * series.bucket_us),
    series.bucket_us / 1e6,
    ...series.series.map(({ values }) => values[n] ?? null),
  ]);
  return csv({ columns, rows });
}

const SIDES = ["rate", "error_share", "p50_us", "p95_us", "p99_us", "requests"] as const satisfies (keyof Golden)[];

export function differenceCsv({ edges }: Difference): string {
  const columns = [
    ...["client", "server", "presence", "change"],
    ...SIDES.flatMap((name) => [`before_${name}`, `after_${name}`]),
    ...FIGURES.flatMap((name) => [`${name}_effect`, `${name}_effect_low`, `${name}_effect_high`]),
  ];
  const rows = edges.map((edge) => [
    ...[edge.client, edge.server, edge.presence, changeWords(edge)],
    ...SIDES.flatMap((name) => [edge.before?.[name] ?? null, edge.after?.[name] ?? null]),
    ...FIGURES.flatMap((name) => [edge[name].size, edge[name].low, edge[name].high]),
  ]);
  return csv({ columns, rows });
}
