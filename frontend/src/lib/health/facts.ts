// The lines of the sections beside the tables.

import type { Health, HealthHistory } from "../backend";
import { bytes, clock, count, duration } from "../format";
import { micros, millis, type Tone } from "./words";

/** A name and its figure. */
export interface FactRow {
  name: string;
  figure: string;
  tone?: Tone | "t3" | undefined;
  title?: string;
  /** Its part of the whole, 0 to 1, drawn as a bar. */
  part?: number;
  /** How it was on the charts' time. */
  trend?: readonly (number | null)[];
}

/** What was not measured has no figure. */
function fact<T>(name: string, value: T | null, write: (value: T) => string, more: Partial<FactRow> = {}): FactRow {
  return value === null ? { name, figure: "none", tone: "t3" } : { name, figure: write(value), ...more };
}

export function storeFacts({ store }: Health, history: HealthHistory | null = null): FactRow[] {
  const { retention_us, retention_ms, retention_hold_ms } = store;
  const ms = (value: number): string => {
    const { figure, unit } = millis(value);
    return `${figure} ${unit}`;
  };
  return [
    fact("Batch p50, p99", store.batch_p99_us, (p99) => `${micros(store.batch_p50_us)}, ${micros(p99)}`, {
      title: "Time until a batch was committed, of the last five to ten minutes",
      ...trend(history?.batch_p99_us),
    }),
    fact("Names p50, p99", store.follow_p99_us, (p99) => `${micros(store.follow_p50_us)}, ${micros(p99)}`, {
      title: "Time until names and roll-ups had followed, so that rows could be seen, of the last five to ten minutes",
    }),
    fact("Batches", store.batches, count),
    fact(
      "Checkpoint, the last one",
      store.checkpoint_ms,
      (took) => `${ms(took)}, ${count(store.checkpoints ?? 0)} so far`,
    ),
    store.retention_failed
      ? { name: "Retention", figure: "failed", tone: "err" }
      : fact("Retention, the last pass", retention_ms, (took) =>
          retention_us === null ? ms(took) : `${ms(took)} at ${clock(retention_us, "second")}`,
        ),
    fact("Rows waited for it at most", retention_hold_ms, ms),
  ];
}

export function memoryFacts({ memory }: Health): FactRow[] {
  const whole = memory.process_bytes;
  const room = (name: string, value: number | null, title: string): FactRow => {
    const part = value === null || whole === null || whole === 0 ? {} : { part: value / whole };
    return fact(name, value, bytes, { title, ...part });
  };
  const known = (memory.database_bytes ?? 0) + (memory.queue_bytes ?? 0) + (memory.held_bytes ?? 0);
  const rest = whole === null ? null : Math.max(0, whole - known);
  return [
    room("Database", memory.database_bytes, "Pages and questions under way, as the database counts them"),
    room("Queues", memory.queue_bytes, "Frames that wait for the live thread"),
    room("Out of order", memory.held_bytes, "Segments that wait for those before them"),
    room("Everything else", rest, "Tables of flows, programs' code, what panes have asked for"),
    fact("Flows followed", memory.open_flows, count),
    ...((memory.spilled_bytes ?? 0) > 0
      ? [fact("Put on the disk for want of memory", memory.spilled_bytes, bytes, { tone: "warn" })]
      : []),
  ];
}

export function diskFacts({ disk }: Health, history: HealthHistory | null = null): FactRow[] {
  const low = disk.free_bytes !== null && disk.bound_bytes !== null && disk.free_bytes < 2 * disk.bound_bytes;
  return [
    fact(
      "Segments of captures",
      disk.segment_bytes,
      (size) => `${bytes(size)} in ${count(disk.segments ?? 0)}`,
      trend(history?.segment_bytes),
    ),
    fact("Database", disk.database_bytes, bytes, trend(history?.database_bytes)),
    fact("Its log", disk.log_bytes, bytes),
    fact("Free", disk.free_bytes, bytes, { ...trend(history?.free_bytes), ...(low ? { tone: "warn" } : {}) }),
    fact("Capture pauses below", disk.bound_bytes, bytes),
  ];
}

const STAGE_NAMES: Record<string, string> = {
  file: "Capture files",
  link: "Link headers",
  network: "IP headers",
  transport: "TCP, UDP, ICMP headers",
  http: "HTTP",
  dns: "DNS",
  tls: "TLS",
};

export function parsingFacts({ parsing }: Health, history: HealthHistory | null = null): FactRow[] {
  const stages = parsing.map(({ stage, errors }): FactRow => ({
    name: STAGE_NAMES[stage] ?? stage,
    figure: count(errors),
    tone: errors > 0 ? "warn" : "t3",
  }));
  if (!parsing.some(({ errors }) => errors > 0)) return stages;
  const all = parsing.reduce((sum, { errors }) => sum + errors, 0);
  return [{ name: "All stages", figure: count(all), tone: "warn", ...trend(history?.parsing_errors) }, ...stages];
}

function trend(values: readonly (number | null)[] | undefined): Partial<FactRow> {
  return values === undefined ? {} : { trend: values };
}

/** How long ago something was measured, where that is worth saying. */
export function ageOf({ measured_us, present }: Health, at: number | null): string | null {
  if (present || measured_us === null || at === null || at - measured_us < 3e6) return null;
  return `Measured ${duration(at - measured_us)} before: nothing was looked at in between.`;
}
