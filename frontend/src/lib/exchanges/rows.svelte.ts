// The rows of the grid: read page by page as they come into view.

import { untrack } from "svelte";
import { ApiError, backend, type ExchangeRow, type Scope } from "../backend";
import { recording } from "../state";
import { PAGE_ROWS, PageCache, type PageRun } from "./page_cache";
import type { RowSpan } from "./scroll_window";

/** What is listed, and in which order. */
export interface Listing {
  recordingId: string;
  scope: Scope;
  sort: string;
  descending: boolean;
}

/** Rows above and below the view that are read with it. */
const AHEAD = 60;
/** A jump is asked for when it has rested so long. */
const REST_MS = 50;
const SLOW_MS = 150;
/** While rows are being added, what is shown is read again at most so often. */
const REFRESH_MS = 700;

export class Rows {
  /** Rows of the listing; null until known. */
  total = $state<number | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** True while an answer takes longer than 150 ms. */
  slow = $state(false);
  /** Longest duration among the rows read so far, for the shared scale. */
  longestUs = $state(0);

  readonly #cache = new PageCache<ExchangeRow>();
  #version = $state(0);
  #listing: Listing | null = null;
  #key = "";
  /** True while the rows shown are those of the listing before. */
  outdated = $state(false);
  #wanted: RowSpan = { first: 0, end: 0 };
  #underWay: PageRun | null = null;
  #serial = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshedAt = 0;

  /** Follows a listing; call it while a component is being made. */
  constructor(listing: () => Listing | null) {
    $effect(() => {
      const next = listing();
      untrack(() => this.#list(next));
    });
    $effect(() => {
      void recording.generation;
      untrack(() => this.#refresh());
    });
    $effect(() => () => this.#drop());
  }

  /** The row at an index, if it was read. Reactive. */
  at(index: number): ExchangeRow | undefined {
    void this.#version;
    return this.#cache.row(index);
  }

  /** These rows are in view. */
  want(span: RowSpan): void {
    this.#wanted = span;
    this.#soon(REST_MS);
  }

  again(): void {
    this.#cache.age();
    this.#soon(0);
  }

  #list(next: Listing | null): void {
    const key = JSON.stringify(next);
    if (key === this.#key) return;
    const other = next?.recordingId !== this.#listing?.recordingId;
    this.#key = key;
    this.#listing = next;
    this.#drop();
    this.#cache.age();
    this.outdated = true;
    if (next === null || other) this.#forget();
    this.#soon(0);
  }

  #forget(): void {
    this.#cache.clear();
    this.total = null;
    this.longestUs = 0;
    this.#version += 1;
  }

  #refresh(): void {
    const wait = Math.max(0, this.#refreshedAt + REFRESH_MS - Date.now());
    this.#refreshedAt = Date.now() + wait;
    setTimeout(() => this.again(), wait);
  }

  #drop(): void {
    this.#serial += 1;
    this.#underWay = null;
    clearTimeout(this.#timer);
    this.slow = false;
  }

  #soon(waitMs: number): void {
    const run = this.#missing();
    if (run === null || this.#listing === null) return;
    // What is under way serves at least a part of the view: let it end.
    if (this.#underWay && run.first < this.#underWay.end && run.end > this.#underWay.first) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), this.total === null ? 0 : waitMs);
  }

  #missing(): PageRun | null {
    const total = this.outdated || this.total === null ? Infinity : this.total;
    const first = Math.min(this.#wanted.first - AHEAD, total);
    const end = Math.min(Math.max(this.#wanted.end + AHEAD, PAGE_ROWS), total);
    return this.#cache.missing(first, end);
  }

  async #read(): Promise<void> {
    const run = this.#missing();
    const listing = this.#listing;
    if (run === null || listing === null) return;
    const serial = ++this.#serial;
    const current = (): boolean => serial === this.#serial;
    this.#underWay = run;
    const slowTimer = setTimeout(() => (this.slow = current()), SLOW_MS);
    const { scope, sort, descending } = listing;
    const offset = run.first * PAGE_ROWS;
    const limit = (run.end - run.first) * PAGE_ROWS;
    let failed = false;
    try {
      const page = await backend().exchanges({ scope, sort, descending, offset, limit }, { lane: "exchanges" });
      if (current()) this.#take(run, page.total, page.rows);
    } catch (thrown) {
      const met = ApiError.from(thrown);
      failed = true;
      if (current() && !met.moot) this.error = met;
    }
    clearTimeout(slowTimer);
    if (!current()) return;
    this.#underWay = null;
    this.slow = false;
    if (!failed) this.#soon(0);
  }

  #take(run: PageRun, total: number, rows: ExchangeRow[]): void {
    if (this.outdated) {
      this.#cache.clear();
      this.outdated = false;
      this.longestUs = 0;
    }
    this.error = null;
    this.total = total;
    this.#cache.put(run.first, rows, run.end - run.first);
    this.longestUs = rows.reduce((longest, row) => Math.max(longest, row.duration_us ?? 0), this.longestUs);
    this.#version += 1;
  }
}
