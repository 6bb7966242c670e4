// The time of what is watched again and again, websites and probes: the reel's, where the live recording is open, which alone has it.

import type { TimeRange } from "../backend";
import { playhead } from "./playhead.svelte";
import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";

class Watched {
  /** Takes the place of the selected range while no recording is open that has its time. */
  #span = $state.raw<TimeRange | null>(null);

  /** The instant that is shown; null is now. */
  readonly at = $derived(recording.isLive && playhead.placed !== null ? playhead.settledAt : null);

  /** The time that is looked at; null where none was chosen. */
  get span(): TimeRange | null {
    return recording.isLive ? selection.range : this.#span;
  }

  choose(span: TimeRange | null): void {
    if (recording.isLive) selection.setRange(span);
    else this.#span = span;
  }

  clear(): void {
    if (recording.isLive) selection.setRange(null);
    this.#span = null;
  }
}

export const watched = new Watched();
