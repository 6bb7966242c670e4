// The rows of a grid: read page by page as they come into view.

import { untrack } from "svelte";
import { ApiError, backend, type AskOptions, type Backend } from "../backend";
import { recording } from "../state";
import { PAGE_ROWS, PageCache, type PageRun } from "./page_cache";
import type { RowSpan } from "./scroll_window";

/** Rows from `offset` on, at most `limit`. */
export interface PageSpan {
  offset: number;
  limit: number;
}

/** What is listed, in which order, and how it is read. */
export interface Listing<R> {
  /** Whose rows they are: those of another are forgotten at once, not kept until the next ones come. */
  of: string;
  /** Range, filter, order: compared as JSON, another one lists other rows. */
  question: object;
  read: (host: Backend, page: PageSpan, options: AskOptions) => Promise<{ total: number; rows: R[] }>;
}

/** How rows are followed. */
export interface Following<R> {
  /** The lane of its questions; one per grid on the screen. */
  lane: string;
  listing: () => Listing<R> | null;
  /** What a row's bar shows in the shared scale. */
  durationUs?: (row: R) => number | null;
}

/** Rows above and below the view that are read with it. */
const AHEAD = 60;
/** A jump is asked for when it has rested so long. */
const REST_MS = 50;
const SLOW_MS = 150;
/** While rows are being added, what is shown is read again at most so often. */
const REFRESH_MS = 700;

export class Rows<R> {
  /** Rows of the listing; null until known. */
  total = $state<number | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** True while an answer takes longer than 150 ms. */
  slow = $state(false);
  /** Longest duration among the rows read so far, for the shared scale. */
  longestUs = $state(0);

  readonly #cache = new PageCache<R>();
  readonly #lane: string;
  readonly #durationUs: (row: R) => number | null;
  #version = $state(0);
  #listing: Listing<R> | null = null;
  #key = "";
  /** True while the rows shown are those of the listing before. */
  outdated = $state(false);
  #wanted: RowSpan = { first: 0, end: 0 };
  #underWay: PageRun | null = null;
  #serial = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshedAt = 0;

  /** Follows a listing; call it while a component is being made. */
  constructor(what: Following<R>) {
    this.#lane = what.lane;
    this.#durationUs = what.durationUs ?? (() => null);
    $effect(() => {
      const next = what.listing();
      untrack(() => this.#list(next));
    });
    $effect(() => {
      void recording.generation;
      untrack(() => this.#refresh());
    });
    $effect(() => () => this.#drop());
  }

  /** The row at an index, if it was read. Reactive. */
  at(index: number): R | undefined {
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

  #list(next: Listing<R> | null): void {
    const key = JSON.stringify([next?.of, next?.question]);
    if (key === this.#key) return;
    const other = next?.of !== this.#listing?.of;
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
    // None so far may be some by now: the first page is always one to read.
    const total = this.outdated || !this.total ? Infinity : this.total;
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
    const offset = run.first * PAGE_ROWS;
    const limit = (run.end - run.first) * PAGE_ROWS;
    let failed = false;
    try {
      const page = await listing.read(backend(), { offset, limit }, { lane: this.#lane });
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

  #take(run: PageRun, total: number, rows: R[]): void {
    if (this.outdated) {
      this.#cache.clear();
      this.outdated = false;
      this.longestUs = 0;
    }
    this.error = null;
    this.total = total;
    this.#cache.put(run.first, rows, run.end - run.first);
    this.longestUs = rows.reduce((longest, row) => Math.max(longest, this.#durationUs(row) ?? 0), this.longestUs);
    this.#version += 1;
  }
}
