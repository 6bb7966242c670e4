// Which website is looked at, and what of it.

export const CHECK_TABS = ["runs", "heat", "codes", "periods", "compare", "alerts"] as const;
export type CheckTab = (typeof CHECK_TABS)[number];

/** What an address says of it. */
export interface ChecksPlace {
  /** Null is the first of the list. */
  website: string | null;
  tab: CheckTab;
  /** Only checks that did not succeed are listed. */
  failing: boolean;
}

class ChecksView implements ChecksPlace {
  website = $state<string | null>(null);
  tab = $state<CheckTab>("runs");
  failing = $state(false);

  get place(): ChecksPlace {
    return { website: this.website, tab: this.tab, failing: this.failing };
  }

  set place({ website, tab, failing }: ChecksPlace) {
    this.website = website;
    this.tab = tab;
    this.failing = failing;
  }
}

export const checksView = new ChecksView();
