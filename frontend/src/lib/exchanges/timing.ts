// Where an exchange's time went, as far as packets tell.

import type { ExchangeDetail } from "../backend";

export interface Phase {
  name: string;
  /** From the first byte of the request, in microseconds. */
  fromUs: number;
  toUs: number;
  kind: "network" | "server" | "transfer" | "waiting";
}

/**
 * Up to the first byte of the response the time is the network's (one round trip, as its handshake took) and the server's;
 * after it, the transfer's. Without a handshake the first two cannot be told apart; without a response all of it was waiting.
 */
export function phases(detail: ExchangeDetail): Phase[] {
  const total = Math.max(0, detail.finished_us - detail.row.started_us);
  const first = detail.response_us;
  if (first === null || first < 0) {
    return [{ name: "Waiting, no response", fromUs: 0, toUs: total, kind: "waiting" }];
  }
  const rtt = detail.flow?.rtt_us ?? null;
  const transfer: Phase = { name: "Response transfer", fromUs: first, toUs: Math.max(first, total), kind: "transfer" };
  if (rtt === null || rtt > first) {
    return [{ name: "To the first byte", fromUs: 0, toUs: first, kind: "server" }, transfer];
  }
  return [
    { name: "Network RTT", fromUs: 0, toUs: rtt, kind: "network" },
    { name: "Server time", fromUs: rtt, toUs: first, kind: "server" },
    transfer,
  ];
}
