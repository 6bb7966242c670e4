// The selection as the part of the URL after `#`, so that it can be kept, sent and gone back to.

import type { SequenceOf, TimeRange } from "../backend";
import {
  readAlerts,
  readChecks,
  readCompared,
  readCustomers,
  readProbes,
  readSequence,
  readWhisperer,
  writeAlerts,
  writeChecks,
  writeCompared,
  writeCustomers,
  writeProbes,
  writeSequence,
  writeWhisperer,
} from "./address_of_panes";
import type { AlertsPlace } from "./alerts_view.svelte";
import type { ChecksPlace } from "./checks_view.svelte";
import type { Compared } from "./comparison.svelte";
import type { CustomersPlace } from "./customers_view.svelte";
import { paneNamed, type PaneId } from "./pane.svelte";
import type { ProbesPlace } from "./probes_view.svelte";
import type { Inspected } from "./selection.svelte";
import type { WhispererPlace } from "./whisperer_view.svelte";

/** What the address holds. */
export interface Place {
  pane: PaneId;
  range: TimeRange | null;
  /** The playhead, or null at the end of the recording. */
  atUs: number | null;
  filter: string;
  inspected: Inspected | null;
  exchangeId: number | null;
  flowId: number | null;
  sourceId: number | null;
  compared: Compared;
  sequence: SequenceOf | null;
  stage: string | null;
  whisperer: WhispererPlace;
  checks: ChecksPlace;
  probes: ProbesPlace;
  alerts: AlertsPlace;
  customers: CustomersPlace;
}

const ELSEWHERE = "~";

/** `#/exchanges?from=…&to=…&at=…&filter=…`; what is not set is left out. */
export function writeAddress(place: Place): string {
  const query: string[] = [];
  const put = (key: string, value: string): void => {
    query.push(`${key}=${readable(value)}`);
  };
  if (place.range !== null) {
    put("from", writeInstant(place.range.from_us));
    put("to", writeInstant(place.range.to_us));
  }
  if (place.atUs !== null) put("at", writeInstant(place.atUs));
  if (place.filter !== "") put("filter", place.filter);
  if (place.inspected !== null) {
    const { client, server } = place.inspected;
    put("inspect", client === null ? server : `${client}${ELSEWHERE}${server}`);
  }
  if (place.exchangeId !== null) put("exchange", String(place.exchangeId));
  if (place.flowId !== null) put("flow", String(place.flowId));
  if (place.sourceId !== null) put("source", String(place.sourceId));
  for (const [key, value] of writeCompared(place.compared)) put(key, value);
  if (place.sequence !== null) put("of", writeSequence(place.sequence));
  if (place.stage !== null) put("stage", place.stage);
  for (const [key, value] of writeWhisperer(place.whisperer)) put(key, value);
  for (const [key, value] of writeChecks(place.checks)) put(key, value);
  for (const [key, value] of writeProbes(place.probes)) put(key, value);
  for (const [key, value] of writeAlerts(place.alerts)) put(key, value);
  for (const [key, value] of writeCustomers(place.customers)) put(key, value);
  return `#/${place.pane}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

/** Reads an address. What is missing or malformed is as if it were not set. */
export function readAddress(hash: string): Place {
  const [path = "", query = ""] = splitOnce(hash.replace(/^#\/?/, ""), "?");
  const values = new URLSearchParams(query.replaceAll("+", "%2B"));
  const from_us = readInstant(values.get("from"));
  const to_us = readInstant(values.get("to"));
  return {
    pane: paneNamed(path) ?? "topology",
    range: from_us !== null && to_us !== null && from_us < to_us ? { from_us, to_us } : null,
    atUs: readInstant(values.get("at")),
    filter: values.get("filter") ?? "",
    inspected: readInspected(values.get("inspect")),
    exchangeId: readId(values.get("exchange")),
    flowId: readId(values.get("flow")),
    sourceId: readId(values.get("source")),
    compared: readCompared(values),
    sequence: readSequence(values.get("of")),
    stage: values.get("stage") || null,
    whisperer: readWhisperer(values),
    checks: readChecks(values),
    probes: readProbes(values),
    alerts: readAlerts(values),
    customers: readCustomers(values),
  };
}

/** Microseconds since 1970 as `2026-11-21T10:36:00.000001Z`, without trailing zeros. */
export function writeInstant(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const fraction = String(us - seconds * 1e6)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const whole = new Date(seconds * 1000).toISOString().replace(".000Z", "");
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** The reverse of `writeInstant`; null for anything else. */
export function readInstant(text: string | null): number | null {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(text ?? "");
  if (parts === null) return null;
  const ms = Date.parse(`${parts[1]}Z`);
  return Number.isNaN(ms) ? null : ms * 1000 + Number((parts[2] ?? "").padEnd(6, "0"));
}

/** A number that stands for one thing. */
export function readId(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

function readInspected(text: string | null): Inspected | null {
  if (text === null || text === "") return null;
  const [client, server] = splitOnce(text, ELSEWHERE);
  return server === undefined ? { client: null, server: text } : { client: client ?? "", server };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Percent-encodes only what would be misread, so that addresses can be read. */
function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|3D|2C|40|7E|3E|3C)/gi, (escaped) =>
    escaped === "%3E" || escaped === "%3C" ? escaped : decodeURIComponent(escaped),
  );
}
