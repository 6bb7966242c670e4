// What became of a problem: a word and a shape for each state.

import type { ProblemState } from "../backend";
import type { IconName } from "../components";

export interface StateStyle {
  word: string;
  icon: IconName;
  tone: "ok" | "warn" | "err";
  /** In a sentence. */
  means: string;
}

export const STATES: Readonly<Record<ProblemState, StateStyle>> = {
  waiting: { word: "waiting", icon: "clock", tone: "warn", means: "It will be tried once more." },
  recovered: { word: "recovered", icon: "check", tone: "ok", means: "A later try could read it." },
  definitive: { word: "definitive", icon: "x", tone: "err", means: "No further try can help." },
};
