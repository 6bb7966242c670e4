// The form of a whisperer's configuration: what is saved, what was typed over it, and what the host says about both.

import { untrack } from "svelte";
import { ApiError, backend, pull, type Whisperer, type WhispererConfig } from "../backend";
import { stillDiffering, type Drafts } from "../form/drafts";
import type { FieldView } from "../form/field_view";
import type { Field } from "../form/schema";
import { SETTLE_MS, SettingsForm } from "../form/settings_form.svelte";
import { same } from "../form/values";
import { whisperers, type Part } from "./whisperers.svelte";

const NOTHING: WhispererConfig = { capture: {}, parsing: {} };

/** What was typed for every whisperer, by its id: looking at another one, or at another pane, loses nothing. */
class Kept {
  drafts = $state.raw<ReadonlyMap<string, Drafts>>(new Map());
}
const kept = new Kept();

export class ConfigForm extends SettingsForm<WhispererConfig> {
  applying = $state(false);
  /** Fields whose saved change waits for the capture to start again. */
  waiting = $state.raw<readonly Field[]>([]);

  readonly #whisperer: () => Whisperer | null;
  protected readonly saved = $derived.by((): WhispererConfig => this.#whisperer()?.config ?? NOTHING);
  protected readonly drafts = $derived.by((): Drafts => kept.drafts.get(this.#id) ?? new Map());

  /** Call it while a component is being made. */
  constructor(whisperer: () => Whisperer | null) {
    super();
    this.#whisperer = whisperer;
    this.checked = pull({
      lane: "whisperer-check",
      settleMs: SETTLE_MS,
      question: () => {
        const id = this.#whisperer()?.id;
        return id === undefined ? null : { id, config: this.proposed };
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
      const left = stillDiffering(this.drafts, whisperers.fields, this.saved, this.typing);
      untrack(() => {
        if (left !== this.drafts && !this.applying) this.keep(left);
      });
    });
    $effect(() => {
      if (this.#whisperer()?.restart_needed === false) this.waiting = [];
    });
  }

  get #id(): string {
    return this.#whisperer()?.id ?? "";
  }

  get fields(): readonly Field[] {
    return whisperers.fields;
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

  revert(): void {
    this.typing = null;
    this.error = null;
    this.keep(new Map());
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
      const { problems, restart } = await backend().whispererSave(whisperer.id, this.proposed);
      if (problems.length > 0) {
        this.checked?.again();
        return;
      }
      await whisperers.refresh();
      this.waiting = whisperers.fields.filter(({ path }) => restart.includes(path));
      this.keep(new Map(), whisperer.id);
    } catch (thrown) {
      this.error = ApiError.from(thrown);
    } finally {
      this.applying = false;
    }
  }

  protected keep(drafts: Drafts, id = this.#id): void {
    kept.drafts = new Map(kept.drafts).set(id, drafts);
  }
}
