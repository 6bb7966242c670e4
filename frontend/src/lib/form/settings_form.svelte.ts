// A form of settings: what is saved, what was typed over it, and what the host says about both.

import type { ApiError, Pulled } from "../backend";
import {
  changedElsewhere,
  differs,
  drafted,
  elsewhere,
  proposed,
  setValue,
  stateOf,
  valueOf,
  wrongOf,
  type Configuration,
  type Drafts,
  type HostProblem,
  type Verdict,
} from "./drafts";
import type { FieldForm, FieldView } from "./field_view";
import type { Field } from "./schema";
import { same, write } from "./values";

/** What is typed is checked when it has stood still for so long. */
export const SETTLE_MS = 250;

export abstract class SettingsForm<C extends Configuration> implements FieldForm {
  /** The field that is being typed in. */
  typing = $state<string | null>(null);
  error = $state.raw<ApiError | null>(null);

  /** What the host says, once it is asked. */
  protected checked: Pulled<Verdict> | null = $state.raw(null);
  /** What would be saved. */
  protected readonly proposed = $derived.by((): C => proposed(this.saved, this.fields, this.drafts));
  readonly #views = $derived.by(() => new Map(this.fields.map((field) => [field.path, this.#viewOf(field)])));

  abstract get fields(): readonly Field[];
  protected abstract get saved(): C;
  protected abstract get drafts(): Drafts;
  protected abstract keep(drafts: Drafts): void;

  view(field: Field): FieldView {
    return this.#views.get(field.path) ?? this.#viewOf(field);
  }

  get changes(): FieldView[] {
    return [...this.#views.values()].filter((view) => view.drafted);
  }

  get invalid(): FieldView[] {
    return [...this.#views.values()].filter(({ state }) => state === "invalid");
  }

  /** Why nothing can be checked. */
  get checkError(): ApiError | null {
    return this.checked?.error ?? null;
  }

  /** Problems that no field stands for. */
  get otherProblems(): HostProblem[] {
    return elsewhere(this.checked?.value?.problems ?? [], this.fields);
  }

  type(field: Field, text: string): void {
    this.typing = field.path;
    this.#put(field, text);
  }

  choose(field: Field, value: unknown): void {
    this.#put(field, write(field, value));
  }

  left(field: Field): void {
    if (this.typing === field.path) this.typing = null;
  }

  drop(field: Field): void {
    const left = new Map(this.drafts);
    left.delete(field.path);
    this.left(field);
    this.keep(left);
  }

  #put(field: Field, text: string): void {
    const draft = drafted(field, text, this.saved, this.drafts.get(field.path));
    this.keep(new Map(this.drafts).set(field.path, draft));
  }

  #viewOf(field: Field): FieldView {
    const draft = this.drafts.get(field.path);
    const config = this.saved;
    const verdict = this.checked?.value ?? null;
    const wrong = wrongOf(field, draft, this.proposed, verdict);
    const checked =
      this.checkError !== null ||
      (verdict !== null && same(setValue(verdict.config, field), setValue(this.proposed, field)));
    return {
      field,
      text: draft?.text ?? write(field, valueOf(config, field)),
      value: valueOf(this.proposed, field),
      state: stateOf(field, { draft, wrong, typing: this.typing === field.path, checked, config }),
      wrong,
      drafted: draft !== undefined && differs(field, draft, config),
      elsewhere: draft === undefined ? null : changedElsewhere(field, draft, config),
    };
  }
}
