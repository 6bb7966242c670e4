// A TLS handshake in facts.

import type { TlsFacts } from "../backend";
import type { Fact } from "../components";
import { day, duration, wallClock, yearOf } from "../format";

const DAY_US = 86_400e6;
/** A certificate that ends within so long is worth a look. */
const SOON_US = 30 * DAY_US;

/** What the two hellos agreed on. */
export function handshakeFacts(tls: TlsFacts): Fact[] {
  return [
    { name: "Server name", text: tls.sni ?? "none asked for", mono: tls.sni !== null },
    { name: "Protocol", text: tls.alpn ?? "none agreed", mono: tls.alpn !== null },
    { name: "Version", text: tls.version ?? "unknown" },
    { name: "Cipher suite", text: tls.cipher ?? "unknown", mono: tls.cipher !== null, wide: true },
    { name: "JA4", text: tls.ja4 ?? "unknown", mono: tls.ja4 !== null, wide: true },
  ];
}

/** The server's certificate, or null where none was sent in clear: TLS 1.3 encrypts it. */
export function certificateFacts(tls: TlsFacts, atUs: number): Fact[] | null {
  const { certificate_subject, certificate_issuer, certificate_names } = tls;
  const { certificate_not_before_us, certificate_not_after_us } = tls;
  if (certificate_subject === null && certificate_not_after_us === null && certificate_names.length === 0) return null;
  return [
    { name: "Subject", text: certificate_subject || "none", mono: true, wide: true },
    { name: "Issuer", text: certificate_issuer ?? "unknown", mono: true, wide: true },
    { name: "Names", text: certificate_names.join(", ") || "none", mono: true, wide: true },
    { name: "Valid from", text: dated(certificate_not_before_us) },
    { name: "Valid until", text: dated(certificate_not_after_us) },
    { name: "Validity", wide: true, ...validity(certificate_not_before_us, certificate_not_after_us, atUs) },
  ];
}

/** Whether a certificate was valid at the flow's time, and for how much longer. */
export function validity(
  notBeforeUs: number | null,
  notAfterUs: number | null,
  atUs: number,
): { text: string; tone?: "ok" | "warn" | "err" } {
  if (notAfterUs === null) return { text: "unknown" };
  if (notBeforeUs !== null && atUs < notBeforeUs) {
    return { text: `not yet valid, began ${duration(notBeforeUs - atUs)} after this flow`, tone: "err" };
  }
  if (atUs > notAfterUs) return { text: `expired ${duration(atUs - notAfterUs)} before this flow`, tone: "err" };
  const left = notAfterUs - atUs;
  if (left < SOON_US) return { text: `expires soon: ${duration(left)} after this flow`, tone: "warn" };
  return { text: `valid, ${duration(left)} left at the time of this flow`, tone: "ok" };
}

function dated(us: number | null): string {
  return us === null ? "unknown" : `${day(us)} ${yearOf(us)}, ${wallClock(us, "second")}`;
}
