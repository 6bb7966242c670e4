// The row of a long list that the keyboard is on.

import type { Scroller } from "./scroller.svelte";

export class RowCursor {
  #at = $state(0);
  readonly #scroller: Scroller;

  constructor(scroller: Scroller) {
    this.#scroller = scroller;
  }

  /** Its index, never beyond the list; 0 in an empty one. */
  get row(): number {
    return Math.min(this.#at, this.#last);
  }

  /** Puts it on a row, where it is not beyond the list. */
  put(row: number): void {
    this.#at = Math.min(Math.max(0, row), this.#last);
  }

  /** Moves it as a key says, and shows the row it is on then. False for a key that moves nothing. */
  move(key: string): boolean {
    const { viewPx, rowPx, rows } = this.#scroller.size;
    const page = Math.max(1, Math.floor(viewPx / rowPx) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows, End: rows }[key];
    if (step === undefined) return false;
    this.put(this.row + step);
    this.#scroller.follow(this.row);
    return true;
  }

  get #last(): number {
    return Math.max(0, this.#scroller.size.rows - 1);
  }
}
