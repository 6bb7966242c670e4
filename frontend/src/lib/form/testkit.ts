// Schemas as the host makes them, for tests.

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
    headers: { type: "object", additionalProperties: { type: "string" }, default: {} },
    status: { type: "array", items: { $ref: "#/$defs/Status" }, default: ["200-299"] },
  },
  $defs: {
    Bytes: { type: "integer", minimum: 1 },
    Status: {
      anyOf: [
        { type: "integer", minimum: 100, maximum: 999 },
        { type: "string", pattern: "^[1-9]([0-9]{2}(-[1-9][0-9]{2})?|xx)$" },
      ],
      examples: [200, "200-299", "2xx"],
    },
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
