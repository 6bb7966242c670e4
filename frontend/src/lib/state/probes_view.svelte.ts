// Which probe is looked at, and what of it.

export const PROBE_TABS = ["path", "runs"] as const;
export type ProbeTab = (typeof PROBE_TABS)[number];
export const PROBE_LISTS = ["list", "regions"] as const;
export type ProbeList = (typeof PROBE_LISTS)[number];

/** What an address says of it. */
export interface ProbesPlace {
  /** Null is the first of the list. */
  probe: string | null;
  /** Probes one by one, or by the regions between which they are. */
  list: ProbeList;
  tab: ProbeTab;
  /** Only probes that did not succeed are listed. */
  failing: boolean;
  /** When the one that is looked at was to begin; null is the latest. */
  runUs: number | null;
}

class ProbesView implements ProbesPlace {
  list = $state<ProbeList>("list");
  tab = $state<ProbeTab>("path");
  failing = $state(false);
  runUs = $state<number | null>(null);
  #probe = $state<string | null>(null);

  get probe(): string | null {
    return this.#probe;
  }

  /** What was looked at of another probe is no longer looked at. */
  set probe(probe: string | null) {
    if (probe !== this.#probe) this.runUs = null;
    this.#probe = probe;
  }

  get place(): ProbesPlace {
    return { probe: this.probe, list: this.list, tab: this.tab, failing: this.failing, runUs: this.runUs };
  }

  set place({ probe, list, tab, failing, runUs }: ProbesPlace) {
    this.#probe = probe;
    this.list = list;
    this.tab = tab;
    this.failing = failing;
    this.runUs = runUs;
  }
}

export const probesView = new ProbesView();
