// What the Customers pane says.

import type { CustomerGrouping, Customers, UnresolvedRow } from "../backend";
import { count, counted, duration, endpoint, share } from "../format";
import type { RowSpan } from "../grid/scroll_window";

export const GROUPINGS: Record<CustomerGrouping, { title: string; words: readonly [one: string, many: string] }> = {
  network: { title: "Network", words: ["network", "networks"] },
  address: { title: "Address", words: ["address", "addresses"] },
  identity: { title: "Identity", words: ["identity", "identities"] },
};

/** Who said nothing about who they are. */
export const NO_IDENTITY = "no identity";

const KINDS: Record<string, string> = { jwt: "JWT", basic: "Basic" };
/** `JWT`, `Basic`; empty for none. */
export const identityKind = (kind: string | null): string => (kind === null ? "" : (KINDS[kind] ?? kind));

/** `1,204 addresses in 83 networks, in the selected 10 min`. */
export function headWords({ addresses, networks }: Customers, selectedUs: number | null): string {
  const where = selectedUs === null ? "in the recording" : `in the selected ${duration(selectedUs)}`;
  return addresses === 0
    ? `nobody ${where}`
    : `${counted(addresses, "address", "addresses")} of ${counted(networks, "network")}, ${where}`;
}

/** The share of addresses that are new: `67.4%`; empty without any. */
export const newShare = ({ addresses, new_addresses }: Customers): string =>
  addresses === 0 ? "" : share(new_addresses / addresses);

/** How many rows there are, and which are in view where that is not all of them. */
export function inViewWords(
  total: number | null,
  [one, many]: readonly [one: string, many: string],
  searched: boolean,
  inView: RowSpan,
): string {
  if (total === null) return "";
  const what = searched ? `${count(total)} match` : counted(total, one, many);
  return total <= inView.end - inView.first
    ? what
    : `${what}, rows ${count(inView.first + 1)} to ${count(inView.end)} in view`;
}

/** An address nobody could name, with its port where it serves one. */
export const addressOf = ({ ip, port }: Pick<UnresolvedRow, "ip" | "port">): string =>
  port === null ? ip : endpoint(ip, port);

/** `cart, order and 12 more`. */
export function peersWords({ talks_to, talks_to_total }: Pick<UnresolvedRow, "talks_to" | "talks_to_total">): string {
  const named = talks_to.map((name) => (name === "customers" ? "Customers" : name)).join(", ");
  const more = talks_to_total - talks_to.length;
  return more > 0 ? `${named} and ${count(more)} more` : named;
}

/** What a name that is being given would do. */
export function namesWords(addresses: number): string {
  return addresses === 0
    ? "Names no address of this recording: none is like that, or an earlier name has them."
    : `Names ${counted(addresses, "address", "addresses")} of this recording.`;
}

/** Where customers arrive. */
export function arriveWords(entryPoints: readonly string[]): string {
  if (entryPoints.length === 0) return "Customers would arrive nowhere: no service is like that.";
  return `Customers would arrive at ${listWords(entryPoints)}.`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** While names and figures are still those of other rules. */
export const FOLLOWING =
  "Names are being changed. Until that is done, everything is called what it was; a large recording takes a while.";
