// A healthy Wirereel, for tests.

import type { Health, HealthFinding, HealthHistory, HealthQueue } from "../backend";

const NO_HISTORY: HealthHistory = {
  at_us: [],
  width_us: 1e6,
  packets_per_s: [],
  rows_per_s: [],
  lag_ms: [],
  fill: [],
  dropped: [],
  batch_p99_us: [],
  question_p99_us: [],
  cpu: [],
  memory_bytes: [],
  database_memory_bytes: [],
  segment_bytes: [],
  database_bytes: [],
  free_bytes: [],
  parsing_errors: [],
};

export function queue(changes: Partial<HealthQueue> = {}): HealthQueue {
  return {
    id: "arrivals",
    name: "Arrivals",
    about: "from all whisperers to the live thread, frames",
    unit: "items",
    depth: 3,
    capacity: 32,
    drops: 0,
    state: "flowing",
    ...changes,
  };
}

export function finding(changes: Partial<HealthFinding> = {}): HealthFinding {
  return {
    id: "lag",
    grade: "warning",
    what: "What is shown falls behind what is captured",
    advice: "Capture less.",
    since_us: 1_790_000_000_000_000,
    until_us: null,
    ...changes,
  };
}

export function health(changes: Partial<Health> = {}): Health {
  return {
    present: true,
    measured_us: 1_790_000_000_000_000,
    recorded: true,
    findings: [],
    earlier: [],
    ingest: { packets_per_s: 212, bytes_per_s: 40_000, rows_per_s: 60, lag_ms: 840, packets: 90_000 },
    queues: [queue()],
    store: {
      batches: 100,
      batch_p50_us: 12_000,
      batch_p99_us: 40_000,
      follow_p50_us: 20_000,
      follow_p99_us: 60_000,
      checkpoints: 1,
      checkpoint_ms: 80,
      retentions: 0,
      retention_us: null,
      retention_ms: null,
      retention_hold_ms: null,
      retention_failed: false,
    },
    questions: [],
    questions_p99_us: 12_000,
    memory: {
      process_bytes: 180e6,
      database_bytes: 60e6,
      spilled_bytes: 0,
      queue_bytes: 0,
      held_bytes: 0,
      open_flows: 12,
    },
    cpu: 0.12,
    disk: {
      segments: 4,
      segment_bytes: 90e6,
      database_bytes: 12e6,
      log_bytes: 1e6,
      free_bytes: 63e9,
      bound_bytes: 2e9,
    },
    parsing: [],
    whisperers: [
      {
        id: "local",
        name: "This machine",
        state: "capturing",
        breaker: 0,
        packets_per_s: 212,
        lost: 0,
        cpu: 0.02,
        memory_bytes: 9e6,
      },
    ],
    history: NO_HISTORY,
    ...changes,
  };
}
