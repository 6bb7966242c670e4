// Spans for the tests of this folder.

import type { Sequence, SequenceSpan } from "../backend";

export const AT = Date.UTC(2026, 10, 21, 10, 36) * 1000;

/** A span from one millisecond to another; `response` is the millisecond of its first byte, null without an answer. */
export function span(
  exchange_id: number,
  [client, server]: [string, string],
  [from, to]: [number, number],
  changes: Partial<SequenceSpan> & { response?: number | null } = {},
): SequenceSpan {
  const { response = to, ...rest } = changes;
  return {
    exchange_id,
    flow_id: 1,
    client,
    server,
    started_us: AT + from * 1000,
    response_us: response === null ? null : AT + response * 1000,
    finished_us: AT + to * 1000,
    label: `GET /${server}`,
    status: response === null ? null : 200,
    failed: response === null,
    error: null,
    parent: null,
    inferred: false,
    depth: 0,
    ...rest,
  };
}

/** gateway calls order, which calls cart and then payment; payment never answers. */
export const CHECKOUT: SequenceSpan[] = [
  span(1, ["customers", "gateway"], [0, 940], { response: 930, status: 502, failed: true }),
  span(2, ["gateway", "order"], [3, 905], { response: 900, status: 500, failed: true, parent: 1, depth: 1 }),
  span(3, ["order", "cart"], [5, 26], { parent: 2, depth: 2, inferred: true }),
  span(4, ["order", "payment"], [130, 880], { response: null, parent: 2, depth: 2 }),
];

export function sequence(spans: SequenceSpan[]): Sequence {
  return {
    range: {
      from_us: Math.min(...spans.map(({ started_us }) => started_us)),
      to_us: Math.max(...spans.map(({ finished_us }) => finished_us)),
    },
    participants: [...new Set(spans.flatMap(({ client, server }) => [client, server]))],
    spans,
    trace_id: null,
    total: spans.length,
  };
}
