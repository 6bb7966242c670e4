// The columns of a flow's packets.

import type { FlowPacket } from "../backend";
import { clock, count, latency } from "../format";
import type { Column } from "../grid";

/** The columns; "after" counts from `openedUs`. What matters most stands where it is seen beside a packet's bytes. */
export function packetColumns(openedUs: number): readonly Column<FlowPacket>[] {
  return [
    {
      id: "number",
      title: "No",
      name: "Number in the flow",
      width: 48,
      numeric: true,
      text: (packet) => count(packet.index + 1),
    },
    { id: "time", title: "Time", width: 134, mono: true, text: (packet) => clock(packet.at_us, "micro") },
    {
      id: "after",
      title: "After",
      name: "After the first packet",
      width: 66,
      numeric: true,
      text: (packet) => latency(Math.max(0, packet.at_us - openedUs)),
    },
    {
      id: "from",
      title: "From",
      width: 72,
      text: (packet) => (packet.from_client ? "client" : "server"),
    },
    { id: "flags", title: "Flags", width: 84, mono: true, text: (packet) => packet.flags },
    {
      id: "length",
      title: "Length",
      name: "Payload bytes",
      width: 62,
      numeric: true,
      text: (packet) => count(packet.payload_bytes),
    },
    {
      id: "happened",
      title: "What happened",
      width: 190,
      least: 196,
      flexible: true,
      text: (packet) => packet.verdicts.join(", "),
    },
    { id: "sequence", title: "Seq", name: "Sequence", width: 84, numeric: true, text: (p) => count(p.sequence) },
    {
      id: "acknowledgement",
      title: "Ack",
      name: "Acknowledged byte of the peer",
      width: 84,
      numeric: true,
      text: (packet) => (packet.acknowledgement === null ? "none" : count(packet.acknowledgement)),
    },
    {
      id: "window",
      title: "Window",
      name: "Receive window, bytes",
      width: 72,
      numeric: true,
      text: (packet) => (packet.window_bytes === null ? "none" : count(packet.window_bytes)),
    },
  ];
}

/** `1,460 B missing` where a packet shows that something is. */
export function missedWords(packet: FlowPacket): string {
  return packet.missed_bytes > 0 ? `${count(packet.missed_bytes)} B missing` : "";
}
