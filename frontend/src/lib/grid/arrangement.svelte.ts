// Which columns of a grid are shown, in which order and how wide: remembered.

import { Remembered } from "../state";
import { arranged, moved, type Arrangement, type ArrangedColumn, type Column } from "./column";

const NARROWEST_PX = 40;
const WIDEST_PX = 900;
const FLEXIBLE_LEAST_PX = 130;

export class ColumnArrangement<R> {
  readonly #columns: readonly Column<R>[];
  readonly #first: Arrangement;
  readonly #arrangement: Remembered<Arrangement>;
  readonly #widths: Remembered<Record<string, number>>;

  /** `name` is the grid's in the workspace's memory. */
  constructor(name: string, columns: readonly Column<R>[], shownAtFirst: readonly string[]) {
    this.#columns = columns;
    this.#first = { order: columns.map((column) => column.id), shown: [...shownAtFirst] };
    this.#arrangement = new Remembered(`${name}.columns`, this.#first, readArrangement);
    this.#widths = new Remembered(`${name}.widths`, {}, readWidths);
  }

  /** Every column in order, shown or not. */
  readonly all: ArrangedColumn<R>[] = $derived.by(() => arranged(this.#columns, this.#arrangement.value));
  /** The shown ones. */
  readonly shown: Column<R>[] = $derived.by(() => this.all.filter(({ shown }) => shown).map(({ column }) => column));
  /** CSS `grid-template-columns`. */
  readonly template = $derived.by(() =>
    this.shown
      .map((column) => {
        const chosen = this.#widths.value[column.id];
        if (chosen !== undefined) return `${chosen}px`;
        return column.flexible ? `minmax(${leastOf(column)}px, 1fr)` : `${column.width}px`;
      })
      .join(" "),
  );
  /** Width below which the grid scrolls sideways. */
  readonly least = $derived.by(() =>
    this.shown.reduce(
      (sum, column) => sum + (this.#widths.value[column.id] ?? (column.flexible ? leastOf(column) : column.width)),
      0,
    ),
  );

  async load(): Promise<void> {
    await Promise.all([this.#arrangement.load(), this.#widths.load()]);
  }

  toggle(id: string): void {
    const { order, shown } = this.#arrangement.value;
    const next = shown.includes(id) ? shown.filter((other) => other !== id) : [...shown, id];
    this.#arrangement.value = { order, shown: next };
  }

  move(id: string, to: number): void {
    const order = moved(
      this.all.map(({ column }) => column.id),
      id,
      to,
    );
    this.#arrangement.value = { order, shown: this.#arrangement.value.shown };
  }

  resize(id: string, width: number): void {
    const fitting = Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, width)));
    this.#widths.value = { ...this.#widths.value, [id]: fitting };
  }

  /** Gives a column its first width back. */
  unsize(id: string): void {
    this.#widths.value = Object.fromEntries(Object.entries(this.#widths.value).filter(([other]) => other !== id));
  }

  reset(): void {
    this.#arrangement.value = this.#first;
    this.#widths.value = {};
  }
}

function leastOf(column: { least?: number }): number {
  return column.least ?? FLEXIBLE_LEAST_PX;
}

function readArrangement(stored: unknown): Arrangement | null {
  if (typeof stored !== "object" || stored === null) return null;
  const { order, shown } = stored as Partial<Arrangement>;
  const words = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((word) => typeof word === "string");
  return words(order) && words(shown) ? { order, shown } : null;
}

function readWidths(stored: unknown): Record<string, number> | null {
  if (typeof stored !== "object" || stored === null) return null;
  const entries = Object.entries(stored).filter(
    (entry): entry is [string, number] =>
      typeof entry[1] === "number" && entry[1] >= NARROWEST_PX && entry[1] <= WIDEST_PX,
  );
  return Object.fromEntries(entries);
}
