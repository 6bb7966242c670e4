// Where a long list is scrolled to: the row at the top as truth, the browser's scroll offset following it.

import { untrack } from "svelte";
import {
  clampPosition,
  offsetOf,
  revealed,
  rowsInView,
  scaled,
  scrolled,
  trackPx,
  type ListSize,
  type RowSpan,
} from "./scroll_window";

/** After so long without scrolling, a scaled track's offset is brought in line with the position. */
const REST_MS = 160;

/** How long the list is. Reactive. */
export interface ScrolledList {
  rows: () => number;
  /** False while it is not known yet how many rows there are: the position is kept. */
  known?: () => boolean;
  rowPx: number;
  /** Height of what stands above the rows inside the scrolled element. */
  headPx?: number;
}

export class Scroller {
  /** The element that scrolls: bind it. */
  element = $state<HTMLElement | null>(null);
  /** Its inner height: bind it. */
  height = $state(0);
  /** The row at the upper edge, with fraction. */
  position = $state(0);

  readonly #list: ScrolledList;
  #offset = 0;
  #restTimer: ReturnType<typeof setTimeout> | undefined;

  /** Call it while a component is being made. */
  constructor(list: ScrolledList) {
    this.#list = list;
    // Fewer rows, or a higher view: stay inside.
    $effect(() => {
      const inside = clampPosition(this.size, this.position);
      if ((list.known?.() ?? true) && inside !== this.position) untrack(() => this.moveTo(inside));
    });
    $effect(() => () => clearTimeout(this.#restTimer));
  }

  readonly size = $derived.by((): ListSize => {
    const { rows, rowPx, headPx = 0 } = this.#list;
    return { rows: rows(), rowPx, viewPx: Math.max(0, this.height - headPx) };
  });
  /** Rows at least partly in view. */
  readonly span = $derived.by((): RowSpan => rowsInView(this.size, this.position));
  /** Height of the track. */
  readonly track = $derived.by(() => trackPx(this.size));

  /** Distance of a row from the upper edge. */
  y(index: number): number {
    return (index - this.position) * this.#list.rowPx;
  }

  moveTo(position: number): void {
    this.position = clampPosition(this.size, position);
    this.#align();
  }

  /** Moves as little as needed to show a row wholly. */
  follow(index: number): void {
    const next = revealed(this.size, this.position, index);
    if (next !== this.position) this.moveTo(next);
  }

  /** Shows a row; in the middle when it is not in view. */
  reveal(index: number): void {
    const inView = this.size.viewPx / this.#list.rowPx;
    if (index >= this.position && index + 1 <= this.position + inView) return;
    this.moveTo(index - Math.floor(inView / 2));
  }

  /** The element was scrolled. */
  readonly scrolled = (): void => {
    if (!this.element) return;
    const now = this.element.scrollTop;
    if (now === this.#offset) return;
    this.position = scrolled(this.size, this.position, this.#offset, now);
    this.#offset = now;
    if (!scaled(this.size)) return;
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#align(), REST_MS);
  };

  /** Brings the scroll bar to where the position is. */
  #align(): void {
    if (!this.element) return;
    this.element.scrollTop = offsetOf(this.size, this.position);
    this.#offset = this.element.scrollTop;
  }
}
