// A schema as the host makes them, and a whisperer, for tests.

import type { Whisperer } from "../backend";
import { groupsOf, type Field } from "./schema";

/** The ways in which a setting can be described: by reference, with constants, nested, or null. */
export const CAPTURE_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  "x-takes-effect": "restart",
  properties: {
    interfaces: {
      title: "Interfaces",
      description: "Names of interfaces.",
      type: "array",
      items: { type: "string" },
      default: ["lo"],
      "x-takes-effect": "restart",
    },
    filter: { description: "A capture filter.", type: "string", default: "", "x-takes-effect": "at_once" },
    mode: { $ref: "#/$defs/Mode", description: "How much is captured.", default: "full" },
    snap_length: {
      type: "integer",
      minimum: 64,
      maximum: 262_144,
      default: 262_144,
      "x-takes-effect": "restart",
      "x-unit": "B",
    },
    promiscuous: { type: "boolean", default: false, "x-takes-effect": "restart" },
    leave_out: {
      $ref: "#/$defs/LeaveOut",
      title: "Leave out",
      default: { ports: [], addresses: [], own_connection: true },
      "x-takes-effect": "at_once",
    },
  },
  $defs: {
    Mode: {
      oneOf: [
        { description: "Whole packets.", type: "string", const: "full" },
        { description: "Only headers.", type: "string", const: "headers" },
        { type: "string", enum: ["lifecycle"] },
      ],
    },
    LeaveOut: {
      description: "What is left out.",
      type: "object",
      properties: {
        ports: { type: "array", items: { type: "integer", minimum: 0, maximum: 65_535 }, default: [] },
        addresses: { type: "array", items: { type: "string" }, default: [] },
        own_connection: { type: "boolean", default: false },
      },
    },
  },
};

export const PARSING_SCHEMA = {
  type: "object",
  properties: {
    $schema: { type: ["string", "null"] },
    flows: { $ref: "#/$defs/FlowTimes", default: { idle_after: "30s" } },
    host_header: { type: ["string", "null"], default: null },
    keep_at_most: { anyOf: [{ $ref: "#/$defs/Bytes" }, { type: "null" }], default: null },
    names: { type: "array", items: { type: "object" }, default: [] },
  },
  $defs: {
    Bytes: { type: "integer", minimum: 1 },
    FlowTimes: { type: "object", properties: { idle_after: { $ref: "#/$defs/Duration" } } },
    Duration: { type: "string", pattern: "^[0-9]+(ms|s|m|h|d)$", examples: ["10s", "5m"] },
  },
};

export const FIELDS: Field[] = [...groupsOf("capture", CAPTURE_SCHEMA), ...groupsOf("parsing", PARSING_SCHEMA)].flatMap(
  ({ fields }) => fields,
);

export function field(path: string): Field {
  const found = FIELDS.find((one) => one.path === path);
  if (found === undefined) throw new Error(`There is no field ${path}.`);
  return found;
}

export const WHISPERER: Whisperer = {
  id: "local",
  name: "laptop",
  kind: "interface",
  command: "",
  path: null,
  state: "stopped",
  reason: null,
  attempt: 0,
  next_attempt_us: null,
  host: "laptop",
  version: "0.1.0",
  interfaces: [],
  hindrance: null,
  config: { capture: {}, parsing: {} },
  restart_needed: false,
  resume: false,
  figures: {
    updated_us: null,
    capturing_since_us: null,
    cpu: 0,
    memory_bytes: 0,
    packets: 0,
    bytes: 0,
    sent_bytes: 0,
    packets_per_s: 0,
    bytes_per_s: 0,
    queued_packets: 0,
    queued_bytes: 0,
    queue_capacity_bytes: 0,
    lost_in_kernel: 0,
    lost_in_queue: 0,
    last_lost_us: null,
    breaker: "closed",
    send_p50_us: null,
    send_p99_us: null,
  },
  totals: { since_us: null, captures: 0, packets: 0, bytes: 0, sent_bytes: 0, lost: 0, capturing_us: 0 },
};
