// Which pane is shown.

/** The panes that exist, in the rail's order. `key` follows `g`. */
export const PANES = [
  { id: "topology", title: "Topology", key: "t" },
  { id: "exchanges", title: "Exchanges", key: "e" },
  { id: "flows", title: "Flows", key: "f" },
  { id: "problems", title: "Problems", key: "i" },
  { id: "sql", title: "SQL", key: "q" },
] as const;

export type PaneId = (typeof PANES)[number]["id"];

class Pane {
  current = $state<PaneId>("topology");

  show(pane: PaneId): void {
    this.current = pane;
  }
}

export const pane = new Pane();
