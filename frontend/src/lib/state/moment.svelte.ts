// The graph at the playhead, pulled while the playhead moves.

import { ApiError, backend, type StateAt } from "../backend";
import { playhead } from "./playhead.svelte";
import { selection } from "./selection.svelte";

/** At most so often; one question at a time. */
const EVERY_MS = 80;

class Moment {
  /** Open connections and the last ten seconds' requests per edge; null when the playhead rests. */
  state = $state.raw<StateAt | null>(null);

  #asking = false;
  #askedAt = 0;
  #askedFor: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Follows the playhead; call it while the app's root component is being made. */
  follow(): void {
    $effect(() => {
      const at = playhead.at;
      if (!playhead.moving || at === null) {
        clearTimeout(this.#timer);
        this.#askedFor = null;
        this.state = null;
        return;
      }
      this.#soon();
    });
  }

  #soon(): void {
    if (this.#asking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, this.#askedAt + EVERY_MS - performance.now()));
  }

  async #ask(): Promise<void> {
    const at = playhead.at;
    if (at === null || at === this.#askedFor || !playhead.moving) return;
    this.#asking = true;
    this.#askedAt = performance.now();
    this.#askedFor = at;
    try {
      const state = await backend().stateAt(at, selection.filter, { lane: "state" });
      if (playhead.moving) this.state = state;
    } catch (thrown) {
      // The panes' own pulls say what is wrong; the next move asks again.
      if (!ApiError.from(thrown).moot) this.#askedFor = null;
    }
    this.#asking = false;
    if (playhead.moving && playhead.at !== at) this.#soon();
  }
}

export const moment = new Moment();
