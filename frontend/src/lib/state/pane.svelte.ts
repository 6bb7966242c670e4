// Which pane is shown.

/** The panes that exist, in the rail's order; a line stands before each that begins a group. `key` follows `g`. */
export const PANES = [
  { id: "topology", title: "Topology", key: "t" },
  { id: "exchanges", title: "Exchanges", key: "e" },
  { id: "flows", title: "Flows", key: "f" },
  { id: "customers", title: "Customers", key: "u" },
  { id: "compare", title: "Compare", key: "c" },
  { id: "problems", title: "Problems", key: "i" },
  { id: "checks", title: "Checks", key: "k", begins: true },
  { id: "probes", title: "Probes", key: "p" },
  { id: "alerts", title: "Alerts", key: "a" },
  { id: "whisperers", title: "Whisperers", key: "w", begins: true },
  { id: "health", title: "Health", key: "h" },
  { id: "sql", title: "SQL", key: "q" },
] as const satisfies readonly { id: string; title: string; key: string; begins?: true }[];

type ListedPane = (typeof PANES)[number]["id"];

/** Every pane; `sequence` has no place in the rail, because it is opened from what it shows. */
export type PaneId = ListedPane | "sequence";

/** The pane of that name, or null. */
export function paneNamed(name: string): PaneId | null {
  return name === "sequence" ? name : (PANES.find(({ id }) => id === name)?.id ?? null);
}

class Pane {
  current = $state<PaneId>("topology");

  /** Where the sequence was opened from. */
  #before = $state<ListedPane>("exchanges");

  /** The one that the rail marks: the pane shown, or the one that the sequence was opened from. */
  get listed(): ListedPane {
    return this.current === "sequence" ? this.#before : this.current;
  }

  show(pane: PaneId): void {
    if (pane === "sequence" && this.current !== "sequence") this.#before = this.current;
    this.current = pane;
  }

  /** Leaves the sequence. */
  goBack(): void {
    this.current = this.#before;
  }
}

export const pane = new Pane();
