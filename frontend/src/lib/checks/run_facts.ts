// What is known of a single check, beside its phases.

import type { CheckRun } from "../backend";
import type { Fact } from "../components";
import { bytes, clock, count, day, duration, latency } from "../format";
import { PHASES } from "./phases";

/** A start that is later than this is worth saying. */
const LATE_US = 50_000;
/** A certificate that ends sooner than this stands out. */
const SOON_US = 14 * 86_400e6;

export function runFacts(run: CheckRun): Fact[] {
  const facts: (Fact | null)[] = [
    fact("Total", run.total_us === null ? null : latency(run.total_us)),
    late(run),
    fact("Instants", run.instants > 1 ? `stands for ${count(run.instants)}` : null),
    fact("Stopped", stopped(run), { tone: "err", wide: true }),
    fact("HTTP", run.http_version, { mono: true }),
    fact("Body", run.body_bytes === null ? null : bytes(run.body_bytes)),
    fact("From", run.local, { mono: true }),
    fact("To", run.remote, { mono: true }),
    fact("Connection", run.reused_connection ? "kept from the check before" : null, { wide: true }),
    fact("TLS", [run.tls_version, run.tls_cipher].filter((part) => part !== null).join(", ") || null, { wide: true }),
  ];
  return facts.filter((one) => one !== null);
}

export function certificateFacts(run: CheckRun): Fact[] {
  const { certificate } = run;
  if (certificate === null) return [];
  const { subject, issuer, not_after_us } = certificate;
  const facts: (Fact | null)[] = [
    fact("Subject", subject, { mono: true, wide: true }),
    fact("Issuer", issuer, { mono: true, wide: true }),
    not_after_us === null ? null : expiry(not_after_us, run.at_us),
  ];
  return facts.filter((one) => one !== null);
}

function expiry(notAfterUs: number, atUs: number): Fact {
  const left = notAfterUs - atUs;
  const date = new Date(notAfterUs / 1000).getUTCFullYear();
  const when = `${day(notAfterUs)} ${date}`;
  if (left < 0)
    return { name: "Expired", text: `${when}, ${duration(-left)} before the check`, tone: "err", wide: true };
  const soon = left < SOON_US ? { tone: "warn" as const } : {};
  return { name: "Expires", text: `${when}, ${duration(left)} after the check`, wide: true, ...soon };
}

function late({ at_us, intended_us }: CheckRun): Fact | null {
  const by = at_us - intended_us;
  if (by < LATE_US) return null;
  return { name: "Late by", text: duration(by), title: `It was to begin at ${clock(intended_us)}` };
}

function stopped({ stopped_in, stopped_after_us }: CheckRun): string | null {
  if (stopped_in === null) return null;
  const phase = PHASES.find(({ key }) => key === `${stopped_in}_us`)?.name ?? stopped_in;
  return `in ${phase}${stopped_after_us === null ? "" : `, which had gone on for ${latency(stopped_after_us)}`}`;
}

function fact(name: string, text: string | null, more: Partial<Fact> = {}): Fact | null {
  return text === null ? null : { name, text, ...more };
}
