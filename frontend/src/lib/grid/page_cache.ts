// Pages of a long list that were read lately, by page number.

/** Rows per page. */
export const PAGE_ROWS = 200;
/** Pages read with one question at most: the host gives no more than 1,000 rows. */
const PAGES_AT_ONCE = 5;
/** Pages kept; the ones used longest ago go first. */
const PAGES_KEPT = 80;

/** A run of pages, half-open. */
export interface PageRun {
  first: number;
  end: number;
}

interface Page<R> {
  rows: R[];
  /** Read again when it is needed next; shown until then. */
  stale: boolean;
}

export class PageCache<R> {
  readonly #pages = new Map<number, Page<R>>();

  /** The row at an index, if it was read. */
  row(index: number): R | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];
  }

  /** Every row that is held. */
  *rows(): Iterable<R> {
    for (const page of this.#pages.values()) yield* page.rows;
  }

  /** Takes rows that start at a page's first row. */
  put(firstPage: number, rows: R[], pages: number): void {
    for (let i = 0; i < pages; i++) {
      const part = rows.slice(i * PAGE_ROWS, (i + 1) * PAGE_ROWS);
      this.#pages.delete(firstPage + i);
      this.#pages.set(firstPage + i, { rows: part, stale: false });
    }
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(oldest);
    }
  }

  clear(): void {
    this.#pages.clear();
  }

  /** Marks everything as to be read again. */
  age(): void {
    for (const page of this.#pages.values()) page.stale = true;
  }

  /** The pages to read next for these rows: the first run of missing or stale ones, or null. */
  missing(first: number, end: number): PageRun | null {
    const from = Math.floor(Math.max(0, first) / PAGE_ROWS);
    const to = Math.ceil(end / PAGE_ROWS);
    for (let page = from; page < to; page++) {
      if (!this.#wanting(page)) continue;
      let last = page + 1;
      while (last < to && last - page < PAGES_AT_ONCE && this.#wanting(last)) last++;
      return { first: page, end: last };
    }
    return null;
  }

  #wanting(page: number): boolean {
    return this.#pages.get(page)?.stale ?? true;
  }
}
