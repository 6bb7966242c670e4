// What passes while the reel plays: each event at the speeds at which it can be followed, else figures and what is marked.

import { untrack } from "svelte";
import { backend, type PassingEvent } from "../backend";
import { reel } from "../reel/reel.svelte";
import { bookmarks, messages, moment, playhead, recording, selection } from "../state";
import { Ahead } from "./ahead";
import { marksPassed, sayingOfAll, type Line, type NewLine } from "./lines";

/** The fastest speed at which events are shown one by one. */
const FASTEST_EXACT = 10;
/** The list keeps so many. */
const KEPT = 200;
/** It changes at most so often: nobody reads faster. */
const LIST_EVERY_MS = 120;
/** Figures come at most so often. */
const FIGURES_EVERY_MS = 500;

class PassingEvents {
  /** The newest ones, oldest first. */
  list = $state.raw<readonly Line[]>([]);
  /** Whether the list is read: only then it is told to screen readers. */
  listed = $state(false);

  #crowded = $state(false);
  readonly #ahead = new Ahead((range, limit) =>
    backend().passing({ range, filter: selection.filter, limit }, { lane: "passing" }),
  );
  readonly #listeners = new Set<(events: readonly PassingEvent[]) => void>();
  #fresh: NewLine[] = [];
  #serial = 0;
  #at: number | null = null;
  #figuresAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** True while every event is shown; false at higher speeds and where too much happens. */
  get exact(): boolean {
    return playhead.playing && playhead.speed <= FASTEST_EXACT && !this.#crowded;
  }

  /** Follows the playhead; call it while the app's root component is being made. */
  follow(): void {
    $effect(() => {
      const at = playhead.at;
      if (!playhead.playing || playhead.dragging || at === null || playhead.speed > FASTEST_EXACT) this.#ahead.drop();
      else this.#take(this.#ahead.pass(at, playhead.speed));
      this.#crowded = this.#ahead.crowded;
      untrack(() => this.#passMarks(at));
    });
    $effect(() => {
      const state = moment.state;
      if (state === null || !playhead.playing || this.exact) return;
      const now = performance.now();
      if (now - this.#figuresAt < FIGURES_EVERY_MS) return;
      this.#figuresAt = now;
      const sum = (of: "requests" | "errors"): number => state.edges.reduce((total, edge) => total + edge[of], 0);
      this.#add([{ what: "figures", at_us: state.at_us, requests: sum("requests"), errors: sum("errors") }]);
    });
    $effect(() => {
      void selection.filter;
      void recording.generation;
      this.#ahead.drop();
    });
    $effect(() => {
      void recording.current?.recording_id;
      this.#fresh = [];
      this.list = [];
    });
  }

  /** Calls `listener` with what passes, frame by frame; the function returned ends it. */
  on(listener: (events: readonly PassingEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(events: readonly PassingEvent[]): void {
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(events);
    this.#add(events.map((event) => ({ what: "event", at_us: event.at_us, event })));
  }

  /** Crashes, recoveries and bookmarks are said at every speed. */
  #passMarks(at: number | null): void {
    const before = this.#at;
    this.#at = playhead.playing && !playhead.dragging ? at : null;
    if (before !== null && at !== null && this.#at !== null) {
      this.#add(marksPassed(before, at, reel.marks, bookmarks.list));
    }
  }

  #add(lines: readonly NewLine[]): void {
    if (lines.length === 0) return;
    this.#fresh.push(...lines);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#publish(), LIST_EVERY_MS);
  }

  #publish(): void {
    this.#timer = undefined;
    const fresh = this.#fresh.map((line): Line => ({ ...line, serial: this.#serial++ }));
    this.#fresh = [];
    this.list = [...this.list, ...fresh].slice(-KEPT);
    if (this.listed && fresh.length > 0) messages.say(sayingOfAll(fresh));
  }
}

export const passing = new PassingEvents();
