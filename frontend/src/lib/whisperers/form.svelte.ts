// The form of a whisperer's configuration: what is saved, what was typed over it, and what the host says about both.

import { untrack } from "svelte";
import { ApiError, backend, pull, type Pulled, type Whisperer, type WhispererConfig } from "../backend";
import {
  changedElsewhere,
  differs,
  drafted,
  elsewhere,
  proposed,
  setValue,
  stateOf,
  stillDiffering,
  valueOf,
  wrongOf,
  type Draft,
  type Drafts,
  type Verdict,
} from "../form/drafts";
import type { FieldForm, FieldView } from "../form/field_view";
import type { Field } from "../form/schema";
import { same, write } from "../form/values";
import { whisperers, type Part } from "./whisperers.svelte";

/** What is typed is checked when it has stood still for so long. */
const SETTLE_MS = 250;
const NOTHING: WhispererConfig = { capture: {}, parsing: {} };

/** What was typed for every whisperer, by its id: looking at another one, or at another pane, loses nothing. */
class Kept {
  drafts = $state.raw<ReadonlyMap<string, Drafts>>(new Map());
}
const kept = new Kept();

export class ConfigForm implements FieldForm {
  /** The field that is being typed in. */
  typing = $state<string | null>(null);
  applying = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** Fields whose saved change waits for the capture to start again. */
  waiting = $state.raw<readonly Field[]>([]);

  #checked: Pulled<Verdict> | null = $state.raw(null);

  readonly #whisperer: () => Whisperer | null;
  readonly #saved = $derived.by(() => this.#whisperer()?.config ?? NOTHING);
  readonly #drafts = $derived.by((): Drafts => kept.drafts.get(this.#id) ?? new Map());
  readonly #proposed = $derived(proposed(this.#saved, whisperers.fields, this.#drafts));
  readonly #views = $derived(new Map(whisperers.fields.map((field) => [field.path, this.#viewOf(field)])));

  /** Call it while a component is being made. */
  constructor(whisperer: () => Whisperer | null) {
    this.#whisperer = whisperer;
    this.#checked = pull({
      lane: "whisperer-check",
      settleMs: SETTLE_MS,
      question: () => {
        const id = this.#whisperer()?.id;
        return id === undefined ? null : { id, config: this.#proposed };
      },
      // What is allowed depends on the interfaces that its host has.
      generation: () => {
        const one = this.#whisperer();
        return one === null ? 0 : one.interfaces.length + (one.state === "capturing" ? 1000 : 0);
      },
      ask: async (host, { id, config }, options) => ({
        config,
        problems: await host.whispererCheck(id, config, options),
      }),
    });
    // Saved elsewhere with the same value: there is nothing left to apply.
    $effect(() => {
      const left = stillDiffering(this.#drafts, whisperers.fields, this.#saved, this.typing);
      untrack(() => {
        if (left !== this.#drafts && !this.applying) this.#keep(left);
      });
    });
    $effect(() => {
      if (this.#whisperer()?.restart_needed === false) this.waiting = [];
    });
  }

  get #id(): string {
    return this.#whisperer()?.id ?? "";
  }

  view(field: Field): FieldView {
    return this.#views.get(field.path) ?? this.#viewOf(field);
  }

  /** Why nothing can be checked. */
  get checkError(): ApiError | null {
    return this.#checked?.error ?? null;
  }

  /** Problems that no field stands for. */
  get otherProblems() {
    return elsewhere(this.#checked?.value?.problems ?? [], whisperers.fields);
  }

  get changes(): FieldView[] {
    return [...this.#views.values()].filter((view) => view.drafted);
  }

  get invalid(): FieldView[] {
    return [...this.#views.values()].filter(({ state }) => state === "invalid");
  }

  changesIn(part: Part): number {
    return this.changes.filter(({ field, state }) => field.part === part && state !== "invalid").length;
  }

  invalidIn(part: Part): number {
    return this.invalid.filter(({ field }) => field.part === part).length;
  }

  /** Those of the changes that need the capture to start again. */
  get restarting(): FieldView[] {
    return this.changes.filter(({ field }) => field.restarts);
  }

  /** True when every value of both parts is the default. */
  get isDefault(): boolean {
    return whisperers.fields.every((field) => same(this.view(field).value, field.fallback));
  }

  type(field: Field, text: string): void {
    this.typing = field.path;
    this.#put(field, text);
  }

  /** A value that is chosen and not typed is whole at once. */
  choose(field: Field, value: unknown): void {
    this.#put(field, write(field, value));
  }

  left(field: Field): void {
    if (this.typing === field.path) this.typing = null;
  }

  /** Takes what is saved, perhaps elsewhere, for what was typed. */
  drop(field: Field): void {
    const left = new Map(this.#drafts);
    left.delete(field.path);
    this.left(field);
    this.#keep(left);
  }

  revert(): void {
    this.typing = null;
    this.error = null;
    this.#keep(new Map());
  }

  /** Changes every value to its default; nothing is saved before it is applied. */
  resetAll(): void {
    for (const field of whisperers.fields) if (field.fallback !== undefined) this.choose(field, field.fallback);
  }

  /** Saves what was typed. What needs the capture to start again is in `waiting` afterwards. */
  async apply(): Promise<void> {
    const whisperer = this.#whisperer();
    if (whisperer === null || this.applying) return;
    this.applying = true;
    this.error = null;
    this.typing = null;
    try {
      const { problems, restart } = await backend().whispererSave(whisperer.id, this.#proposed);
      if (problems.length > 0) {
        this.#checked?.again();
        return;
      }
      await whisperers.refresh();
      this.waiting = whisperers.fields.filter(({ path }) => restart.includes(path));
      this.#keep(new Map(), whisperer.id);
    } catch (thrown) {
      this.error = ApiError.from(thrown);
    } finally {
      this.applying = false;
    }
  }

  #put(field: Field, text: string): void {
    const draft = drafted(field, text, this.#saved, this.#drafts.get(field.path));
    this.#keep(new Map(this.#drafts).set(field.path, draft));
  }

  #keep(drafts: Drafts, id = this.#id): void {
    kept.drafts = new Map(kept.drafts).set(id, drafts);
  }

  #viewOf(field: Field): FieldView {
    const draft: Draft | undefined = this.#drafts.get(field.path);
    const config = this.#saved;
    const verdict = this.#checked?.value ?? null;
    const wrong = wrongOf(field, draft, this.#proposed, verdict);
    const checked =
      this.checkError !== null ||
      (verdict !== null && same(setValue(verdict.config, field), setValue(this.#proposed, field)));
    return {
      field,
      text: draft?.text ?? write(field, valueOf(config, field)),
      value: valueOf(this.#proposed, field),
      state: stateOf(field, { draft, wrong, typing: this.typing === field.path, checked, config }),
      wrong,
      drafted: draft !== undefined && differs(field, draft, config),
      elsewhere: draft === undefined ? null : changedElsewhere(field, draft, config),
    };
  }
}
