// Alerts, for tests.

import type { AlertRow } from "../backend";

/** 21 Nov 2026, 10:42:10 UTC, microseconds. */
export const OPENED = Date.UTC(2026, 10, 21, 10, 42, 10) * 1000;

export function alert(changes: Partial<AlertRow> = {}): AlertRow {
  return {
    alert_id: "a1",
    rule: "website-down",
    rule_name: "Website is down",
    subject: { kind: "website", name: "https://shop.test/" },
    opened_us: OPENED,
    resolved_us: null,
    message: "Website https://shop.test/ is down. availability=62.5%, time=2026-11-21T10:42:10Z",
    recovery_message: null,
    value: 62.5,
    acknowledged_us: null,
    note: "",
    silenced_until_us: null,
    quiet: null,
    evidence: { from_us: OPENED - 120e6, to_us: OPENED + 60e6 },
    deliveries: [],
    ...changes,
  };
}
