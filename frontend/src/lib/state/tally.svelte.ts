// How much the selection holds: for the query box, the transport and the live region.

import { pull, type Density, type Pulled } from "../backend";
import { recording } from "./recording.svelte";
import { selection } from "./selection.svelte";

class Tally {
  #pulled: Pulled<Density> | null = $state.raw(null);

  /** Follows the selection; call it while the app's root component is being made. */
  follow(): void {
    this.#pulled = pull({
      lane: "tally",
      question: () => {
        const range = selection.range ?? recording.range;
        return range === null ? null : { range: closed(range), buckets: 1, filter: selection.filter };
      },
      generation: () => recording.generation,
      ask: (host, question, options) => host.density(question, options),
    });
  }

  /** Requests in the selected range, whatever the filter; null while unknown. */
  get requests(): number | null {
    return this.#pulled?.value?.requests[0] ?? null;
  }

  /** Of these, answered with 5xx or not at all. */
  get errors(): number | null {
    return this.#pulled?.value?.errors[0] ?? null;
  }

  /** Requests that match the filter; null without one. */
  get matches(): number | null {
    return selection.filter === "" ? null : (this.#pulled?.value?.matches[0] ?? null);
  }
}

/** The last packet lies on the end of a recording's range, the bucket ends before its end. */
function closed(range: { from_us: number; to_us: number }): { from_us: number; to_us: number } {
  return range === recording.range ? { from_us: range.from_us, to_us: range.to_us + 1 } : range;
}

export const tally = new Tally();
