// A lane holds at most one question: a newer one aborts the older one.

import { ApiError } from "./error";

/** The questions under way, one per lane. */
export class Lanes {
  readonly #current = new Map<string, AbortController>();

  /**
   * Runs `ask` in `lane`, aborting what ran there before. Rejects with code `superseded` when a newer question
   * comes first, even if the host answers nevertheless. Without a lane, nothing is aborted.
   */
  async run<A>(lane: string | undefined, ask: (signal: AbortSignal) => Promise<A>): Promise<A> {
    const controller = new AbortController();
    if (lane === undefined) return ask(controller.signal);
    this.#current.get(lane)?.abort();
    this.#current.set(lane, controller);
    try {
      const answer = await ask(controller.signal);
      if (controller.signal.aborted) throw superseded();
      return answer;
    } catch (thrown) {
      throw controller.signal.aborted ? superseded() : thrown;
    } finally {
      if (this.#current.get(lane) === controller) this.#current.delete(lane);
    }
  }
}

function superseded(): ApiError {
  return new ApiError("superseded", "A newer question took this one's place.");
}
