// From a customer or an address to what was captured of it.

import type { CustomerRow, UnresolvedRow } from "../backend";
import { customersView, pane, selection, type CustomersTab } from "../state";
import { filterValue } from "../topology/filter_term";

/** What is filtered already, and a term besides. */
export function narrowed(filter: string, term: string): string {
  const kept = filter.trim();
  if (kept === "" || kept === term) return term;
  if (` ${kept} `.includes(` ${term} `)) return kept;
  return `${/\bOR\b/i.test(kept) ? `(${kept})` : kept} ${term}`;
}

/** Shows the exchanges that a row counts: its filter holds what was filtered already. */
export function showExchanges({ filter }: CustomerRow): void {
  selection.filter = filter;
  selection.exchangeId = null;
  pane.show("exchanges");
}

/** Shows the flows of an address that nobody could name. */
export function showFlows({ ip, port }: UnresolvedRow): void {
  const address = `ip:${filterValue(ip)}`;
  selection.filter = narrowed(selection.filter, port === null ? address : `${address} port:${port}`);
  selection.flowId = null;
  pane.show("flows");
}

/** Shows the Customers pane. */
export function showCustomers(tab: CustomersTab = "customers"): void {
  customersView.tab = tab;
  pane.show("customers");
}
