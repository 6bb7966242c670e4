// What the pane asks: the websites in view, and the one that is looked at.

import { untrack } from "svelte";
import {
  backend,
  pull,
  type Pulled,
  type TimeRange,
  type WebsiteDetail,
  type WebsiteRow,
  type Websites,
} from "../backend";
import type { WebsiteSort, WebsitesQuestion, WebsiteState } from "../backend";
import { attempt } from "../exporting/saving";
import type { RowSpan } from "../grid/scroll_window";
import { checksView, recording, watched } from "../state";

/** Rows above and below the view that are read with it, in whole steps, so that a little scrolling asks nothing. */
const STEP_ROWS = 16;
/** The host gives no more rows at once. */
const MOST_ROWS = 200;
/** Typing has to rest so long before it is asked for. */
const SETTLE_MS = 120;
/** Columns of the heat map and points of the curve. */
const POINTS = 160;
/** Single results are read of so much time at most. */
const LONGEST_US = 31 * 86_400e6;

/** Which of them, and in which order; kept while another pane is shown. */
class Listing {
  search = $state("");
  state = $state<WebsiteState | null>(null);
  sort = $state<WebsiteSort>("state");
  descending = $state(false);

  /** Sorts by a column, the other way round when it is sorted by it already. */
  by(sort: WebsiteSort): void {
    this.descending =
      sort === this.sort ? !this.descending : sort !== "name" && sort !== "state" && sort !== "availability";
    this.sort = sort;
  }

  get narrowed(): boolean {
    return this.search.trim() !== "" || this.state !== null;
  }

  all(): void {
    this.search = "";
    this.state = null;
  }
}
export const listing = new Listing();

interface Answer {
  /** The question but for its page. */
  key: string;
  offset: number;
  websites: Websites;
}

export class ChecksModel {
  readonly list: Pulled<Answer>;
  readonly detail: Pulled<WebsiteDetail>;

  /** What stood first when nobody had chosen: the list goes on being sorted under it. */
  #first = $state<string | null>(null);
  #page = $state.raw({ offset: 0, limit: 3 * STEP_ROWS });
  /** Rises when figures are due. */
  #due = $state(0);
  /** Rows by index, of one question. */
  #rows = $state.raw<{ key: string; rows: ReadonlyMap<number, WebsiteRow> }>({ key: "", rows: new Map() });

  /** The instant that is shown; null is now. */
  readonly at = $derived(watched.at);

  /** Call it while the pane is being made. */
  constructor() {
    this.list = pull({
      lane: "websites",
      settleMs: SETTLE_MS,
      question: (): WebsitesQuestion => {
        const { search, state, sort, descending } = listing;
        return {
          ...(this.at === null ? {} : { at_us: this.at }),
          ...(search.trim() === "" ? {} : { search: search.trim() }),
          ...(state === null ? {} : { state }),
          sort,
          descending,
          ...this.#page,
        };
      },
      // A past moment does not change.
      generation: () => (this.at === null ? recording.checks + this.#due : 0),
      ask: async (host, question, options) => {
        const key = JSON.stringify({ ...question, offset: 0, limit: 0 });
        return { key, offset: question.offset, websites: await host.websites(question, options) };
      },
    });
    $effect(() => {
      const answer = this.list.value;
      if (answer !== null) untrack(() => this.#take(answer));
    });
    $effect(() => {
      const next = this.all?.frames.map(({ next_us }) => next_us).filter((us) => us !== null) ?? [];
      if (next.length === 0 || this.at !== null) return;
      const wait = Math.min(...next) / 1000 - Date.now();
      const timer = setTimeout(() => (this.#due += 1), Math.max(500, wait + 50));
      return () => clearTimeout(timer);
    });
    this.detail = pull({
      lane: "website",
      settleMs: SETTLE_MS,
      question: () => {
        const website = this.website;
        if (website === null) return null;
        const range = this.span;
        return {
          website,
          ...(range === null ? {} : { range: bounded(range) }),
          ...(this.at === null ? {} : { at_us: this.at }),
          points: POINTS,
        };
      },
      generation: () => this.#news,
      ask: (host, question, options) => host.website(question, options),
    });
  }

  /** The newest answer, whichever page it is of. */
  get all(): Websites | null {
    return this.list.value?.websites ?? null;
  }

  get total(): number {
    return this.all?.matching ?? 0;
  }

  /** A row by its index, if it was read. */
  row(index: number): WebsiteRow | undefined {
    return this.#rows.rows.get(index);
  }

  /** These rows are in view. */
  want({ first, end }: RowSpan): void {
    const from = Math.max(0, Math.floor(first / STEP_ROWS) - 1) * STEP_ROWS;
    const to = (Math.ceil(end / STEP_ROWS) + 1) * STEP_ROWS;
    const limit = Math.min(MOST_ROWS, to - from);
    if (from !== this.#page.offset || limit !== this.#page.limit) this.#page = { offset: from, limit };
  }

  /** Name of the one that is looked at: where none was chosen, what stood first when the list came. */
  get website(): string | null {
    return checksView.website ?? this.#first;
  }

  /** It is gone: the first of the list takes its place. */
  forgetWebsite(): void {
    checksView.website = null;
    this.#first = null;
    this.again();
  }

  /** Its row, as it was told last. */
  readonly chosen = $derived.by((): WebsiteRow | null => {
    const name = this.website;
    if (name === null) return null;
    for (const row of this.#rows.rows.values()) if (row.website === name) return row;
    const detail = this.detail.value;
    return detail?.row.website === name ? detail.row : null;
  });

  /** Where it stands in the list, if that was read. */
  readonly index = $derived.by((): number | null => {
    for (const [index, row] of this.#rows.rows) if (row.website === this.website) return index;
    return null;
  });

  /** The time that is looked at; null is the longest frame. */
  get span(): TimeRange | null {
    return watched.span;
  }

  again(): void {
    this.list.again();
    this.detail.again();
  }

  /** Changes with the last check of the one that is looked at, and when figures are told anew. */
  readonly #news = $derived.by((): number => {
    if (this.at !== null) return 0;
    const told = this.all?.frames.reduce((sum, { told_us }) => sum + told_us, 0) ?? 0;
    return told + (this.chosen?.last?.intended_us ?? 0) + recording.alerts.generation;
  });

  /** Alike for the first frame's end, so that what is drawn over time moves once per check. */
  get news(): number {
    return this.#news;
  }

  #take({ key, offset, websites }: Answer): void {
    const rows = new Map(this.#rows.key === key ? this.#rows.rows : []);
    websites.rows.forEach((row, n) => rows.set(offset + n, row));
    // Fewer match than before: what stood behind the last is gone.
    for (const index of rows.keys()) if (index >= websites.matching) rows.delete(index);
    this.#rows = { key, rows };
    if (websites.total === 0) this.#first = null;
    else this.#first ??= rows.get(0)?.website ?? null;
  }
}

function bounded({ from_us, to_us }: TimeRange): TimeRange {
  return { from_us: Math.max(from_us, to_us - LONGEST_US), to_us };
}

/** Rests a website, or wakes it. */
export function pause(model: ChecksModel, website: string, paused: boolean): Promise<void> {
  return attempt(async () => {
    await backend().websitePause(website, paused);
    model.again();
  });
}
