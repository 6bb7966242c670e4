// Which alert is looked at, and which list of the pane.

export const ALERT_LISTS = ["alerts", "rules", "targets"] as const;
export type AlertList = (typeof ALERT_LISTS)[number];

/** What an address says of it. */
export interface AlertsPlace {
  /** Null is the first of the list. */
  id: string | null;
  list: AlertList;
}

class AlertsView implements AlertsPlace {
  id = $state<string | null>(null);
  list = $state<AlertList>("alerts");

  get place(): AlertsPlace {
    return { id: this.id, list: this.list };
  }

  set place({ id, list }: AlertsPlace) {
    this.id = id;
    this.list = list;
  }

  /** Leads to an alert. */
  look(id: string): void {
    this.id = id;
    this.list = "alerts";
  }
}

export const alertsView = new AlertsView();
