// The columns of customers and of addresses that nobody could name.

import type { CustomerGrouping, CustomerRow, CustomerSort, UnresolvedRow, UnresolvedSort } from "../backend";
import { bytes, clock, count } from "../format";
import type { Column } from "../grid";
import { addressOf, GROUPINGS, NO_IDENTITY, peersWords } from "./words";

type Sortable<R, S extends string> = Omit<Column<R>, "sort"> & { sort?: S };

const FIGURES: readonly Sortable<CustomerRow, CustomerSort>[] = [
  {
    id: "addresses",
    title: "Addresses",
    sort: "addresses",
    width: 84,
    numeric: true,
    text: (row) => count(row.addresses),
  },
  {
    id: "new",
    title: "New",
    name: "New: addresses whose first connection of the recording is in the range",
    width: 62,
    numeric: true,
    text: (row) => count(row.new_addresses),
  },
  {
    id: "connections",
    title: "Connections",
    sort: "connections",
    width: 92,
    numeric: true,
    text: (row) => count(row.connections),
  },
  { id: "requests", title: "Requests", sort: "requests", width: 88, numeric: true, text: (row) => count(row.requests) },
  { id: "errors", title: "Errors", sort: "errors", width: 70, numeric: true, text: (row) => count(row.errors) },
  { id: "bytes", title: "Payload", sort: "bytes", width: 76, numeric: true, text: (row) => bytes(row.bytes) },
  {
    id: "first",
    title: "First seen",
    sort: "first_seen",
    width: 108,
    mono: true,
    text: (row) => clock(row.first_seen_us),
  },
  { id: "last", title: "Last seen", sort: "last_seen", width: 108, mono: true, text: (row) => clock(row.last_seen_us) },
];

/** Columns of customers as they are grouped. */
export function customerColumns(by: CustomerGrouping): readonly Column<CustomerRow>[] {
  const name: Sortable<CustomerRow, CustomerSort> = {
    id: "name",
    title: GROUPINGS[by].title,
    sort: "name",
    width: 200,
    flexible: true,
    fixed: true,
    mono: by !== "identity",
    text: (row) => (row.name === "" ? NO_IDENTITY : row.name),
  };
  // A row that is one address has no count of addresses.
  return [name, ...FIGURES.filter(({ id }) => by !== "address" || id !== "addresses")];
}

export const UNRESOLVED_COLUMNS: readonly Sortable<UnresolvedRow, UnresolvedSort>[] = [
  {
    id: "address",
    title: "Address",
    sort: "address",
    width: 170,
    flexible: true,
    least: 150,
    mono: true,
    fixed: true,
    text: addressOf,
  },
  { id: "hint", title: "Looks like", sort: "hint", width: 130, text: (row) => row.hint },
  { id: "peers", title: "Talks with", width: 190, flexible: true, text: peersWords },
  { id: "dns", title: "Reverse DNS", width: 150, mono: true, text: (row) => row.reverse_dns ?? "" },
  { id: "flows", title: "Flows", sort: "flows", width: 66, numeric: true, text: (row) => count(row.flows) },
  { id: "requests", title: "Requests", sort: "requests", width: 76, numeric: true, text: (row) => count(row.requests) },
  { id: "bytes", title: "Payload", sort: "bytes", width: 76, numeric: true, text: (row) => bytes(row.bytes) },
  {
    id: "first",
    title: "First seen",
    sort: "first_seen",
    width: 108,
    mono: true,
    text: (row) => clock(row.first_seen_us),
  },
  { id: "last", title: "Last seen", sort: "last_seen", width: 108, mono: true, text: (row) => clock(row.last_seen_us) },
  { id: "name", title: "", name: "Name it", width: 84, fixed: true, text: () => "Name it…" },
];

/** Names and first times rise when they are sorted by first; figures begin with the largest. */
export const startsDescending = (sort: CustomerSort | UnresolvedSort): boolean =>
  !["name", "address", "hint", "first_seen"].includes(sort);
