// Events pulled ahead of the playhead while it plays, and handed out when it passes them.

import type { Passing, PassingEvent, TimeRange } from "../backend";

/** A window is so long on the wall, whatever the speed. */
const WINDOW_S = 1.5;
/** The next window is asked for when less than this is left. */
const LEAD_S = 0.9;
/** At more than 1× no more events per second of the wall than this are shown one by one. */
export const MOST_PER_S = 200;
/** At 1× every event is shown: the most that one question may give. */
const MOST_PER_WINDOW = 2000;

/** Asks for at most so many events of a range. */
export type AskPassing = (range: TimeRange, limit: number) => Promise<Passing>;

export class Ahead {
  readonly #ask: AskPassing;
  #events: PassingEvent[] = [];
  /** The first of `#events` that has not been passed. */
  #next = 0;
  /** Everything before this instant is known. */
  #knownTo = 0;
  /** Where the playhead was last; null when nothing is pulled. */
  #at: number | null = null;
  /** Rises when what is under way is no longer wanted. */
  #serial = 0;
  #asking = false;
  #crowded = false;

  constructor(ask: AskPassing) {
    this.#ask = ask;
  }

  /** True while too much happens to show each event. */
  get crowded(): boolean {
    return this.#crowded;
  }

  /**
   * The playhead is at `at` and plays at `speed`: gives what it passed since the last call, in order. After a jump it begins
   * anew. An answer that is late delays events but loses none, unless it is later than a whole window.
   */
  pass(at: number, speed: number): PassingEvent[] {
    const window = WINDOW_S * 1e6 * speed;
    const jumped = this.#at !== null && (at < this.#at || at > this.#at + window || at > this.#knownTo + window);
    if (this.#at === null || jumped) {
      this.drop();
      this.#knownTo = Math.floor(at);
    }
    this.#at = at;
    const first = this.#next;
    while (this.#next < this.#events.length && (this.#events[this.#next]?.at_us ?? Infinity) <= at) this.#next += 1;
    const passed = this.#events.slice(first, this.#next);
    if (this.#knownTo - at < LEAD_S * 1e6 * speed) void this.#pull(window, speed);
    return passed;
  }

  /** Forgets everything, as when the playhead stops or is taken elsewhere. */
  drop(): void {
    this.#serial += 1;
    this.#asking = false;
    this.#crowded = false;
    this.#events = [];
    this.#next = 0;
    this.#at = null;
  }

  async #pull(window: number, speed: number): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const serial = this.#serial;
    const range = { from_us: this.#knownTo, to_us: this.#knownTo + Math.ceil(window) };
    const limit = speed === 1 ? MOST_PER_WINDOW : Math.ceil(MOST_PER_S * WINDOW_S);
    try {
      const answer = await this.#ask(range, limit);
      if (serial === this.#serial) this.#take(answer, range, speed);
    } catch {
      // The window stays unknown and is asked for again; the panes' own pulls say what is wrong with the host.
    }
    if (serial === this.#serial) this.#asking = false;
  }

  #take(answer: Passing, range: TimeRange, speed: number): void {
    this.#crowded = speed > 1 && answer.truncated;
    this.#events.splice(0, this.#next);
    this.#next = 0;
    if (this.#crowded) {
      this.#knownTo = range.to_us;
      return;
    }
    this.#events.push(...answer.events);
    this.#knownTo = answer.truncated ? Math.max(answer.complete_to_us, range.from_us + 1) : range.to_us;
  }
}
