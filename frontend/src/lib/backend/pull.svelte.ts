// Pulling: a component says what it wants to know, and gets the newest answer to it.

import { untrack } from "svelte";
import { backend } from "./index";
import type { AskOptions, Backend } from "./backend";
import { ApiError } from "./error";

/** The state of a pulled answer. Reactive; read it in templates and effects. */
export interface Pulled<A> {
  /** The newest answer, kept while the next one is on its way. */
  readonly value: A | null;
  /** Why the newest question was not answered. `value` is still the answer before it. */
  readonly error: ApiError | null;
  /** True while a question is under way that has taken longer than 150 ms: time to show it. */
  readonly slow: boolean;
  /** True until the first answer or error. */
  readonly pending: boolean;
  /** Asks the same question again. */
  again: () => void;
}

/** What `pull` needs to know. */
export interface Pull<Q, A> {
  /** The lane; one per place on the screen. */
  lane: string;
  /** The question now, or null when there is nothing to ask. Reactive. */
  question: () => Q | null;
  /** Asks it. */
  ask: (backend: Backend, question: Q, options: AskOptions) => Promise<A>;
  /** Reactive: a change asks the same question again, for instance `recording.generation`. */
  generation?: () => number;
  /** Wait so long after a change before asking, in milliseconds. 0 without. */
  settleMs?: number;
}

const SLOW_MS = 150;
/** While rows are being added, the same question is asked at most so often. */
const REFRESH_MS = 500;

/**
 * Asks whenever `question()` changes (compared as JSON), in a lane, so that at most one question is under way. With
 * null the value is cleared. Call it while a component is being made.
 */
export function pull<Q, A>(what: Pull<Q, A>): Pulled<A> {
  const puller = new Puller(what);
  $effect(() => {
    const question = what.question();
    what.generation?.();
    untrack(() => puller.want(question));
  });
  $effect(() => () => puller.end());
  return puller;
}

class Puller<Q, A> implements Pulled<A> {
  value = $state.raw<A | null>(null);
  error = $state.raw<ApiError | null>(null);
  slow = $state(false);
  pending = $state(true);

  readonly #what: Pull<Q, A>;
  #wanted: Q | null = null;
  #key = "null";
  /** Rises when the answer under way is no longer wanted. */
  #serial = 0;
  #underWay = false;
  #askedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** True when the same question has to be asked once more after the answer under way. */
  #stale = false;

  constructor(what: Pull<Q, A>) {
    this.#what = what;
  }

  /** Takes note of the question, or of rows added under the same question. */
  want(question: Q | null): void {
    const key = JSON.stringify(question);
    const same = key === this.#key;
    this.#wanted = question;
    this.#key = key;
    if (question === null) {
      this.end();
      [this.value, this.error, this.slow, this.pending] = [null, null, false, true];
    } else if (!same) {
      this.end();
      this.#schedule(this.#what.settleMs ?? 0);
    } else if (this.#underWay) {
      this.#stale = true;
    } else {
      this.#schedule(Math.max(0, this.#askedAt + REFRESH_MS - Date.now()));
    }
  }

  again(): void {
    if (this.#wanted !== null) this.#schedule(0);
  }

  /** Drops what is under way. */
  end(): void {
    this.#serial += 1;
    this.#underWay = false;
    this.#stale = false;
    clearTimeout(this.#timer);
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    const question = this.#wanted;
    if (question === null) return;
    const serial = ++this.#serial;
    const current = (): boolean => serial === this.#serial;
    this.#underWay = true;
    this.#stale = false;
    this.#askedAt = Date.now();
    const slowTimer = setTimeout(() => (this.slow = current()), SLOW_MS);
    try {
      const answer = await this.#what.ask(backend(), question, { lane: this.#what.lane });
      if (current()) [this.value, this.error] = [answer, null];
    } catch (thrown) {
      const met = ApiError.from(thrown);
      if (current() && !met.moot) this.error = met;
    }
    clearTimeout(slowTimer);
    if (!current()) return;
    this.#underWay = false;
    [this.slow, this.pending] = [false, false];
    if (this.#stale) this.#schedule(Math.max(0, this.#askedAt + REFRESH_MS - Date.now()));
  }
}
