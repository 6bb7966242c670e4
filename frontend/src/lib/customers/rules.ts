// Names and entry points as the user gives them: in words, compared, and put together from what stands in a form.

import type { EntryPointRule, NamingRules, ServiceName, UnresolvedRow } from "../backend";

/** By what a name is given. */
export const KEYS = ["address", "network", "hostname", "process"] as const;
export type Key = (typeof KEYS)[number];

/** What stands in the form of a name. */
export interface NameDraft {
  name: string;
  address: string;
  port: string;
  hostname: string;
  process: string;
}

/** What stands in a row of the form of entry points. */
export interface EntryDraft {
  service: string;
  address: string;
  port: string;
  hostname: string;
}

const NAME_KEYS = ["name", "address", "port", "hostname", "process"] as const;
const ENTRY_KEYS = ["service", "address", "port", "hostname"] as const;

/** Bits of a network that customers, too, are grouped by. */
const IPV4_BITS = 24;
const IPV6_BITS = 48;

/** The network of an address in CIDR notation: `192.0.2.0/24`, `2001:db8:4a::/48`. */
export function networkOf(ip: string): string {
  if (!ip.includes(":")) return `${ip.split(".").slice(0, 3).join(".")}.0/${IPV4_BITS}`;
  const first = groupsOf(ip).slice(0, IPV6_BITS / 16);
  while (first.at(-1) === "0") first.pop();
  return `${first.join(":")}::/${IPV6_BITS}`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(ip: string): string[] {
  const [head = "", tail] = ip.split("::");
  const parts = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const before = parts(head);
  const after = tail === undefined ? [] : parts(tail);
  // A dotted end stands for two groups, and lies behind every network that is asked for here.
  const dotted = [...before, ...after].some((part) => part.includes(".")) ? 1 : 0;
  const missing = Math.max(0, 8 - dotted - before.length - after.length);
  const all = tail === undefined ? before : [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  return all.map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));
}

/** What a name matches, in words: `10.0.0.5, port 5432`. */
export function matchWords({ address, port, hostname, process }: Partial<ServiceName>): string {
  const parts = [
    address,
    port === undefined ? undefined : `port ${port}`,
    hostname === undefined ? undefined : `hostname ${hostname}`,
    process === undefined ? undefined : `process ${process}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** An entry point in words: `api-gateway, port 8080`. */
export function entryWords({ service, ...others }: EntryPointRule): string {
  return [service, matchWords(others)].filter((part) => part !== undefined && part !== "").join(", ");
}

/** True when both say the same, however they are written down. */
export function sameRules(a: NamingRules, b: NamingRules): boolean {
  return written(a) === written(b);
}

export function sameName(a: ServiceName, b: ServiceName): boolean {
  return inOrder(a, NAME_KEYS) === inOrder(b, NAME_KEYS);
}

function written({ names, entry_points, reverse_dns }: NamingRules): string {
  return JSON.stringify([
    names.map((name) => inOrder(name, NAME_KEYS)),
    entry_points.map((entry) => inOrder(entry, ENTRY_KEYS)),
    reverse_dns,
  ]);
}

function inOrder<K extends string>(rule: Partial<Record<K, unknown>>, keys: readonly K[]): string {
  return JSON.stringify(keys.map((key) => rule[key] ?? null));
}

/** The form of a name that is there. */
export function draftOf({ name, address, port, hostname, process }: ServiceName): NameDraft {
  return {
    name,
    address: address ?? "",
    port: port === undefined ? "" : String(port),
    hostname: hostname ?? "",
    process: process ?? "",
  };
}

/** The form of a name for an address that nobody could name: by the address and the port it serves, or as chosen. */
export function draftFor({ ip, port, reverse_dns }: UnresolvedRow, key: Key, name = ""): NameDraft {
  const empty: NameDraft = { name, address: "", port: "", hostname: "", process: "" };
  switch (key) {
    case "address":
      return { ...empty, address: ip, port: port === null ? "" : String(port) };
    case "network":
      return { ...empty, address: networkOf(ip) };
    case "hostname":
      return { ...empty, hostname: reverse_dns ?? "" };
    case "process":
      return empty;
  }
}

/** The fields by which a name of that kind is given; those that are filled in besides are shown too. */
export function fieldsOf(key: Key, draft: NameDraft): ("address" | "port" | "hostname" | "process")[] {
  const own: Record<Key, readonly string[]> = {
    address: ["address", "port"],
    network: ["address", "port"],
    hostname: ["hostname", "port"],
    process: ["process"],
  };
  return (["address", "hostname", "process", "port"] as const).filter(
    (field) => own[key].includes(field) || draft[field].trim() !== "",
  );
}

/** By what a name that is there is given. */
export function keyOf({ address, hostname, process }: Partial<ServiceName>): Key {
  if (address !== undefined) return address.includes("/") ? "network" : "address";
  return hostname !== undefined ? "hostname" : process !== undefined ? "process" : "address";
}

/** Why a port cannot be one; null for one that can, and for none. */
export function portTrouble(text: string): string | null {
  const port = text.trim();
  if (port === "") return null;
  const ok = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return ok ? null : `${port} is no port from 1 to 65535.`;
}

/** The name that a form stands for; null while something is missing or cannot be. */
export function nameOf(draft: NameDraft): ServiceName | null {
  const name = draft.name.trim();
  const rule = withoutEmpty(draft);
  return name === "" || rule === null || Object.keys(rule).length === 0 ? null : { name, ...rule };
}

/** The entry point that a row stands for; null while it is empty or its port cannot be one. */
export function entryOf(draft: EntryDraft): EntryPointRule | null {
  const service = draft.service.trim();
  const rule = withoutEmpty({ ...draft, process: "" });
  if (rule === null) return null;
  const entry = { ...(service === "" ? {} : { service }), ...rule };
  return Object.keys(entry).length === 0 ? null : entry;
}

/** The row of an entry point. */
export function entryDraftOf({ service, address, port, hostname }: EntryPointRule): EntryDraft {
  return {
    service: service ?? "",
    address: address ?? "",
    port: port === undefined ? "" : String(port),
    hostname: hostname ?? "",
  };
}

type Matched = Omit<ServiceName, "name">;

function withoutEmpty({ address, port, hostname, process }: Omit<NameDraft, "name">): Matched | null {
  if (portTrouble(port) !== null) return null;
  const rule: Matched = {};
  if (address.trim() !== "") rule.address = address.trim();
  if (port.trim() !== "") rule.port = Number(port);
  if (hostname.trim() !== "") rule.hostname = hostname.trim();
  if (process.trim() !== "") rule.process = process.trim();
  return rule;
}

/** Names that contain what was typed, those that begin with it first; at most `most`. */
export function completions(names: readonly string[], typed: string, most = 6): string[] {
  const wanted = typed.trim().toLowerCase();
  const at = (name: string): number => name.toLowerCase().indexOf(wanted);
  return names
    .filter((name) => at(name) >= 0 && name.toLowerCase() !== wanted)
    .sort((a, b) => at(a) - at(b) || a.localeCompare(b))
    .slice(0, most);
}
