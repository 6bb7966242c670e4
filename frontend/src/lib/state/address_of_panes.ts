// The parts of the address that one pane alone has: what is compared, whose exchanges are in sequence, which whisperer, website,
// probe or alert is shown, which customers are listed.

import type { SequenceOf, TimeRange, TimeWindow } from "../backend";
import { ALERT_LISTS, type AlertsPlace } from "./alerts_view.svelte";
import { readId, readInstant, writeInstant } from "./address";
import { CHECK_TABS, type ChecksPlace } from "./checks_view.svelte";
import { FIRST_METRIC, METRICS, MOST_SERVICES, type Compared } from "./comparison.svelte";
import { CUSTOMER_GROUPINGS, CUSTOMER_TABS, type CustomersPlace } from "./customers_view.svelte";
import { PROBE_LISTS, PROBE_TABS, type ProbesPlace } from "./probes_view.svelte";
import { WHISPERER_TABS, type WhispererPlace } from "./whisperer_view.svelte";

/** Between names and instants: neither holds it. */
const AND = "~";
const OTHER_RECORDING = "recording:";

/** Nothing chosen: the pane chooses by itself. */
export const NOTHING_COMPARED: Compared = {
  services: null,
  metric: FIRST_METRIC,
  before: null,
  below: "difference",
};

/** Keys and values; what is as it is at first is left out. */
export function writeCompared({ services, metric, before, below }: Compared): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (services !== null) parts.push(["services", services.join(AND)]);
  if (metric !== FIRST_METRIC) parts.push(["metric", metric]);
  if (before !== null) parts.push(["before", writeWindow(before)]);
  if (below !== "difference") parts.push(["below", below]);
  return parts;
}

export function readCompared(values: URLSearchParams): Compared {
  const named = values
    .get("services")
    ?.split(AND)
    .filter((name) => name !== "");
  return {
    services: named === undefined ? null : [...new Set(named)].slice(0, MOST_SERVICES),
    metric: METRICS.find((metric) => metric === values.get("metric")) ?? FIRST_METRIC,
    before: readWindow(values.get("before")),
    below: values.get("below") === "incidents" ? "incidents" : "difference",
  };
}

/** `trace:4bf9…`, `exchange:42`, `flow:7`, `identity:alice`. */
export function writeSequence(of: SequenceOf): string {
  switch (of.by) {
    case "exchange":
      return `exchange:${of.exchange_id}`;
    case "trace":
      return `trace:${of.trace_id}`;
    case "identity":
      return `identity:${of.identity}`;
    case "flow":
      return `flow:${of.flow_id}`;
  }
}

/** The reverse of `writeSequence`; null for anything else. */
export function readSequence(text: string | null): SequenceOf | null {
  const [, by, value] = /^(exchange|trace|identity|flow):(.+)$/s.exec(text ?? "") ?? [];
  if (by === undefined || value === undefined) return null;
  if (by === "trace") return /^[0-9a-f]{32}$/.test(value) ? { by, trace_id: value } : null;
  if (by === "identity") return { by, identity: value };
  const id = readId(value);
  if (id === null) return null;
  return by === "exchange" ? { by, exchange_id: id } : { by: "flow", flow_id: id };
}

/** Keys and values; the first whisperer's status is left out. */
export function writeWhisperer({ id, tab }: WhispererPlace): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (id !== null) parts.push(["whisperer", id]);
  if (tab !== "status") parts.push(["tab", tab]);
  return parts;
}

export function readWhisperer(values: URLSearchParams): WhispererPlace {
  return {
    id: values.get("whisperer") || null,
    tab: WHISPERER_TABS.find((tab) => tab === values.get("tab")) ?? "status",
  };
}

/** Keys and values; the first website's checks are left out. */
export function writeChecks({ website, tab, failing }: ChecksPlace): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (website !== null) parts.push(["website", website]);
  if (tab !== "runs") parts.push(["show", tab]);
  if (failing) parts.push(["failing", "1"]);
  return parts;
}

export function readChecks(values: URLSearchParams): ChecksPlace {
  return {
    website: values.get("website") || null,
    tab: CHECK_TABS.find((tab) => tab === values.get("show")) ?? "runs",
    failing: values.get("failing") === "1",
  };
}

/** Keys and values; the first probe's path is left out. */
export function writeProbes({ probe, list, tab, failing, runUs }: ProbesPlace): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (probe !== null) parts.push(["probe", probe]);
  if (list !== "list") parts.push(["by", list]);
  if (tab !== "path") parts.push(["of_probe", tab]);
  if (failing) parts.push(["failing_probes", "1"]);
  if (runUs !== null) parts.push(["run", writeInstant(runUs)]);
  return parts;
}

export function readProbes(values: URLSearchParams): ProbesPlace {
  return {
    probe: values.get("probe") || null,
    list: PROBE_LISTS.find((list) => list === values.get("by")) ?? "list",
    tab: PROBE_TABS.find((tab) => tab === values.get("of_probe")) ?? "path",
    failing: values.get("failing_probes") === "1",
    runUs: readInstant(values.get("run")),
  };
}

/** Keys and values; the first alert is left out. */
export function writeAlerts({ id, list }: AlertsPlace): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (id !== null) parts.push(["alert", id]);
  if (list !== "alerts") parts.push(["list", list]);
  return parts;
}

export function readAlerts(values: URLSearchParams): AlertsPlace {
  return {
    id: values.get("alert") || null,
    list: ALERT_LISTS.find((list) => list === values.get("list")) ?? "alerts",
  };
}

/** Keys and values; all networks are left out. */
export function writeCustomers({ tab, by, network }: CustomersPlace): [key: string, value: string][] {
  const parts: [string, string][] = [];
  if (tab !== "customers") parts.push(["customers", tab]);
  if (by !== "network") parts.push(["customers_by", by]);
  if (network !== null) parts.push(["network", network]);
  return parts;
}

export function readCustomers(values: URLSearchParams): CustomersPlace {
  return {
    tab: CUSTOMER_TABS.find((tab) => tab === values.get("customers")) ?? "customers",
    by: CUSTOMER_GROUPINGS.find((by) => by === values.get("customers_by")) ?? "network",
    network: values.get("network") || null,
  };
}

function writeWindow({ recording_id, range }: TimeWindow): string {
  const parts = range === null ? [] : [writeInstant(range.from_us), writeInstant(range.to_us)];
  return [...(recording_id === null ? [] : [OTHER_RECORDING + recording_id]), ...parts].join(AND);
}

function readWindow(text: string | null): TimeWindow | null {
  if (text === null || text === "") return null;
  const parts = text.split(AND);
  const recording_id = parts[0]?.startsWith(OTHER_RECORDING) === true ? parts.shift() : undefined;
  const range = readRange(parts);
  if (recording_id === undefined) return range === null ? null : { recording_id: null, range };
  return { recording_id: recording_id.slice(OTHER_RECORDING.length), range };
}

function readRange([from, to]: string[]): TimeRange | null {
  const from_us = readInstant(from ?? null);
  const to_us = readInstant(to ?? null);
  return from_us !== null && to_us !== null && from_us < to_us ? { from_us, to_us } : null;
}
