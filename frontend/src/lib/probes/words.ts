// What is said of probes.

import type { FoundTarget, HopFigures, HopReported, ProbeRow, ProbeRun, Probes, TargetHealth } from "../backend";
import type { Fact } from "../components";
import { clock, count, counted, duration, latency } from "../format";
import {
  availabilityWords,
  checksOf,
  looks,
  outcomeName,
  runLooks,
  sinceOf,
  stateWords,
  type Tone,
} from "../watched/words";
import { signedLatency } from "./path";

export const STATES = looks("not probed yet");
export const RUN_STATES = runLooks("no probe");

/** Below this, success stands out also where nobody is alarmed. */
const FINE = 0.98;
/** A start that is later than this is worth saying. */
const LATE_US = 50_000;

/** What the head says of all of them. */
export function listWords(all: Probes): string {
  const of = (state: ProbeRow["state"]): number => all.rows.filter((row) => row.state === state).length;
  const some = [
    [all.down, "down"],
    [of("self_offline"), "offline here"],
    [of("unknown"), "not probed yet"],
    [of("paused"), "paused"],
  ] as const;
  return [counted(all.total, "probe"), ...stateWords(all.total, some)].join(", ");
}

export function sinceWords(row: Pick<ProbeRow, "state" | "since_us">, nowUs: number): string {
  return sinceOf(STATES, row, nowUs);
}

const WHOLE: Record<number, string> = { [1e6]: "second", [60e6]: "minute", [3600e6]: "hour", [86_400e6]: "day" };

/** A length after `past` or `per`: `hour`, `10 min`. */
export function lengthWords(us: number): string {
  // A part of a second more or less is how ranges are cut.
  return WHOLE[Math.round(us / 1e6) * 1e6] ?? duration(us);
}

/** `every 10 s`. */
export function everyWords({ interval_ms }: Pick<ProbeRow, "interval_ms">): string {
  return `every ${lengthWords(interval_ms * 1000)}`;
}

/** `white-box, 5 hops, 1 does not report`. */
export function boxWords({ white_box, hops, hops_told, interval_ms }: ProbeRow): string {
  if (!white_box) return `black-box, ${everyWords({ interval_ms })}`;
  if (hops === 0) return "white-box, no hop known";
  const silent = hops - hops_told;
  const told =
    silent <= 0
      ? "all report"
      : silent === hops
        ? "none reports"
        : `${count(silent)} ${silent === 1 ? "does" : "do"} not report`;
  return `white-box, ${counted(hops, "hop")}, ${hops === 1 && silent <= 0 ? "reports" : told}`;
}

const HEALTH: Record<Exclude<TargetHealth, "unknown">, { word: string; tone: Tone }> = {
  passing: { word: "passing", tone: "t3" },
  warning: { word: "warning", tone: "warn" },
  critical: { word: "critical", tone: "err" },
  maintenance: { word: "in maintenance", tone: "t3" },
};

/** What a source says of a target's health; nothing where it says nothing. */
export function healthOf({ health }: Pick<FoundTarget, "health">): { word: string; tone: Tone } | null {
  return health === "unknown" ? null : HEALTH[health];
}

/** Who found a target: `cart on n1, found by production, critical; stale: …`. */
export function foundWords(found: FoundTarget): string {
  const { source, service, node, tags, stale } = found;
  const what = service === "" ? "" : node === "" ? `${service}, ` : `${service} on ${node}, `;
  const said = [`${what}found by ${source}`, ...(tags.length === 0 ? [] : [`tagged ${tags.join(" ")}`])];
  const health = healthOf(found);
  if (health !== null) said.push(health.word);
  return said.join(", ") + (stale === null ? "" : `; stale: ${stale}`);
}

export function successTone(success: number | null): Tone | "" {
  if (success === null) return "t3";
  return success <= 0.8 ? "err" : success < FINE ? "warn" : "";
}

/** The way of a probe: `Region A sender to catalog`. */
export function wayWords({ from_region, to_service, to_region, target }: ProbeRow): string {
  const from = from_region === "" ? "Sender" : `${from_region} sender`;
  const to = to_service || to_region || target.replace(/^[a-z]+:\/\//, "");
  return `${from} to ${to}`;
}

const REPORTS: Record<HopReported, string> = { reported: "yes", observed: "from packets", opaque: "no" };

export function reportsWords(reported: HopReported): string {
  return REPORTS[reported];
}

/** A percentile of a hop's part: `unknown` where a hop that is there does not tell. */
export function partWords(us: number | null, hop: HopFigures): string {
  if (us !== null) return signedLatency(us);
  return hop.reported === "opaque" ? "unknown" : "none";
}

/** What came of a probe in a word: its status, or why there was none. */
export function runOutcome(run: ProbeRun): string {
  if (run.state === "overrun" || run.state === "self_offline") return RUN_STATES[run.state].word;
  if (run.failure === "grpc_status" && run.grpc_status !== null) return `gRPC ${grpcName(run.grpc_status)}`;
  if (run.failure === "http_status" && run.http_status !== null) return `HTTP ${run.http_status}`;
  if (run.failure !== null) return outcomeName(run.failure);
  if (run.grpc_status !== null) return grpcName(run.grpc_status);
  return run.http_status === null ? RUN_STATES[run.state].word : String(run.http_status);
}

// The canonical status codes of gRPC, by their number.
const GRPC = [
  "OK",
  "cancelled",
  "unknown",
  "invalid argument",
  "deadline exceeded",
  "not found",
  "already exists",
  "permission denied",
  "resource exhausted",
  "failed precondition",
  "aborted",
  "out of range",
  "unimplemented",
  "internal",
  "unavailable",
  "data loss",
  "unauthenticated",
];

export function grpcName(status: number): string {
  return GRPC[status] ?? `status ${status}`;
}

/** What is known of a single probe, beside its path. */
export function runFacts(run: ProbeRun): Fact[] {
  const lateBy = run.at_us - run.intended_us;
  const facts: (Fact | null)[] = [
    fact("Total", run.total_us === null ? null : latency(run.total_us)),
    fact("Connect", run.connect_us === null ? null : `${latency(run.connect_us)}, before the total`),
    lateBy < LATE_US
      ? null
      : { name: "Late by", text: duration(lateBy), title: `It was to begin at ${clock(run.intended_us)}` },
    fact("Instants", run.instants > 1 ? `stands for ${count(run.instants)}` : null),
    fact("gRPC", run.grpc_status === null ? null : `${run.grpc_status} ${grpcName(run.grpc_status)}`),
    fact("HTTP", run.http_status === null ? null : String(run.http_status)),
    fact("From", run.local, { mono: true }),
    fact("To", run.remote, { mono: true }),
    fact("Kind", run.white_box ? "white-box" : "black-box"),
    fact("Ignored", run.ignored_records === 0 ? null : counted(run.ignored_records, "record"), { tone: "warn" }),
  ];
  return facts.filter((one) => one !== null);
}

function fact(name: string, text: string | null, more: Partial<Fact> = {}): Fact | null {
  return text === null ? null : { name, text, ...more };
}

/** A row for those who do not see it. */
export function spoken(row: ProbeRow, pastMs: number, nowUs: number): string {
  const { figures } = row;
  const parts = [`${row.probe}, ${sinceWords(row, nowUs)}`, boxWords(row)];
  if (row.found !== null) parts.push(foundWords(row.found));
  const past = `past ${duration(pastMs * 1000)}`;
  parts.push(
    checksOf(figures) === 0
      ? `${past}: no probes`
      : `${past}: ${availabilityWords(figures.success)} success, total p50 ${latency(figures.total.p50_us)}`,
  );
  if (row.state === "down" && row.last?.reason != null) parts.push(row.last.reason);
  return parts.join("; ");
}
