// The form of one entry of `wirereel.json`, a website or a probe: what is saved, what was typed over it, what the host says of it,
// and what came of trying it.

import { ApiError, backend, pull, type AskOptions, type Backend, type CheckProblem } from "../backend";
import type { Drafts, HostProblem } from "./drafts";
import { groupsOf, type Field, type Group } from "./schema";
import { SETTLE_MS, SettingsForm } from "./settings_form.svelte";

type Entry = Record<string, unknown>;
type Saved = Record<string, Entry>;

/** How entries of a kind are asked about. */
export interface EntryKind<Draft, Run> {
  /** What it is, one word: begins the paths of its fields and the lanes of its questions. */
  part: string;
  draft: (entry: Entry, original: string | undefined) => Draft;
  schema: (host: Backend) => Promise<Record<string, unknown>>;
  check: (host: Backend, draft: Draft, options: AskOptions) => Promise<CheckProblem[]>;
  save: (host: Backend, draft: Draft) => Promise<CheckProblem[]>;
  /** Tries it once. */
  test: (host: Backend, draft: Draft, options: AskOptions) => Promise<{ problems: CheckProblem[]; run: Run | null }>;
}

/** Kept: they do not change while the program runs. */
const schemas = new Map<string, Record<string, unknown>>();

export class EntryForm<Draft, Run> extends SettingsForm<Saved> {
  groups = $state.raw<readonly Group[]>([]);
  saving = $state(false);
  testing = $state(false);
  /** What came of trying it. */
  tested = $state.raw<Run | null>(null);

  protected drafts = $state.raw<Drafts>(new Map());
  protected readonly saved: Saved;
  readonly kind: EntryKind<Draft, Run>;
  readonly original: string | undefined;

  /** Call it while a component is being made. `saved` is one that is in the file, by the name `original`; empty for a new one. */
  constructor(kind: EntryKind<Draft, Run>, original: string | undefined, saved: Entry) {
    super();
    this.kind = kind;
    this.original = original;
    this.saved = { [kind.part]: saved };
    void this.#load();
    this.checked = pull({
      lane: `${kind.part}-check`,
      settleMs: SETTLE_MS,
      question: () => (this.groups.length === 0 || this.#untouched ? null : this.entry),
      ask: async (host, entry, options) => ({
        config: { [kind.part]: entry },
        problems: (await kind.check(host, kind.draft(entry, original), options)).map(this.#inForm),
      }),
    });
  }

  get fields(): readonly Field[] {
    return this.groups.flatMap(({ fields }) => fields);
  }

  /** What would be saved. */
  get entry(): Entry {
    return this.proposed[this.kind.part] ?? {};
  }

  get draft(): Draft {
    return this.kind.draft(this.entry, this.original);
  }

  /** Nothing was typed into a new one yet: that something is missing is no mistake. */
  get #untouched(): boolean {
    return this.original === undefined && this.drafts.size === 0;
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
      const problems = await this.kind.save(backend(), this.draft);
      if (problems.length > 0) this.checked?.again();
      return problems.length === 0;
    } finally {
      this.saving = false;
    }
  }

  /** Tries it once as it stands in the form. */
  async test(): Promise<void> {
    this.typing = null;
    this.testing = true;
    this.error = null;
    this.tested = null;
    try {
      const { run, problems } = await this.kind.test(backend(), this.draft, { lane: `${this.kind.part}-test` });
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
    const { part, schema } = this.kind;
    try {
      const known = schemas.get(part) ?? (await schema(backend()));
      schemas.set(part, known);
      this.groups = groupsOf(part, known);
    } catch (thrown) {
      this.error = ApiError.from(thrown);
    }
  }

  /** Where the form looks for it: the host names the way inside the entry. */
  readonly #inForm = ({ path, found, allowed }: CheckProblem): HostProblem => {
    const { part } = this.kind;
    return { path: path === "" ? part : `${part}.${path}`, found, allowed, at: null };
  };
}
