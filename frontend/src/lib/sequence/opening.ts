// Ways into the sequence pane, and back.

import type { ExchangeRow, SequenceOf } from "../backend";
import type { MenuEntry } from "../components";
import { pane, selection } from "../state";

/** The exchange that was open where the sequence was asked for. */
let openBefore: number | null = null;

/** Shows the exchanges that something ties together, none of them in detail yet. */
export function openSequence(of: SequenceOf): void {
  if (pane.current !== "sequence") openBefore = selection.exchangeId;
  selection.exchangeId = null;
  selection.sequence = of;
  pane.show("sequence");
}

/** Back to where it was asked for. */
export function closeSequence(): void {
  selection.exchangeId = openBefore;
  openBefore = null;
  pane.goBack();
}

/** What an exchange can be seen in sequence with. */
export function sequencesOf(row: ExchangeRow): MenuEntry[] {
  const { exchange_id, trace_id, identity, flow_id } = row;
  const entry = (text: string, detail: string, of: SequenceOf): MenuEntry => ({
    kind: "action",
    icon: "sequence",
    text,
    detail,
    run: () => openSequence(of),
  });
  return [
    entry("The calls around it", "what caused it, what it caused", { by: "exchange", exchange_id }),
    ...(trace_id ? [entry("Its trace", `${trace_id.slice(0, 8)}…`, { by: "trace", trace_id })] : []),
    ...(identity ? [entry("All of this identity", identity, { by: "identity", identity })] : []),
    entry("All on its connection", `flow ${flow_id}`, { by: "flow", flow_id }),
  ];
}
