// The row at the playhead: where it stands, and scrolling to it.

import { untrack } from "svelte";
import { pull, type AskOptions, type Backend, type Scope } from "../backend";
import { playhead, recording, selection } from "../state";
import type { Rows } from "./rows.svelte";

/** What the grid can be told. */
export interface GridHandle {
  toTop: () => void;
  reveal: (index: number) => void;
  pointAt: (index: number) => void;
}

export interface PlayheadFollowing<R> {
  /** The lane of its questions. */
  lane: string;
  rows: Rows<R>;
  grid: () => GridHandle | null;
  /** True while the rows are in order of their start. */
  byTime: () => boolean;
  descending: () => boolean;
  /** The selected row, wherever it was chosen. */
  selectedId: () => number | null;
  /** How many rows of the scope start before `atUs`. */
  countBefore: (host: Backend, scope: Scope, atUs: number, options: AskOptions) => Promise<number>;
}

export class PlayheadRow<R> {
  readonly #what: PlayheadFollowing<R>;
  /** Whose row was chosen in the grid itself; others, chosen elsewhere, are scrolled to. */
  #chosenHere: number | null = null;
  #revealNext = playhead.placed !== null;

  /** Call it while a component is being made. */
  constructor(what: PlayheadFollowing<R>) {
    this.#what = what;
    const place = pull({
      lane: what.lane,
      question: () => {
        const at = playhead.settledAt;
        return at === null || !what.byTime() ? null : { scope: selection.scope, at_us: at + 1 };
      },
      generation: () => recording.generation,
      ask: async (host, question, options) => ({
        question,
        before: await what.countBefore(host, question.scope, question.at_us, options),
      }),
    });
    this.#place = () => place.value;
    $effect(() => {
      const id = what.selectedId();
      untrack(() => {
        if (id !== null && id !== this.#chosenHere) this.#revealNext = true;
      });
    });
    $effect(() => {
      const { index } = this;
      const grid = what.grid();
      const following = playhead.playing;
      if (index === null || grid === null || what.rows.total === null || !(this.#isNow || following)) return;
      untrack(() => {
        if (!this.#revealNext && !following) return;
        this.#revealNext = false;
        grid.reveal(index);
        if (!following) grid.pointAt(index);
      });
    });
  }

  readonly #place: () => { question: { scope: Scope; at_us: number }; before: number } | null;

  /** Index of the last row that starts at or before the playhead; null when none does or the order is another. */
  readonly index = $derived.by(() => {
    const place = this.#place();
    if (place === null || place.before === 0 || !this.#what.byTime()) return null;
    return this.#what.descending() ? Math.max(0, (this.#what.rows.total ?? 0) - place.before) : place.before - 1;
  });

  /** True when the index is that of the playhead and the rows now, not of those before. */
  readonly #isNow = $derived.by(() => {
    const question = this.#place()?.question;
    const at = playhead.settledAt;
    return !this.#what.rows.outdated && question?.scope === selection.scope && at !== null && question.at_us === at + 1;
  });

  /** The row was chosen in the grid: it need not be scrolled to. */
  chose(id: number): void {
    this.#chosenHere = id;
  }
}
