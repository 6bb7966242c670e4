// What is said of websites and their checks.

import type {
  CheckFigures,
  CheckFrame,
  CheckOutcome,
  CheckRun,
  CheckState,
  DownRule,
  WebsiteRow,
  Websites,
  WebsiteState,
} from "../backend";
import type { IconName } from "../components";
import { clock, count, counted, day, duration, latency, share } from "../format";

export type Tone = "ok" | "warn" | "err" | "t3";

/** How a state is drawn and called. */
export const STATES: Record<WebsiteState, { word: string; icon: IconName; tone: Tone }> = {
  down: { word: "down", icon: "warn", tone: "err" },
  self_offline: { word: "this machine is offline", icon: "minus", tone: "warn" },
  unknown: { word: "not checked yet", icon: "clock", tone: "t3" },
  up: { word: "up", icon: "check", tone: "ok" },
  paused: { word: "paused", icon: "pause", tone: "t3" },
};

export const RUN_STATES: Record<CheckState, { word: string; icon: IconName; tone: Tone }> = {
  up: { word: "up", icon: "check", tone: "ok" },
  down: { word: "down", icon: "warn", tone: "err" },
  overrun: { word: "no check", icon: "clock", tone: "t3" },
  self_offline: { word: "offline here", icon: "minus", tone: "warn" },
};

/** Below this, availability stands out also where nobody is alarmed. */
const FINE = 0.98;

/** `10 min`. */
export function frameName({ past_ms }: Pick<CheckFrame, "past_ms">): string {
  return duration(past_ms * 1000);
}

/** `10 min figures of 10:48:20, next in 4 s`. */
export function frameWords(frame: CheckFrame, nowUs: number): string {
  const told = `${frameName(frame)} figures of ${clock(frame.told_us, "second")}`;
  if (frame.next_us === null) return told;
  const left = Math.max(0, Math.ceil((frame.next_us - nowUs) / 1e6));
  return `${told}, next in ${left < 60 ? `${left} s` : duration(left * 1e6)}`;
}

/** `80%`: without a fraction where there is none. */
export function percent(of: number): string {
  return `${Number(of.toFixed(2))}%`;
}

/** `down at or below 80% over 2 min`. */
export function ruleWords({ percent: at, over_ms }: DownRule): string {
  return `down at or below ${percent(at)} over ${duration(over_ms * 1000)}`;
}

/** What the head says of all websites. */
export function listWords(all: Websites): string {
  const parts = [counted(all.total, "website")];
  const some: [number, string][] = [
    [all.down, "down"],
    [all.self_offline, "offline here"],
    [all.unknown, "not checked yet"],
    [all.paused, "paused"],
  ];
  for (const [n, word] of some)
    if (n > 0) parts.push(n < all.total ? `${count(n)} ${word}` : n === 1 ? word : `all ${word}`);
  if (parts.length === 1 && all.total > 0) parts.push(all.total === 1 ? "up" : "all up");
  return parts.join(", ");
}

/** `up since 10:46:10`; with the day where it is another one. */
export function sinceWords({ state, since_us }: Pick<WebsiteRow, "state" | "since_us">, nowUs: number): string {
  const { word } = STATES[state];
  if (since_us === null || state === "unknown") return word;
  const sameDay = day(since_us) === day(nowUs);
  return `${word} since ${sameDay ? "" : `${day(since_us)}, `}${clock(since_us, sameDay ? "second" : "minute")}`;
}

export function availabilityTone(availability: number | null, rule: DownRule | null): Tone | "" {
  if (availability === null) return "t3";
  if (rule !== null && availability * 100 <= rule.percent) return "err";
  return availability < FINE ? "warn" : "";
}

/** `72.5%`; `none` where nothing counts. */
export function availabilityWords(availability: number | null): string {
  return availability === null ? "none" : fixedShare(availability);
}

/** A share with one place, also where it is whole, so that a column of them lines up. */
function fixedShare(part: number): string {
  return part === 1 ? "100.0%" : part === 0 ? "0.0%" : share(part);
}

/** Answers before failures, each the most frequent first. */
export function outcomesInOrder(outcomes: readonly CheckOutcome[]): CheckOutcome[] {
  return [...outcomes].sort(
    (a, b) => Number(a.failure) - Number(b.failure) || b.count - a.count || a.outcome.localeCompare(b.outcome),
  );
}

/** `timeout` from `timeout`, `name not found` from `name_not_found`. */
export function outcomeName(outcome: string): string {
  return outcome.replaceAll("_", " ");
}

/** `200 ×229, 503 ×9, timeout ×2`. */
export function outcomesWords(outcomes: readonly CheckOutcome[]): string {
  return outcomesInOrder(outcomes)
    .map(({ outcome, count: n }) => `${outcomeName(outcome)} ×${count(n)}`)
    .join(", ");
}

/** How many checks figures are of. */
export function checksOf({ up, down }: Pick<CheckFigures, "up" | "down">): number {
  return up + down;
}

/** What came of a check in a word: its status, or why there was none. */
export function runOutcome(run: Pick<CheckRun, "state" | "status" | "failure">): string {
  if (run.state === "overrun" || run.state === "self_offline") return RUN_STATES[run.state].word;
  if (run.failure !== null && (run.status === null || run.state === "up")) return outcomeName(run.failure);
  return run.status === null ? RUN_STATES[run.state].word : String(run.status);
}

/** A mean, which the host gives with a fraction. */
export function mean(us: number | null): string {
  return us === null ? "none" : latency(us);
}

/** A row for those who do not see it. */
export function spoken(row: WebsiteRow, frames: readonly CheckFrame[], nowUs: number): string {
  const figures = frames.map((frame, n) => {
    const of = row.figures[n];
    if (of === undefined || checksOf(of) === 0) return `past ${frameName(frame)}: no checks`;
    const outcomes = of.outcomes.filter(({ failure }) => failure);
    const failed = outcomes.length === 0 ? "" : `, ${outcomesWords(outcomes)}`;
    return `past ${frameName(frame)}: ${availabilityWords(of.availability)} available, response mean ${mean(of.response.avg_us)}${failed}`;
  });
  return [`${row.website}, ${sinceWords(row, nowUs)}`, ...figures].join("; ");
}
