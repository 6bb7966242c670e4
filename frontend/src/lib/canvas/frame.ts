// What happens in a frame: first what moves, then what follows from it, then the drawing. Each at most once, always the newest.

import { flushSync } from "svelte";

/**
 * Collects what is to happen in the next frame. Something asked for again before that takes its older place: cancelling and
 * asking anew would never draw while something moves in every frame. What a move changes is drawn in the same frame, so
 * that what is dragged stays under the pointer.
 */
export class Frames {
  readonly #request: (run: () => void) => unknown;
  readonly #settle: () => void;
  readonly #moves = new Map<object, () => void>();
  readonly #paintings = new Map<object, () => void>();
  #asked = false;

  /** `request` runs something in the next frame; `settle` lets everything follow what was moved. */
  constructor(request: (run: () => void) => unknown, settle: () => void) {
    this.#request = request;
    this.#settle = settle;
  }

  /** Moves something in the next frame. `what` stands for it: of several moves the newest counts. */
  move(what: object, job: () => void): void {
    this.#moves.set(what, job);
    this.#ask();
  }

  /** Carries out a move at once that still waits, as when the pointer is let go. */
  moveNow(what: object): void {
    const job = this.#moves.get(what);
    this.#moves.delete(what);
    job?.();
  }

  /** Paints something in the next frame, after everything that moves. */
  paint(what: object, job: () => void): void {
    this.#paintings.set(what, job);
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#request(() => this.#run());
  }

  #run(): void {
    const moves = taken(this.#moves);
    for (const job of moves) job();
    if (moves.length > 0) this.#settle();
    const paintings = taken(this.#paintings);
    // What asked during the moves was served; what asks from now on is served in the next frame.
    this.#asked = false;
    if (this.#moves.size > 0) this.#ask();
    for (const job of paintings) job();
  }
}

function taken(jobs: Map<object, () => void>): (() => void)[] {
  const due = [...jobs.values()];
  jobs.clear();
  return due;
}

/** The frames of the page. */
export const frames = new Frames(
  (run) => requestAnimationFrame(run),
  () => flushSync(),
);
