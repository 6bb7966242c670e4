// Websites and checks, for tests.

import type { CheckFigures, CheckFrame, CheckPhases, CheckRun, CheckTimes, WebsiteRow } from "../backend";

/** 21 Nov 2026, 10:48:20 UTC, microseconds. */
export const AT = Date.UTC(2026, 10, 21, 10, 48, 20) * 1000;

export const NO_PHASES: CheckPhases = {
  dns_us: null,
  connect_us: null,
  proxy_us: null,
  tls_us: null,
  write_us: null,
  ttfb_us: null,
  transfer_us: null,
  unattributed_us: null,
};
const NO_TIMES: CheckTimes = { count: 0, avg_us: null, max_us: null, p50_us: null, p95_us: null, p99_us: null };

export const FRAME: CheckFrame = { past_ms: 600_000, every_ms: 10_000, told_us: AT, next_us: AT + 4_200_000 };

export function figures(changes: Partial<CheckFigures> = {}): CheckFigures {
  return {
    up: 0,
    down: 0,
    overruns: 0,
    self_offline: 0,
    availability: null,
    response: NO_TIMES,
    ttfb: NO_TIMES,
    outcomes: [],
    phases: NO_PHASES,
    strip: [],
    ...changes,
  };
}

export function run(changes: Partial<CheckRun> = {}): CheckRun {
  return {
    website: "https://shop.test/",
    intended_us: AT,
    at_us: AT,
    instants: 1,
    state: "up",
    reason: null,
    failure: null,
    status: 200,
    phases: NO_PHASES,
    stopped_in: null,
    stopped_after_us: null,
    total_us: 46_000,
    http_version: "http/1.1",
    remote: "203.0.113.24:443",
    local: "192.168.1.7:51324",
    body_bytes: 702,
    reused_connection: false,
    tls_version: null,
    tls_cipher: null,
    certificate: null,
    hops: [],
    flow_id: null,
    exchange_id: null,
    ...changes,
  };
}

export function website(changes: Partial<WebsiteRow> = {}): WebsiteRow {
  return {
    website: "https://shop.test/",
    url: "https://shop.test/",
    interval_ms: 15_000,
    state: "up",
    since_us: AT - 130_000_000,
    last: run(),
    figures: [],
    alert_id: null,
    ...changes,
  };
}
