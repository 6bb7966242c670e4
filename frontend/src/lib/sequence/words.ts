// A sequence in words.

import type { SequenceOf, SequenceSpan } from "../backend";
import { latency } from "../format";
import { titleOf } from "../compare/services";

/** What ties it together: `trace 4bf9…`, `alice`, `flow 17`, `the calls around exchange 42`. */
export function sequenceName(of: SequenceOf): string {
  switch (of.by) {
    case "trace":
      return `trace ${of.trace_id}`;
    case "identity":
      return of.identity;
    case "flow":
      return `flow ${of.flow_id}`;
    case "exchange":
      return `the calls around exchange ${of.exchange_id}`;
  }
}

/** `500 after 905 ms`, `no response, given up after 880 ms`. */
export function outcome(span: SequenceSpan): string {
  const took = latency(span.finished_us - span.started_us);
  if (span.status === null) return `${span.error ?? "no response"}, given up after ${took}`;
  const odd = span.error === null ? "" : `, ${span.error}`;
  return `${span.status} after ${took}${odd}`;
}

/** The whole of an exchange in one sentence. */
export function sentence(span: SequenceSpan): string {
  const parts = [
    `${titleOf(span.client)} to ${titleOf(span.server)}`,
    span.label,
    outcome(span),
    ...(span.failed ? ["failed"] : []),
    ...(span.inferred ? ["parent inferred"] : []),
  ];
  return parts.join(", ");
}
