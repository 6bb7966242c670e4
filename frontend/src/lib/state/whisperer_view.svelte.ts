// Which whisperer is looked at, and which of its tabs.

export const WHISPERER_TABS = ["status", "capture", "parsing"] as const;
export type WhispererTab = (typeof WHISPERER_TABS)[number];

/** What an address says of it. */
export interface WhispererPlace {
  /** Null is the first of the list. */
  id: string | null;
  tab: WhispererTab;
}

class WhispererView implements WhispererPlace {
  id = $state<string | null>(null);
  tab = $state<WhispererTab>("status");
  /** True until the first wrong value of the configuration has the focus. */
  fixing = $state(false);

  get place(): WhispererPlace {
    return { id: this.id, tab: this.tab };
  }

  set place({ id, tab }: WhispererPlace) {
    this.id = id;
    this.tab = tab;
  }

  /** Leads to what is wrong in a whisperer's configuration. */
  fix(id: string | null): void {
    this.id = id;
    if (this.tab === "status") this.tab = "capture";
    this.fixing = true;
  }
}

export const whispererView = new WhispererView();
