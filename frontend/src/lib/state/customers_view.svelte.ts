// What the Customers pane lists.

import type { CustomerGrouping } from "../backend";

export const CUSTOMER_TABS = ["customers", "unresolved", "names"] as const;
export type CustomersTab = (typeof CUSTOMER_TABS)[number];
export const CUSTOMER_GROUPINGS = ["network", "address", "identity"] as const satisfies readonly CustomerGrouping[];

/** What an address says of it. */
export interface CustomersPlace {
  tab: CustomersTab;
  by: CustomerGrouping;
  /** Only customers of this network, in CIDR notation; null is all. */
  network: string | null;
}

class CustomersView implements CustomersPlace {
  tab = $state<CustomersTab>("customers");
  by = $state<CustomerGrouping>("network");
  network = $state<string | null>(null);

  /** Shows the addresses of a network. */
  enter(network: string): void {
    this.network = network;
    this.by = "address";
  }

  /** Leaves the network for all of them. */
  leave(): void {
    this.network = null;
    this.by = "network";
  }

  get place(): CustomersPlace {
    return { tab: this.tab, by: this.by, network: this.network };
  }

  set place({ tab, by, network }: CustomersPlace) {
    this.tab = tab;
    this.by = by;
    this.network = network;
  }
}

export const customersView = new CustomersView();
