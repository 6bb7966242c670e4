// How often a large graph is drawn while the playhead moves.

/** A dragged playhead that rests so long is looked at. */
const REST_MS = 300;
const LEAST_MS = 500;
/** Drawing may take this part of the time at most. */
const SHARE = 1 / 6;

/** Runs something once the page has been painted: the graph is in one of the next two frames. */
function afterPainting(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(run)));
}

export class Pace {
  readonly #after: (run: () => void) => void;
  #drawnAt = -Infinity;
  #tookMs = 0;

  constructor(after: (run: () => void) => void = afterPainting) {
    this.#after = after;
  }

  /** How long the next drawing has to wait: during a drag until the hand rests, else until it is its turn. */
  waitMs(dragging: boolean, nowMs = performance.now()): number {
    const due = this.#drawnAt + Math.max(LEAST_MS, this.#tookMs / SHARE) - nowMs;
    return Math.max(0, dragging ? REST_MS : due);
  }

  /** Draws, and measures how long the page was busy with it. */
  draw(act: () => void, nowMs = performance.now()): void {
    this.#drawnAt = nowMs;
    act();
    this.#after(() => (this.#tookMs = performance.now() - nowMs));
  }
}
