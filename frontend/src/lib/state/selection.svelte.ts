// The one selection that drives every pane: range, filter, and what is looked at more closely.

import type { Scope, SequenceOf, TimeRange } from "../backend";

/** What the inspector shows: a service, or the edge from `client` to `server`. */
export interface Inspected {
  client: string | null;
  server: string;
}

class Selection {
  /** The selected range, or null for the whole recording. Changes when a drag ends, not during it. */
  range = $state.raw<TimeRange | null>(null);
  /** The filter in force: always a text the host accepted; empty for none. */
  filter = $state("");
  /** The node or edge in the inspector; null closes it. */
  inspected = $state.raw<Inspected | null>(null);
  /** The exchange whose detail is open. */
  exchangeId = $state<number | null>(null);
  /** The flow whose detail is open. */
  flowId = $state<number | null>(null);
  /** What the sequence pane shows. */
  sequence = $state.raw<SequenceOf | null>(null);
  /** The stage of reading whose problems are listed; null is every stage. */
  stage = $state<string | null>(null);

  #sourceId = $state<number | null>(null);

  readonly #scope = $derived<Scope>({ range: this.range, filter: this.filter });

  /** The source whose problems are listed; null is every source. Another source may have no problem of the stage. */
  get sourceId(): number | null {
    return this.#sourceId;
  }
  set sourceId(id: number | null) {
    if (id !== this.#sourceId) this.stage = null;
    this.#sourceId = id;
  }

  /** Range and filter: what is counted. Pull with it. */
  get scope(): Scope {
    return this.#scope;
  }

  /** Selects from one instant to another, in either order; an empty range is no range. */
  setRange(range: TimeRange | null): void {
    if (range === null) {
      this.range = null;
      return;
    }
    const from_us = Math.round(Math.min(range.from_us, range.to_us));
    const to_us = Math.round(Math.max(range.from_us, range.to_us));
    this.range = from_us === to_us ? null : { from_us, to_us };
  }

  /** Moves the range so that it ends at an instant; its length stays. */
  endRangeAt(us: number): void {
    if (this.range === null || this.range.to_us === us) return;
    this.range = { from_us: us - (this.range.to_us - this.range.from_us), to_us: us };
  }

  /** Adds a term to the filter, for instance `server:payment`. */
  addToFilter(term: string): void {
    const terms = this.filter.trim();
    if (terms === "") this.filter = term;
    else if (!` ${terms} `.includes(` ${term} `)) this.filter = `${terms} ${term}`;
  }

  /** Forgets everything, as when another recording is opened. */
  clear(): void {
    this.range = null;
    this.filter = "";
    this.inspected = null;
    this.exchangeId = null;
    this.flowId = null;
    this.sourceId = null;
    this.sequence = null;
    this.stage = null;
  }
}

export const selection = new Selection();
