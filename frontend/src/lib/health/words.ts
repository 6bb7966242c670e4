// What is said of Wirereel's own health.

import type { Health, HealthFinding, HealthQueue } from "../backend";
import { bytes, count, counted, duration, latencyQuantity, rateFigure, share, type Quantity } from "../format";

export type Tone = "ok" | "warn" | "err";

/** The line on top: whether all is well, or what is not. */
export interface Verdict {
  /** Null where nothing was measured. */
  tone: Tone | null;
  title: string;
  /** Facts that bear it out. */
  facts: string[];
}

export function verdictOf(health: Health): Verdict {
  if (health.measured_us === null) {
    return { tone: null, title: "Nothing was measured at this moment", facts: [] };
  }
  const { findings } = health;
  const [is, are] = health.present ? ["is", "are"] : ["was", "were"];
  if (findings.length === 0) return { tone: "ok", title: `All ${is} well`, facts: factsOf(health) };
  const worst = findings.some(({ grade }) => grade === "error") ? "err" : "warn";
  const title = findings.length === 1 ? `One thing ${is} wrong` : `${count(findings.length)} things ${are} wrong`;
  return { tone: worst, title, facts: factsOf(health) };
}

function factsOf({ ingest, queues, disk, whisperers }: Health): string[] {
  const capturing = whisperers.filter(({ state }) => state === "capturing").length;
  const facts = [capturing === 0 ? "nothing is captured" : `${counted(capturing, "whisperer")} capturing`];
  if (capturing > 0 && ingest.packets_per_s !== null) facts.push(`${rateFigure(ingest.packets_per_s)} packets/s`);
  if (ingest.lag_ms !== null) facts.push(`shown within ${duration(ingest.lag_ms * 1000)}`);
  const drops = queues.reduce((sum, queue) => sum + queue.drops, 0);
  facts.push(drops === 0 ? "nothing lost" : `${count(drops)} lost since Wirereel started`);
  if (disk.free_bytes !== null) facts.push(`${bytes(disk.free_bytes)} free on the disk`);
  return facts;
}

/** Since when something is wrong, or from when to when it was. */
export function lasted({ since_us, until_us }: HealthFinding, nowUs: number): string {
  return duration(Math.max(0, (until_us ?? nowUs) - since_us));
}

export const QUEUE_WORDS: Record<HealthQueue["state"], { word: string; tone: Tone | "t3" }> = {
  flowing: { word: "flowing", tone: "t3" },
  full: { word: "full", tone: "warn" },
  dropping: { word: "dropping", tone: "err" },
};

/** How full a queue is, 0 to 1; null where nobody can tell. */
export function fillOf({ depth, capacity }: HealthQueue): number | null {
  return depth === null || capacity === null || capacity === 0 ? null : Math.min(1, depth / capacity);
}

/** A depth or a capacity in its unit. */
export function queueAmount(n: number | null, { unit }: HealthQueue): string {
  return n === null ? "unknown" : unit === "bytes" ? bytes(n) : count(n);
}

/** A figure with its unit, or that it was not measured. */
export function quantity(value: number | null, write: (value: number) => Quantity): Quantity {
  return value === null ? { figure: "none", unit: "" } : write(value);
}

/** A share of one core: `11.8 %`. */
export function coreShare(cpu: number): Quantity {
  return { figure: cpu > 0 && cpu < 0.0005 ? "<0.1" : (cpu * 100).toFixed(1), unit: "% of a core" };
}

/** Milliseconds in the unit that fits. */
export function millis(ms: number): Quantity {
  return latencyQuantity(ms * 1000);
}

/** Microseconds in the unit that fits. */
export const microsQuantity = latencyQuantity;

/** Microseconds from the host, which may be none. */
export function micros(us: number | null): string {
  if (us === null) return "none";
  const { figure, unit } = latencyQuantity(us);
  return `${figure} ${unit}`;
}

/** A part of a whole in words, or nothing where there is none. */
export function partOf(part: number | null, whole: number | null): string {
  return part === null || whole === null || whole === 0 ? "" : share(Math.min(1, part / whole));
}
