// Customers, unresolved addresses and names, for tests.

import type { CustomerRow, Customers, CustomersPoint, NamingRules, NamingState, UnresolvedRow } from "../backend";

/** 21 Nov 2026, 10:36:00 UTC, microseconds. */
export const AT = Date.UTC(2026, 10, 21, 10, 36) * 1000;

export function row(changes: Partial<CustomerRow> = {}): CustomerRow {
  return {
    name: "192.0.2.0/24",
    identity_kind: null,
    addresses: 812,
    new_addresses: 540,
    connections: 9_120,
    requests: 41_600,
    errors: 0,
    bytes: 9_600_000,
    first_seen_us: AT,
    last_seen_us: AT + 600e6,
    filter: "client:customers client_ip:192.0.2.0/24",
    ...changes,
  };
}

/** Ten buckets of a minute. */
export function customers(points: CustomersPoint[], changes: Partial<Customers> = {}): Customers {
  return {
    range: { from_us: AT, to_us: AT + points.length * 60e6 },
    addresses: 1_204,
    new_addresses: 812,
    networks: 83,
    identities: 210,
    requests: 585_180,
    total: 0,
    rows: [],
    point_us: 60e6,
    points,
    entry_points: ["api-gateway"],
    entry_points_guessed: true,
    ...changes,
  };
}

export const point = (addresses: number, new_addresses: number, requests = 0): CustomersPoint => ({
  addresses,
  new_addresses,
  requests,
});

export function unresolved(changes: Partial<UnresolvedRow> = {}): UnresolvedRow {
  return {
    ip: "10.20.9.12",
    port: 5432,
    first_seen_us: AT,
    last_seen_us: AT + 600e6,
    flows: 12,
    requests: 0,
    bytes: 41_000,
    talks_to: ["order", "user"],
    talks_to_total: 2,
    hint: "PostgreSQL",
    reverse_dns: null,
    ...changes,
  };
}

export const NO_RULES: NamingRules = { names: [], entry_points: [], reverse_dns: false };

export function namingState(rules: NamingRules, changes: Partial<NamingState> = {}): NamingState {
  return {
    rules,
    entry_points: ["api-gateway"],
    entry_points_guessed: rules.entry_points.length === 0,
    services: ["api-gateway", "cart", "order"],
    problems: [],
    following: false,
    ...changes,
  };
}
