// What passes while the reel plays: each event at the speeds at which it can be followed.

import { backend, type PassingEvent } from "../backend";
import { count, counted } from "../format";
import { messages, playhead, recording, selection } from "../state";
import { Ahead } from "./ahead";
import { sayingOf } from "./words";

/** The fastest speed at which events are shown one by one. */
const FASTEST_EXACT = 10;
/** The list keeps so many. */
const KEPT = 200;
/** It changes at most so often: nobody reads faster. */
const LIST_EVERY_MS = 120;

/** An event that passed. */
export interface Passed extends PassingEvent {
  /** Rises by one from event to event. */
  serial: number;
}

class PassingEvents {
  /** The newest ones, oldest first. */
  list = $state.raw<readonly Passed[]>([]);
  /** Whether the list is read: only then it is told to screen readers. */
  listed = $state(false);

  #crowded = $state(false);
  readonly #ahead = new Ahead((range, limit) =>
    backend().passing({ range, filter: selection.filter, limit }, { lane: "passing" }),
  );
  readonly #listeners = new Set<(events: readonly PassingEvent[]) => void>();
  #fresh: Passed[] = [];
  #serial = 0;
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
    for (const event of events) this.#fresh.push({ ...event, serial: this.#serial++ });
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#publish(), LIST_EVERY_MS);
  }

  #publish(): void {
    this.#timer = undefined;
    const fresh = this.#fresh;
    this.#fresh = [];
    this.list = [...this.list, ...fresh].slice(-KEPT);
    const last = fresh.findLast((event) => event.failed) ?? fresh.at(-1);
    if (!this.listed || last === undefined) return;
    const failed = fresh.filter((event) => event.failed).length;
    const figures = `${counted(fresh.length, "event")}${failed > 0 ? `, ${count(failed)} failed` : ""}`;
    messages.say(`${figures}: ${sayingOf(last)}`);
  }
}

export const passing = new PassingEvents();
