// What is said of anything that is watched again and again: its state, and what came of it how often.

import type { CheckOutcome, CheckState, ProbeRow, WebsiteRow, WebsiteState } from "../backend";
import type { IconName } from "../components";
import { clock, count, day, share } from "../format";

export type Tone = "ok" | "warn" | "err" | "t3";

/** How a state is drawn and called. */
export interface Look {
  word: string;
  icon: IconName;
  tone: Tone;
}

/** How the states of something are drawn and called; `unknown` says what was not done yet. */
export function looks(unknown: string): Record<WebsiteState, Look> {
  return {
    down: { word: "down", icon: "warn", tone: "err" },
    self_offline: { word: "this machine is offline", icon: "minus", tone: "warn" },
    unknown: { word: unknown, icon: "clock", tone: "t3" },
    up: { word: "up", icon: "check", tone: "ok" },
    paused: { word: "paused", icon: "pause", tone: "t3" },
  };
}

/** How the states of single results are drawn and called; `overrun` says what there was not. */
export function runLooks(overrun: string): Record<CheckState, Look> {
  return {
    up: { word: "up", icon: "check", tone: "ok" },
    down: { word: "down", icon: "warn", tone: "err" },
    overrun: { word: overrun, icon: "clock", tone: "t3" },
    self_offline: { word: "offline here", icon: "minus", tone: "warn" },
  };
}

/** `up since 10:46:10`; with the day where it is another one. */
export function sinceOf(
  states: Record<WebsiteState, Look>,
  { state, since_us }: Pick<WebsiteRow | ProbeRow, "state" | "since_us">,
  nowUs: number,
): string {
  const { word } = states[state];
  if (since_us === null || state === "unknown") return word;
  const sameDay = day(since_us) === day(nowUs);
  return `${word} since ${sameDay ? "" : `${day(since_us)}, `}${clock(since_us, sameDay ? "second" : "minute")}`;
}

/** `72.5%`, with one place also where it is whole, so that a column of them lines up; `none` where nothing counts. */
export function availabilityWords(availability: number | null): string {
  if (availability === null) return "none";
  return availability === 1 ? "100.0%" : availability === 0 ? "0.0%" : share(availability);
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

/** How many results figures are of. */
export function checksOf({ up, down }: { up: number; down: number }): number {
  return up + down;
}

/** What the head says of all of them beside their number: `1 down, 2 paused`, or that all are up. */
export function stateWords(total: number, some: readonly (readonly [n: number, word: string])[]): string[] {
  const parts = some
    .filter(([n]) => n > 0)
    .map(([n, word]) => (n < total ? `${count(n)} ${word}` : n === 1 ? word : `all ${word}`));
  if (parts.length === 0 && total > 0) parts.push(total === 1 ? "up" : "all up");
  return parts;
}
