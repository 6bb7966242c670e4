// The rows of the shared range and filter, in the order the user chose: one of them selected, the playhead among them.

import type { AskOptions, Backend, Scope } from "../backend";
import { counted } from "../format";
import { messages, playhead, recording, selection } from "../state";
import { PlayheadRow, type GridHandle } from "./follow_playhead.svelte";
import { Rows, type PageSpan } from "./rows.svelte";
import type { RowSpan } from "./scroll_window";
import { listSummary } from "./summary";

/** Range, filter and order of a page. */
export interface SortedScope {
  scope: Scope;
  sort: string;
  descending: boolean;
}

export interface ScopedRows<R> {
  /** What one row is: `flow`. Names the lanes too. */
  noun: string;
  /** The column of the view that says when a row starts: the first order. */
  byTime: string;
  read: (host: Backend, question: SortedScope & PageSpan, options: AskOptions) => Promise<{ total: number; rows: R[] }>;
  /** How many rows of the scope start before `atUs`. */
  countBefore: (host: Backend, scope: Scope, atUs: number, options: AskOptions) => Promise<number>;
  idOf: (row: R) => number;
  startedUs: (row: R) => number;
  durationUs: (row: R) => number | null;
  /** The id of the row in the drawer, in the shared selection. */
  selectedId: () => number | null;
  select: (id: number | null) => void;
}

export class ScopedList<R> {
  sort = $state("");
  descending = $state(false);
  /** The grid: bind it. */
  grid = $state.raw<GridHandle | null>(null);
  inView = $state.raw<RowSpan>({ first: 0, end: 0 });
  readonly rows: Rows<R>;
  /** Where the playhead stands among the rows. */
  readonly atPlayhead: PlayheadRow<R>;

  readonly #what: ScopedRows<R>;

  /** Call it while a component is being made. */
  constructor(what: ScopedRows<R>) {
    this.#what = what;
    this.sort = what.byTime;
    this.rows = new Rows<R>({
      lane: `${what.noun}-rows`,
      listing: () => {
        const open = recording.current;
        if (open === null) return null;
        const question = { scope: selection.scope, sort: this.sort, descending: this.descending };
        return {
          of: open.recording_id,
          question,
          read: (host, page, options) => what.read(host, { ...question, ...page }, options),
        };
      },
      durationUs: what.durationUs,
    });
    this.atPlayhead = new PlayheadRow({
      lane: `${what.noun}-mark`,
      rows: this.rows,
      grid: () => this.grid,
      byTime: () => this.sort === what.byTime,
      descending: () => this.descending,
      selectedId: what.selectedId,
      countBefore: what.countBefore,
    });
    $effect(() => {
      const { total } = this.rows;
      if (total !== null && selection.filter !== "") messages.say(`${counted(total, what.noun)} match.`);
    });
  }

  get noun(): string {
    return this.#what.noun;
  }

  get idOf(): (row: R) => number {
    return this.#what.idOf;
  }

  get selectedId(): number | null {
    return this.#what.selectedId();
  }

  /** What the pane's head says. */
  readonly summary = $derived.by(() =>
    listSummary(this.rows.total, this.#what.noun, selection.filter !== "", this.inView),
  );

  /** Sorts by a column, the other way round when it is sorted by it already. */
  readonly sortBy = (column: string): void => {
    this.descending = column === this.sort ? !this.descending : false;
    this.sort = column;
    this.grid?.toTop();
  };

  /** Selects a row and moves the playhead to its start. `open` is false when the keyboard only passes by. */
  readonly choose = (row: R, open: boolean): void => {
    const id = this.#what.idOf(row);
    this.atPlayhead.chose(id);
    if (open || this.#what.selectedId() !== null) this.#what.select(id);
    playhead.pause();
    playhead.moveTo(this.#what.startedUs(row));
    if (open) playhead.settle();
  };

  /** Closes the drawer. */
  readonly close = (): void => this.#what.select(null);
}
