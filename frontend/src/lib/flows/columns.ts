// The columns of the flows: every one of the view `flows`.

import type { FlowRow } from "../backend";
import { clock, count, duration, latency } from "../format";
import { ADDRESS_COLUMNS, SERVICE_COLUMNS, type Column } from "../grid";

type FlowColumn = Column<FlowRow>;

const none = (value: string | number | null): string => (value === null ? "" : String(value));
const words = (text: string): string => text.replaceAll("_", " ");

/** A figure of each end: two columns. */
function pair(figure: string, title: string, name: string, width = 74): FlowColumn[] {
  return (["client", "server"] as const).map((side) => {
    const column = `${side}_${figure}` as keyof FlowRow;
    return {
      id: column,
      title: `${side === "client" ? "Client" : "Server"} ${title}`,
      name: `${name} of the ${side}`,
      sort: column,
      width,
      numeric: true,
      text: (row: FlowRow) => count(Number(row[column])),
    };
  });
}

/** A figure of both ends together, which the host can sort by. */
function sum(figure: string, title: string, name: string, width = 74): FlowColumn {
  const value = (row: FlowRow, side: string): number => Number(row[`${side}_${figure}` as keyof FlowRow]);
  return {
    id: figure,
    title,
    name,
    sort: figure,
    width,
    numeric: true,
    text: (row) => count(value(row, "client") + value(row, "server")),
  };
}

/** A round trip measured during life. */
function roundTrip(column: "rtt_min_us" | "rtt_mean_us" | "rtt_max_us", word: string): FlowColumn {
  const title = `RTT ${word}`;
  return { id: column, title, sort: column, width: 74, numeric: true, text: (row) => latency(row[column]) };
}

export const COLUMNS: readonly FlowColumn[] = [
  {
    id: "opened",
    title: "Opened",
    sort: "opened_at",
    width: 116,
    mono: true,
    fixed: true,
    text: (row) => clock(row.opened_us),
  },
  {
    id: "closed",
    title: "Last packet",
    sort: "closed_at",
    width: 116,
    mono: true,
    text: (row) => clock(row.closed_us),
  },
  {
    id: "lasted",
    title: "Lasted",
    sort: "duration_us",
    width: 164,
    scaled: true,
    text: (row) => duration(lastedUs(row)),
  },
  ...SERVICE_COLUMNS,
  ...ADDRESS_COLUMNS,
  {
    id: "client_port",
    title: "Client port",
    sort: "client_port",
    width: 76,
    numeric: true,
    text: (row) => String(row.client_port),
  },
  {
    id: "server_port",
    title: "Server port",
    sort: "server_port",
    width: 78,
    numeric: true,
    text: (row) => String(row.server_port),
  },
  { id: "transport", title: "Transport", sort: "transport", width: 74, mono: true, text: (row) => row.transport },
  {
    id: "protocol",
    title: "Protocol",
    name: "Application protocol",
    sort: "app_protocol",
    width: 78,
    mono: true,
    text: (row) => row.app_protocol ?? "unknown",
  },
  { id: "end", title: "End", name: "Why it ended", sort: "close_reason", width: 92, text: (row) => row.close_reason },
  { id: "handshake", title: "Handshake", sort: "handshake", width: 82, text: (row) => words(row.handshake) },
  {
    id: "direction",
    title: "Direction",
    name: "Direction known",
    sort: "direction_known",
    width: 74,
    text: (row) => (row.direction_known ? "known" : "guessed"),
  },
  {
    id: "rtt",
    title: "RTT",
    name: "Round trip of the handshake",
    sort: "rtt_us",
    width: 68,
    numeric: true,
    text: (row) => latency(row.rtt_us),
  },
  roundTrip("rtt_min_us", "min"),
  roundTrip("rtt_mean_us", "mean"),
  roundTrip("rtt_max_us", "max"),
  sum("packets", "Packets", "Packets of both ends"),
  ...pair("packets", "pkt", "Packets"),
  sum("bytes", "Bytes", "Payload bytes of both ends", 84),
  ...pair("bytes", "B", "Payload bytes", 78),
  sum("missed_bytes", "Missed B", "Missed bytes of both ends"),
  ...pair("missed_bytes", "missed", "Missed bytes", 84),
  sum("retransmits", "Retrans", "Retransmissions of both ends", 66),
  ...pair("retransmits", "retr", "Retransmissions"),
  sum("out_of_order", "O-o-o", "Segments out of order, both ends", 62),
  ...pair("out_of_order", "o-o-o", "Segments out of order", 84),
  ...pair("keep_alives", "k-a", "Keep-alive probes"),
  sum("zero_windows", "Zero win", "Zero windows of both ends", 72),
  ...pair("zero_windows", "zero win", "Zero windows", 100),
  ...pair("conflicting_bytes", "conflict", "Conflicting bytes", 100),
  {
    id: "encrypted",
    title: "Encrypted",
    sort: "encrypted",
    width: 76,
    text: (row) => (row.encrypted ? "yes" : "no"),
  },
  {
    id: "upgraded",
    title: "Upgraded to",
    sort: "upgraded_to",
    width: 88,
    mono: true,
    text: (row) => none(row.upgraded_to),
  },
  {
    id: "upgraded_client",
    title: "Upgr. client B",
    name: "Bytes of the client after the upgrade",
    sort: "upgraded_client_bytes",
    width: 96,
    numeric: true,
    text: (row) => (row.upgraded_client_bytes === null ? "" : count(row.upgraded_client_bytes)),
  },
  {
    id: "upgraded_server",
    title: "Upgr. server B",
    name: "Bytes of the server after the upgrade",
    sort: "upgraded_server_bytes",
    width: 98,
    numeric: true,
    text: (row) => (row.upgraded_server_bytes === null ? "" : count(row.upgraded_server_bytes)),
  },
  {
    id: "history",
    title: "History",
    sort: "history",
    width: 110,
    flexible: true,
    mono: true,
    text: (row) => row.history,
  },
  { id: "vlan", title: "VLAN", sort: "vlan", width: 54, numeric: true, text: (row) => none(row.vlan) },
  { id: "tunnel", title: "Tunnel", sort: "tunnel", width: 72, mono: true, text: (row) => none(row.tunnel) },
  {
    id: "process",
    title: "Process",
    name: "Process of the server, else of the client",
    sort: "process",
    width: 130,
    mono: true,
    text: (row) => none(row.process),
  },
  {
    id: "client_process",
    title: "Client process",
    sort: "client_process",
    width: 130,
    mono: true,
    text: (row) => none(row.client_process),
  },
  {
    id: "server_process",
    title: "Server process",
    sort: "server_process",
    width: 130,
    mono: true,
    text: (row) => none(row.server_process),
  },
  {
    id: "source",
    title: "Source",
    name: "Source id",
    sort: "source_id",
    width: 62,
    numeric: true,
    text: (row) => String(row.source_id),
  },
  {
    id: "flow",
    title: "Flow",
    name: "Flow id",
    sort: "flow_id",
    width: 112,
    numeric: true,
    text: (row) => String(row.flow_id),
  },
];

/** What is shown until the user chooses. */
export const SHOWN_AT_FIRST: readonly string[] = (
  "opened client server serverAddress protocol end lasted rtt client_bytes server_bytes " +
  "retransmits missed_bytes history"
).split(" ");

/** From the first packet to the last. */
export function lastedUs(row: FlowRow): number {
  return Math.max(0, row.closed_us - row.opened_us);
}

/** True when the flow is open at an instant. One that nothing closed stays open until the recording ends. */
export function openAt(row: FlowRow, atUs: number): boolean {
  return row.opened_us <= atUs && (row.close_reason === "open" || atUs <= row.closed_us);
}

/** How a flow's end is drawn: broken, odd, or as it should be. */
export function endTone(reason: string): "err" | "warn" | "t2" {
  if (reason === "rst" || reason === "refused") return "err";
  return reason === "unanswered" ? "warn" : "t2";
}

const ODD = /(^|_)(retransmits|out_of_order|zero_windows)$/;
const BAD = /(^|_)(missed_bytes|conflicting_bytes)$/;

/** How a figure is drawn: zero is quiet, and what should be zero is not quiet when it is not. */
export function figureTone(columnId: string, text: string): "err" | "warn" | "t3" | "" {
  if (text === "0") return "t3";
  if (BAD.test(columnId)) return "err";
  return ODD.test(columnId) ? "warn" : "";
}
