// The form of a website: what is saved, what was typed over it, and what the host says of it.

import { ApiError, backend, pull, type CheckRun, type Pulled, type WebsiteDraft } from "../backend";
import {
  differs,
  drafted,
  elsewhere,
  proposed,
  setValue,
  stateOf,
  valueOf,
  wrongOf,
  type Drafts,
  type HostProblem,
  type Verdict,
} from "../form/drafts";
import type { FieldForm, FieldView } from "../form/field_view";
import { groupsOf, type Field, type Group } from "../form/schema";
import { same, write } from "../form/values";

/** The one part of the configuration that the form is of. */
const PART = "website";
/** What is typed is checked when it has stood still for so long. */
const SETTLE_MS = 250;

/** Kept: it does not change while the program runs. */
let schema: Record<string, unknown> | null = null;

export class WebsiteForm implements FieldForm {
  groups = $state.raw<readonly Group[]>([]);
  error = $state.raw<ApiError | null>(null);
  typing = $state<string | null>(null);
  saving = $state(false);
  testing = $state(false);
  /** What came of trying it. */
  tested = $state.raw<CheckRun | null>(null);

  #drafts = $state.raw<Drafts>(new Map());
  #checked: Pulled<Verdict> | null = $state.raw(null);
  readonly #original: string | undefined;
  readonly #saved: { website: Record<string, unknown> };

  readonly #proposed = $derived.by(() => proposed(this.#saved, this.fields, this.#drafts));
  readonly #views = $derived.by(() => new Map(this.fields.map((field) => [field.path, this.#viewOf(field)])));

  /** Call it while a component is being made. `saved` is one that is in the file, by the name `original`; empty for a new one. */
  constructor(original: string | undefined, saved: Record<string, unknown>) {
    this.#original = original;
    this.#saved = { [PART]: saved };
    void this.#load();
    this.#checked = pull({
      lane: "website-check",
      settleMs: SETTLE_MS,
      question: () => (this.groups.length === 0 || this.#untouched ? null : this.draft),
      ask: async (host, draft, options) => ({
        config: { [PART]: draft.website },
        problems: (await host.websiteCheck(draft, options)).map(inForm),
      }),
    });
  }

  get fields(): readonly Field[] {
    return this.groups.flatMap(({ fields }) => fields);
  }

  /** What would be saved. */
  get draft(): WebsiteDraft {
    return { website: this.#proposed[PART], ...(this.#original === undefined ? {} : { original: this.#original }) };
  }

  /** Nothing was typed into a new one yet: that its URL is missing is no mistake. */
  get #untouched(): boolean {
    return this.#original === undefined && this.#drafts.size === 0;
  }

  view(field: Field): FieldView {
    return this.#views.get(field.path) ?? this.#viewOf(field);
  }

  get changes(): number {
    return [...this.#views.values()].filter((view) => view.drafted).length;
  }

  get invalid(): FieldView[] {
    return [...this.#views.values()].filter(({ state }) => state === "invalid");
  }

  /** Why nothing can be checked. */
  get checkError(): ApiError | null {
    return this.#checked?.error ?? null;
  }

  /** Problems that no field stands for. */
  get otherProblems(): HostProblem[] {
    return elsewhere(this.#checked?.value?.problems ?? [], this.fields);
  }

  get ready(): boolean {
    return this.invalid.length === 0 && this.changes > 0 && this.otherProblems.length === 0;
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
    const left = new Map(this.#drafts);
    left.delete(field.path);
    this.left(field);
    this.#drafts = left;
  }

  /** Saves it. False when something is wrong with it, which its fields show then. Rejects with an `ApiError`. */
  async save(): Promise<boolean> {
    this.typing = null;
    this.saving = true;
    try {
      const problems = await backend().websiteSave(this.draft);
      if (problems.length > 0) this.#checked?.again();
      return problems.length === 0;
    } finally {
      this.saving = false;
    }
  }

  /** Checks it once as it stands in the form. */
  async test(): Promise<void> {
    this.typing = null;
    this.testing = true;
    this.error = null;
    this.tested = null;
    try {
      const { run, problems } = await backend().websiteTest(this.draft, { lane: "website-test" });
      this.tested = run;
      if (problems.length > 0) this.#checked?.again();
    } catch (thrown) {
      const met = ApiError.from(thrown);
      if (!met.moot) this.error = met;
    } finally {
      this.testing = false;
    }
  }

  async #load(): Promise<void> {
    try {
      schema ??= await backend().websiteSchema();
      this.groups = groupsOf(PART, schema);
    } catch (thrown) {
      this.error = ApiError.from(thrown);
    }
  }

  #put(field: Field, text: string): void {
    const draft = drafted(field, text, this.#saved, this.#drafts.get(field.path));
    this.#drafts = new Map(this.#drafts).set(field.path, draft);
  }

  #viewOf(field: Field): FieldView {
    const draft = this.#drafts.get(field.path);
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
      elsewhere: null,
    };
  }
}

/** Where the form looks for it: the host names the way inside the website. */
function inForm({ path, found, allowed }: { path: string; found: string; allowed: string }): HostProblem {
  return { path: path === "" ? PART : `${PART}.${path}`, found, allowed, at: null };
}
