// The phases of a check: what they are called, in which colour they are drawn, and how they share a bar.

import type { CheckPhases } from "../backend";
import { latency } from "../format";

/** A phase. Those of one kind share a colour; their order and their names tell them apart. */
export interface Phase {
  key: keyof CheckPhases;
  name: string;
  /** What it is, for the legend's tooltip. */
  about: string;
  /** Name of the colour's token; null is hatched. */
  token: string | null;
}

/** In the order in which they happen. */
export const PHASES: readonly Phase[] = [
  { key: "dns_us", name: "DNS", about: "Until the name was resolved", token: "ph-dns" },
  { key: "connect_us", name: "connect", about: "Until the TCP connection stood", token: "ph-connect" },
  { key: "proxy_us", name: "proxy", about: "Until the proxy had answered CONNECT", token: "ph-connect" },
  { key: "tls_us", name: "TLS", about: "The TLS handshake", token: "ph-tls" },
  { key: "write_us", name: "write", about: "Until the request was sent", token: "ph-dns" },
  { key: "ttfb_us", name: "TTFB", about: "From the request's last byte to the answer's first", token: "ph-ttfb" },
  { key: "transfer_us", name: "transfer", about: "From the answer's first byte to its last", token: "ph-transfer" },
  { key: "unattributed_us", name: "unattributed", about: "What no phase explains", token: null },
];

/** A phase's part of a bar. */
export interface Part {
  phase: Phase;
  us: number;
  /** From 0 to 1. */
  from: number;
  to: number;
}

/** The phases that were measured, side by side. What was not measured has no part; nothing is stretched to fill up. */
export function partsOf(phases: CheckPhases, wholeUs: number | null = null): Part[] {
  const measured = PHASES.flatMap((phase) => {
    const us = phases[phase.key];
    return us === null || us <= 0 ? [] : [{ phase, us }];
  });
  const sum = measured.reduce((all, { us }) => all + us, 0);
  const whole = Math.max(sum, wholeUs ?? 0);
  if (whole === 0) return [];
  let at = 0;
  return measured.map(({ phase, us }) => {
    const from = at / whole;
    at += us;
    return { phase, us, from, to: at / whole };
  });
}

/** `DNS 2.0 ms, connect 4.0 ms, TTFB 1.19 s`. */
export function phasesWords(phases: CheckPhases): string {
  return PHASES.flatMap(({ key, name }) => {
    const us = phases[key];
    return us === null || (us === 0 && key === "unattributed_us") ? [] : [`${name} ${latency(us)}`];
  }).join(", ");
}
