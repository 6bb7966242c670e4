// Rows for this folder's tests.

import type { FlowRow, SequenceMark } from "../backend";

/** A quiet flow, with changes. */
export function flow(changes: Partial<FlowRow> = {}): FlowRow {
  const quiet = {
    packets: 4,
    bytes: 0,
    missed_bytes: 0,
    retransmits: 0,
    out_of_order: 0,
    keep_alives: 0,
    zero_windows: 0,
    conflicting_bytes: 0,
  };
  const sides = Object.entries(quiet).flatMap(([figure, value]) => [
    [`client_${figure}`, value],
    [`server_${figure}`, value],
  ]);
  return {
    flow_id: 1,
    source_id: 0,
    transport: "tcp",
    client_ip: "10.20.3.14",
    client_port: 43712,
    server_ip: "10.20.4.7",
    server_port: 8080,
    vlan: null,
    tunnel: null,
    client_service: "order",
    server_service: "payment",
    process: null,
    app_protocol: null,
    opened_us: 0,
    closed_us: 1_000_000,
    close_reason: "fin",
    handshake: "full",
    direction_known: true,
    rtt_us: null,
    rtt_min_us: null,
    rtt_mean_us: null,
    rtt_max_us: null,
    encrypted: false,
    upgraded_to: null,
    upgraded_client_bytes: null,
    upgraded_server_bytes: null,
    history: "ShADadFf",
    client_process: null,
    server_process: null,
    ...Object.fromEntries(sides),
    ...changes,
  } as FlowRow;
}

/** A packet's mark, with changes. */
export function mark(changes: Partial<SequenceMark> = {}): SequenceMark {
  return { index: 0, at_us: 0, from_client: true, sequence: 0, payload_bytes: 0, verdict: null, ...changes };
}
