// The form of a website: what is saved, what was typed over it, and what the host says of it.

import { ApiError, backend, pull, type CheckRun, type WebsiteDraft } from "../backend";
import type { Drafts, HostProblem } from "../form/drafts";
import { groupsOf, type Field, type Group } from "../form/schema";
import { SETTLE_MS, SettingsForm } from "../form/settings_form.svelte";

/** The one part of the configuration that the form is of. */
const PART = "website";

interface Saved extends Record<string, Record<string, unknown>> {
  website: Record<string, unknown>;
}

/** Kept: it does not change while the program runs. */
let schema: Record<string, unknown> | null = null;

export class WebsiteForm extends SettingsForm<Saved> {
  groups = $state.raw<readonly Group[]>([]);
  saving = $state(false);
  testing = $state(false);
  /** What came of trying it. */
  tested = $state.raw<CheckRun | null>(null);

  protected drafts = $state.raw<Drafts>(new Map());
  protected readonly saved: Saved;
  readonly #original: string | undefined;

  /** Call it while a component is being made. `saved` is one that is in the file, by the name `original`; empty for a new one. */
  constructor(original: string | undefined, saved: Record<string, unknown>) {
    super();
    this.#original = original;
    this.saved = { [PART]: saved };
    void this.#load();
    this.checked = pull({
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
    return { website: this.proposed[PART], ...(this.#original === undefined ? {} : { original: this.#original }) };
  }

  /** Nothing was typed into a new one yet: that its URL is missing is no mistake. */
  get #untouched(): boolean {
    return this.#original === undefined && this.drafts.size === 0;
  }

  get ready(): boolean {
    return this.invalid.length === 0 && this.changes.length > 0 && this.otherProblems.length === 0;
  }

  protected keep(drafts: Drafts): void {
    this.drafts = drafts;
  }

  /** Saves it. False when something is wrong with it, which its fields show then. Rejects with an `ApiError`. */
  async save(): Promise<boolean> {
    this.typing = null;
    this.saving = true;
    try {
      const problems = await backend().websiteSave(this.draft);
      if (problems.length > 0) this.checked?.again();
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
      if (problems.length > 0) this.checked?.again();
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
}

/** Where the form looks for it: the host names the way inside the website. */
function inForm({ path, found, allowed }: { path: string; found: string; allowed: string }): HostProblem {
  return { path: path === "" ? PART : `${PART}.${path}`, found, allowed, at: null };
}
