// A flow in facts: what the drawer says beside the packets.

import type { FlowDetail, FlowRow } from "../backend";
import type { Fact } from "../components";
import { bothWays, bytes, clock, count, duration, endpoint, latency } from "../format";
import { endTone, lastedUs } from "./columns";

const words = (text: string): string => text.replaceAll("_", " ");

/** The facts in the order in which they are asked for. What did not happen is left out where it says nothing. */
export function flowFacts({ row, source_name }: FlowDetail): Fact[] {
  const end = endTone(row.close_reason);
  return [
    { name: "Client", text: endpoint(row.client_ip, row.client_port), mono: true },
    { name: "Server", text: endpoint(row.server_ip, row.server_port), mono: true },
    { name: "Carries", text: carries(row) },
    { name: "Opened", text: clock(row.opened_us, "micro"), mono: true },
    {
      name: "Lasted",
      text: `${duration(lastedUs(row))}, ${row.close_reason}`,
      ...(end === "t2" ? {} : { tone: end }),
    },
    ...(row.transport === "tcp" ? [{ name: "Handshake", text: words(row.handshake) }, ...roundTrips(row)] : []),
    { name: "Packets", text: bothWays(row.client_packets, row.server_packets, count) },
    { name: "Bytes", text: bothWays(row.client_bytes, row.server_bytes, bytes) },
    ...(row.upgraded_to === null
      ? []
      : [
          {
            name: "Upgraded",
            text: `to ${row.upgraded_to}, ${bothWays(row.upgraded_client_bytes ?? 0, row.upgraded_server_bytes ?? 0, bytes)}`,
          },
        ]),
    ...oddities(row),
    ...(row.direction_known
      ? []
      : [{ name: "Direction", text: "guessed", title: "Nothing told which end is the client" }]),
    ...(row.vlan === null ? [] : [{ name: "VLAN", text: String(row.vlan) }]),
    ...(row.tunnel === null ? [] : [{ name: "Tunnel", text: row.tunnel }]),
    ...(row.client_process === null ? [] : [{ name: "Client process", text: row.client_process, mono: true }]),
    ...(row.server_process === null ? [] : [{ name: "Server process", text: row.server_process, mono: true }]),
    { name: "History", text: row.history || "none", mono: true, title: "Events in order; capitals are the client's" },
    { name: "From", text: source_name },
  ];
}

function carries(row: FlowRow): string {
  const what = row.app_protocol === null ? "unknown" : row.app_protocol;
  return `${what} over ${row.transport}${row.encrypted ? ", encrypted" : ""}`;
}

/** Of the handshake, and measured while the connection lived. */
function roundTrips({ rtt_us, rtt_min_us, rtt_mean_us, rtt_max_us }: FlowRow): Fact[] {
  const handshake: Fact = { name: "RTT", text: rtt_us === null ? "unknown" : latency(rtt_us) };
  if (rtt_min_us === null) return [handshake];
  const life = `${latency(rtt_min_us)} to ${latency(rtt_max_us)}`;
  return [handshake, { name: "RTT in life", text: `${life}, mean ${latency(rtt_mean_us)}` }];
}

/** What should be zero: one fact when all of it is. */
function oddities(row: FlowRow): Fact[] {
  if (row.transport !== "tcp") return [];
  const met: Fact[] = [
    ...counts("Retransmits", row.client_retransmits, row.server_retransmits, "warn"),
    ...counts("Out of order", row.client_out_of_order, row.server_out_of_order, "warn"),
    ...counts("Zero window", row.client_zero_windows, row.server_zero_windows, "warn"),
    ...counts("Missing", row.client_missed_bytes, row.server_missed_bytes, "err", bytes),
    ...counts("Conflicting", row.client_conflicting_bytes, row.server_conflicting_bytes, "err", bytes),
  ];
  if (met.length === 0) met.push({ name: "Losses", text: "none seen", tone: "ok" });
  return [...met, ...counts("Keep-alives", row.client_keep_alives, row.server_keep_alives)];
}

/** What each end did, or nothing when neither did. */
function counts(name: string, client: number, server: number, tone?: Fact["tone"], write = count): Fact[] {
  if (client + server === 0) return [];
  return [{ name, text: `${write(client)} client, ${write(server)} server`, ...(tone === undefined ? {} : { tone }) }];
}
