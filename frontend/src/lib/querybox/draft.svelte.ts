// The filter being typed: its verdict and suggestions, and what the keys do with them.

import { ApiError, backend, type Suggestion } from "../backend";
import { selection } from "../state";
import type { Verdict } from "./pieces";

const SETTLE_MS = 140;

export class Draft {
  text = $state(selection.filter);
  verdict = $state.raw<Verdict | null>(null);
  suggestions = $state.raw<Suggestion[]>([]);
  /** The highlighted suggestion, or -1. */
  chosen = $state(-1);
  /** Whether suggestions and reasons are shown. */
  open = $state(false);

  #cursor = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    if (this.text !== "") void this.#check();
  }

  /** Why the text is not a filter; null while it is one or the verdict is not there yet. */
  get reason(): string | null {
    return this.verdict?.text === this.text ? (this.verdict.problem?.message ?? null) : null;
  }

  /** True when Enter would change the filter in force. */
  get changed(): boolean {
    return this.text.trim() !== selection.filter;
  }

  /** Takes a filter that was set elsewhere. */
  take(filter: string): void {
    if (filter === this.text.trim()) return;
    this.text = filter;
    this.open = false;
    void this.#check();
  }

  /** The text or the place in it changed. */
  typed(text: string, cursor: number): void {
    this.text = text;
    this.#cursor = cursor;
    this.chosen = -1;
    this.open = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#consult(), SETTLE_MS);
  }

  /** Moves the highlight; beyond the ends it leaves the list. */
  choose(by: 1 | -1): void {
    const count = this.suggestions.length;
    if (count === 0) return;
    this.open = true;
    this.chosen = ((this.chosen + 1 + by + count + 1) % (count + 1)) - 1;
  }

  /** Puts a suggestion into the text; gives the new place of the cursor. */
  accept(suggestion: Suggestion): number {
    const { start, end, insert } = suggestion;
    const text = this.text.slice(0, start) + insert + this.text.slice(end);
    const cursor = start + insert.length;
    this.typed(text, cursor);
    return cursor;
  }

  /** Makes the text the filter in force, if it is one. */
  async apply(): Promise<void> {
    clearTimeout(this.#timer);
    const text = this.text.trim();
    await this.#check();
    if (this.text.trim() !== text) return;
    if (this.verdict?.problem === null) {
      selection.filter = text;
      this.open = false;
    } else {
      this.open = true;
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.text = "";
    this.verdict = null;
    this.suggestions = [];
    this.open = false;
    selection.filter = "";
  }

  async #consult(): Promise<void> {
    await Promise.all([this.#check(), this.#suggest()]);
  }

  async #check(): Promise<void> {
    const text = this.text;
    try {
      const check = await backend().checkFilter(text, { lane: "filter-check" });
      this.verdict = { text, tokens: check.tokens, problem: check.problem };
    } catch (thrown) {
      const met = ApiError.from(thrown);
      if (!met.moot) this.verdict = { text, tokens: [], problem: { start: 0, end: 0, message: met.message } };
    }
  }

  async #suggest(): Promise<void> {
    const text = this.text;
    const question = { text, cursor: this.#cursor, range: selection.range };
    try {
      const suggestions = await backend().completeFilter(question, { lane: "filter-complete" });
      if (this.text === text) this.suggestions = suggestions;
    } catch (thrown) {
      // Without a recording there are no values to suggest; the verdict says what is wrong with the text.
      if (!ApiError.from(thrown).moot) this.suggestions = [];
    }
  }
}
