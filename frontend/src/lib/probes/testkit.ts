// Probes and their hops, for tests.

import type {
  CheckTimes,
  HopFigures,
  ProbeColumn,
  ProbeFigures,
  ProbeHop,
  ProbeRow,
  ProbeRun,
  Probes,
} from "../backend";

/** 21 Nov 2026, 10:48:20 UTC, microseconds. */
export const AT = Date.UTC(2026, 10, 21, 10, 48, 20) * 1000;

export const NO_TIMES: CheckTimes = { count: 0, avg_us: null, max_us: null, p50_us: null, p95_us: null, p99_us: null };

export function hop(name: string, changes: Partial<ProbeHop> = {}): ProbeHop {
  return {
    position: 0,
    hop: name,
    region: "",
    role: "relay",
    reported: "reported",
    own_us: null,
    link_us: null,
    queue_us: null,
    backend_us: null,
    received_at_us: null,
    ...changes,
  };
}

/** From Region A through Mediary B, which does not report, to the catalog: 92.8 ms. */
export const HOPS: ProbeHop[] = [
  hop("Mediary A", { position: 0, link_us: 11_800, own_us: 1_900, queue_us: 200 }),
  hop("Mediary B", { position: 1, role: "", reported: "opaque" }),
  hop("Gateway B", { position: 2, role: "gateway", link_us: 46_200, own_us: 3_600 }),
  hop("catalog", { position: 3, role: "responder", link_us: 7_900, own_us: 21_400, backend_us: 20_000 }),
];

export function run(changes: Partial<ProbeRun> = {}): ProbeRun {
  return {
    probe: "catalog from Region A",
    intended_us: AT,
    at_us: AT,
    instants: 1,
    state: "up",
    reason: null,
    failure: null,
    probe_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    white_box: true,
    total_us: 92_800,
    connect_us: null,
    unattributed_us: null,
    inconsistent: false,
    ignored_records: 0,
    last_seen: null,
    grpc_status: 0,
    http_status: null,
    local: "10.0.0.1:51324",
    remote: "10.0.0.2:7400",
    hops: HOPS,
    exchange_ids: [],
    ...changes,
  };
}

export function figures(changes: Partial<ProbeFigures> = {}): ProbeFigures {
  return {
    up: 0,
    down: 0,
    overruns: 0,
    self_offline: 0,
    success: null,
    total: NO_TIMES,
    outcomes: [],
    strip: [],
    ...changes,
  };
}

export function probe(changes: Partial<ProbeRow> = {}): ProbeRow {
  return {
    probe: "catalog from Region A",
    target: "grpc://10.0.0.2:7400",
    white_box: true,
    from_region: "Region A",
    to_region: "Region B",
    to_service: "catalog",
    interval_ms: 10_000,
    state: "up",
    since_us: AT - 130_000_000,
    hops: 4,
    hops_told: 3,
    figures: figures(),
    last: null,
    alert_id: null,
    found: null,
    ...changes,
  };
}

export function hopFigures(changes: Partial<HopFigures> = {}): HopFigures {
  return {
    hop: "Mediary A",
    region: "Region A",
    role: "relay",
    reported: "reported",
    seen: 0,
    lost: null,
    own: NO_TIMES,
    link: NO_TIMES,
    queue: NO_TIMES,
    backend: NO_TIMES,
    ...changes,
  };
}

/** The n-th minute. */
export function column(n: number, changes: Partial<ProbeColumn> = {}): ProbeColumn {
  const begin_us = AT + n * 60e6;
  return { begin_us, end_us: begin_us + 60e6, up: 0, down: 0, unknown: 0, total_us: null, parts: [], ...changes };
}

export function probes(rows: ProbeRow[], changes: Partial<Probes> = {}): Probes {
  const down = rows.filter(({ state }) => state === "down").length;
  return {
    present: true,
    at_us: AT,
    past_ms: 600_000,
    total: rows.length,
    down,
    rows,
    matrix: [],
    problems: [],
    ...changes,
  };
}
