// Stepping from event to event: what the arrows stop at, and where the next one is.

import { ApiError, backend, type Direction, type FoundEvent } from "../backend";
import { clock } from "../format";
import { bookmarks, messages, oneOf, playhead, Remembered, selection } from "../state";
import { reel } from "./reel.svelte";

/** What can be stepped to. `auto`: matches of a filter, else failures, else (when nothing failed) exchanges. */
export const STEP_KINDS = [
  "auto",
  "error",
  "exchange",
  "connection",
  "connect",
  "crash",
  "alert",
  "gap",
  "bookmark",
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** What one of them is called. */
export const STEP_WORDS: Record<Exclude<StepKind, "auto">, string> = {
  error: "failure",
  exchange: "exchange",
  connection: "connection failure",
  connect: "connection",
  crash: "crash or other incident",
  alert: "alert",
  gap: "gap",
  bookmark: "bookmark",
};

class Steps {
  readonly #kind = new Remembered<StepKind>("reel.step", "auto", oneOf(...STEP_KINDS));

  /** What was chosen. */
  get kind(): StepKind {
    return this.#kind.value;
  }

  set kind(kind: StepKind) {
    this.#kind.value = kind;
  }

  /** What a step stops at now, in a word or two. */
  get words(): string {
    if (this.kind === "auto" && selection.filter !== "") return "match";
    return STEP_WORDS[this.#resolved];
  }

  get #resolved(): Exclude<StepKind, "auto"> {
    if (this.kind !== "auto") return this.kind;
    if (selection.filter !== "") return "exchange";
    return reel.overall?.errors.some((errors) => errors > 0) === true ? "error" : "exchange";
  }

  /** Moves the playhead to the next or previous event, and the window with it. */
  async step(direction: Direction, times = 1): Promise<void> {
    let at = playhead.at;
    if (at === null) return;
    playhead.pause();
    const [kind, words] = [this.#resolved, this.words];
    let label: string | null = null;
    try {
      for (let n = 0; n < times; n += 1) {
        const found: FoundEvent | null = await next(kind, at, direction);
        if (found === null) break;
        at = found.at_us;
        label = found.label;
      }
    } catch (thrown) {
      return messages.showError(ApiError.from(thrown));
    }
    if (label === null) {
      return messages.show(`No ${words} ${direction === "forward" ? "after" : "before"} ${clock(at)}.`);
    }
    playhead.moveTo(at);
    reel.reveal(at);
    messages.say(`${clock(at)}, ${label}`);
  }
}

async function next(
  kind: Exclude<StepKind, "auto">,
  from_us: number,
  direction: Direction,
): Promise<FoundEvent | null> {
  if (kind === "bookmark") return nextBookmark(from_us, direction);
  return backend().nextEvent({ from_us, direction, kind, filter: selection.filter }, { lane: "step" });
}

function nextBookmark(fromUs: number, direction: Direction): FoundEvent | null {
  const marked = [...bookmarks.list].sort((a, b) => a.at_us - b.at_us);
  const found =
    direction === "forward"
      ? marked.find(({ at_us }) => at_us > fromUs)
      : marked.findLast(({ at_us }) => at_us < fromUs);
  if (found === undefined) return null;
  return { at_us: found.at_us, label: found.note === "" ? "bookmark" : `bookmark ${found.note}`, exchange_id: null };
}

export const steps = new Steps();
