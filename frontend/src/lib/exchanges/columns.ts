// The columns of the grid: what they are called, what they sort by, what a row says in them.

import type { ExchangeRow } from "../backend";
import { clock, count, latency } from "../format";
import { ADDRESS_COLUMNS, SERVICE_COLUMNS, type Column } from "../grid";

const none = (value: string | null): string => value ?? "";

/** Names of gRPC's status codes, by their number. */
const GRPC_CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** `5 NOT_FOUND`; nothing for what is no gRPC call or has no status. */
export function grpcStatus(code: number | null): string {
  if (code === null) return "";
  const name = GRPC_CODES[code];
  return name === undefined ? String(code) : `${code} ${name}`;
}

export const COLUMNS: readonly Column<ExchangeRow>[] = [
  {
    id: "time",
    title: "Time",
    sort: "started_at",
    width: 116,
    mono: true,
    fixed: true,
    text: (row) => clock(row.started_us),
  },
  ...SERVICE_COLUMNS,
  { id: "method", title: "Method", sort: "method", width: 62, mono: true, text: (row) => none(row.method) },
  { id: "host", title: "Host", sort: "host", width: 150, mono: true, text: (row) => none(row.host) },
  { id: "path", title: "Path", sort: "path", width: 170, flexible: true, mono: true, text: (row) => none(row.path) },
  { id: "target", title: "Target", sort: "target", width: 220, mono: true, text: (row) => none(row.target) },
  {
    id: "status",
    title: "Status",
    sort: "status",
    width: 58,
    text: (row) => (row.status === null ? "none" : String(row.status)),
  },
  {
    id: "grpc-status",
    title: "gRPC",
    name: "gRPC status",
    sort: "grpc_status",
    width: 130,
    text: (row) => grpcStatus(row.grpc_status),
  },
  {
    id: "messages-sent",
    title: "Msg out",
    name: "gRPC messages of the client",
    sort: "request_messages",
    width: 66,
    numeric: true,
    text: (row) => (row.request_messages === null ? "" : count(row.request_messages)),
  },
  {
    id: "messages-received",
    title: "Msg in",
    name: "gRPC messages of the server",
    sort: "response_messages",
    width: 66,
    numeric: true,
    text: (row) => (row.response_messages === null ? "" : count(row.response_messages)),
  },
  {
    id: "ttfb",
    title: "TTFB",
    name: "Time to first byte",
    sort: "ttfb_us",
    width: 68,
    numeric: true,
    text: (row) => latency(row.ttfb_us),
  },
  {
    id: "duration",
    title: "Duration",
    sort: "duration_us",
    width: 150,
    scaled: true,
    text: (row) => latency(row.duration_us),
  },
  {
    id: "request",
    title: "Req B",
    name: "Request bytes",
    sort: "request_body_bytes",
    width: 62,
    numeric: true,
    text: (row) => count(row.request_body_bytes),
  },
  {
    id: "response",
    title: "Resp B",
    name: "Response bytes",
    sort: "response_body_bytes",
    width: 66,
    numeric: true,
    text: (row) => count(row.response_body_bytes),
  },
  { id: "origin", title: "Origin IP", sort: "origin_ip", width: 122, mono: true, text: (row) => none(row.origin_ip) },
  { id: "identity", title: "Identity", sort: "identity", width: 112, text: (row) => none(row.identity) },
  {
    id: "complete",
    title: "Complete",
    sort: "complete",
    width: 92,
    text: (row) => (row.complete ? "yes" : `no${row.error ? `, ${row.error}` : ""}`),
  },
  { id: "protocol", title: "Protocol", sort: "protocol", width: 74, mono: true, text: (row) => row.protocol },
  {
    id: "type",
    title: "Content type",
    sort: "content_type",
    width: 140,
    mono: true,
    text: (row) => none(row.content_type),
  },
  { id: "agent", title: "User agent", sort: "user_agent", width: 150, mono: true, text: (row) => none(row.user_agent) },
  ...ADDRESS_COLUMNS,
  {
    id: "trace",
    title: "Trace",
    name: "Trace id",
    sort: "trace_id",
    width: 250,
    mono: true,
    text: (row) => none(row.trace_id),
  },
  {
    id: "flow",
    title: "Flow",
    name: "Flow id",
    sort: "flow_id",
    width: 70,
    numeric: true,
    text: (row) => String(row.flow_id),
  },
];

/** What is shown until the user chooses. */
export const SHOWN_AT_FIRST: readonly string[] =
  "time client server method path status ttfb duration request response origin identity complete".split(" ");

/** Class of a status: an error, a refusal, or nothing to notice. No response is an error. */
export function statusClass(status: number | null): "err strong" | "warn strong" | "t2" {
  if (status === null || status >= 500) return "err strong";
  return status >= 400 ? "warn strong" : "t2";
}
