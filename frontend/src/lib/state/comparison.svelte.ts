// What the Compare pane compares.

import type { Metric, TimeWindow } from "../backend";

/** More than eight lines on one axis cannot be told apart. */
export const MOST_SERVICES = 8;
export const METRICS: readonly Metric[] = [
  "requests_in",
  "requests_out",
  "failure_rate",
  "p50",
  "p95",
  "p99",
  "active_connections",
  "bytes",
];
export const FIRST_METRIC: Metric = "requests_in";

/** What is chosen there. */
export interface Compared {
  /** Names of nodes, at most eight; null leaves the choice to the pane. */
  services: readonly string[] | null;
  metric: Metric;
  /** The window before; null is the time just before the selected range. */
  before: TimeWindow | null;
  /** What lies below the chart. */
  below: "difference" | "incidents";
}

class Comparison implements Compared {
  services = $state.raw<readonly string[] | null>(null);
  metric = $state<Metric>(FIRST_METRIC);
  before = $state.raw<TimeWindow | null>(null);
  below = $state<Compared["below"]>("difference");

  /** All of it at once, as an address holds it. */
  get choice(): Compared {
    const { services, metric, before, below } = this;
    return { services, metric, before, below };
  }

  set choice({ services, metric, before, below }: Compared) {
    this.services = services;
    this.metric = metric;
    this.before = before;
    this.below = below;
  }

  /** Forgets what belongs to one recording. The metric stays. */
  clear(): void {
    this.services = null;
    this.before = null;
  }
}

export const comparison = new Comparison();
