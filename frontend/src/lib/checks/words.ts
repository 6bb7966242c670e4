// What is said of websites and their checks.

import type { CheckFrame, CheckRun, DownRule, WebsiteRow, Websites } from "../backend";
import { clock, counted, duration, latency } from "../format";
import {
  availabilityWords,
  checksOf,
  looks,
  outcomeName,
  outcomesWords,
  runLooks,
  sinceOf,
  stateWords,
  type Tone,
} from "../watched/words";

/** How a state is drawn and called. */
export const STATES = looks("not checked yet");
export const RUN_STATES = runLooks("no check");

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
  const some = [
    [all.down, "down"],
    [all.self_offline, "offline here"],
    [all.unknown, "not checked yet"],
    [all.paused, "paused"],
  ] as const;
  return [counted(all.total, "website"), ...stateWords(all.total, some)].join(", ");
}

/** `up since 10:46:10`. */
export function sinceWords(row: Pick<WebsiteRow, "state" | "since_us">, nowUs: number): string {
  return sinceOf(STATES, row, nowUs);
}

export function availabilityTone(availability: number | null, rule: DownRule | null): Tone | "" {
  if (availability === null) return "t3";
  if (rule !== null && availability * 100 <= rule.percent) return "err";
  return availability < FINE ? "warn" : "";
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
