// Answers for the tests of this folder.

import type { DifferentEdge, Effect, Golden, Series, ServiceNode, ServiceSeries } from "../backend";

export const NOTHING: Effect = { size: null, low: null, high: null, trend: "unknown" };
export const effect = (size: number, trend: Effect["trend"]): Effect => ({ size, low: null, high: null, trend });

export function golden(changes: Partial<Golden> = {}): Golden {
  return {
    requests: 1000,
    rate: 10,
    errors_4xx: 0,
    errors_5xx: 0,
    failed: 0,
    error_share: 0,
    p50_us: 10_000,
    p95_us: 24_000,
    p99_us: 50_000,
    bytes_up: 0,
    bytes_down: 0,
    ...changes,
  };
}

export function edge(client: string, server: string, changes: Partial<DifferentEdge> = {}): DifferentEdge {
  return {
    client,
    server,
    presence: "changed",
    before: golden(),
    after: golden(),
    rate: effect(1, "same"),
    errors: effect(0, "same"),
    latency: effect(0, "same"),
    ...changes,
  };
}

export function node(name: string, changes: Partial<Golden> = {}, kind: ServiceNode["kind"] = "service"): ServiceNode {
  return {
    name,
    kind,
    golden: golden(changes),
    trend: [],
    error_trend: [],
    active_connections: 0,
    entry_point: false,
    addresses: [],
    blocks: [],
    address_count: 1,
  };
}

export const AT = Date.UTC(2026, 10, 21, 10, 36) * 1000;

export function series(
  lines: Record<string, (number | null)[]>,
  remarks: Record<string, ServiceSeries["remarks"]> = {},
): Series {
  const points = Object.values(lines)[0]?.length ?? 0;
  return {
    range: { from_us: AT, to_us: AT + points * 10e6 },
    bucket_us: 10e6,
    metric: "requests_in",
    series: Object.entries(lines).map(([service, values]) => ({
      service,
      values,
      mean: 10,
      remarks: remarks[service] ?? [],
    })),
    gaps: [],
  };
}
