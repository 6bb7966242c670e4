// The whisperers that there are, as the host told last, and what can be asked of them.

import { untrack } from "svelte";
import { ApiError, backend, type NewWhisperer, type Whisperer, type WhispererSchema } from "../backend";
import { messages, pane, recording, whispererView } from "../state";
import { groupsOf, type Group } from "../form/schema";
import { announced } from "./words";

/** One of the two halves of a configuration. */
export type Part = "capture" | "parsing";

/** The list is asked at most so often, however many ticks there are. */
const EVERY_MS = 250;

class Whisperers {
  /** Null until the host answered. */
  list = $state.raw<readonly Whisperer[] | null>(null);
  schema = $state.raw<WhispererSchema | null>(null);
  /** Why the list is not known. */
  error = $state.raw<ApiError | null>(null);
  /** Those that were told to start or stop and have not followed yet, with the state they were in. */
  #asked = $state.raw<ReadonlyMap<string, Whisperer["state"]>>(new Map());

  /** Those that start again as soon as they have stopped. */
  readonly #restarting = new Set<string>();
  #asking: Promise<void> | null = null;
  #again = false;
  #askedAt = -EVERY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly #groups = $derived<Group[]>(
    this.schema === null
      ? []
      : [...groupsOf("capture", this.schema.capture), ...groupsOf("parsing", this.schema.parsing)],
  );

  /** The settings that there are. */
  get groups(): readonly Group[] {
    return this.#groups;
  }

  /** The one that is looked at; the first where that is not there. */
  get chosen(): Whisperer | null {
    return this.list?.find(({ id }) => id === whispererView.id) ?? this.list?.[0] ?? null;
  }

  /** This machine's. */
  get local(): Whisperer | null {
    return this.list?.find(({ id }) => id === "local") ?? null;
  }

  get capturing(): number {
    return this.list?.filter(({ state }) => state === "capturing").length ?? 0;
  }

  /** What interfaces are captured on where a configuration names none. */
  get interfacesFallback(): unknown {
    return this.fields.find(({ path }) => path === "capture.interfaces")?.fallback;
  }

  get fields(): Group["fields"] {
    return this.#groups.flatMap(({ fields }) => fields);
  }

  /** Follows the host's ticks; call it while the app's root component is being made. */
  follow(): void {
    $effect(() => {
      void recording.whisperers;
      void recording.connection;
      untrack(() => this.#soon());
    });
    $effect(() => () => clearTimeout(this.#timer));
  }

  /** Asks now; done when the newest list is there. */
  async refresh(): Promise<void> {
    if (this.#asking !== null) {
      this.#again = true;
      return this.#asking;
    }
    this.#asking = this.#ask();
    await this.#asking;
    this.#asking = null;
  }

  /** True between a click on start or stop and the state that follows from it. */
  isBusy({ id, state }: Whisperer): boolean {
    return this.#asked.get(id) === state;
  }

  async start(whisperer: Whisperer): Promise<void> {
    await this.#order(whisperer, () => backend().whispererStart(whisperer.id));
  }

  async stop(whisperer: Whisperer): Promise<void> {
    await this.#order(whisperer, () => backend().whispererStop(whisperer.id));
  }

  /** Stops, and starts once it has stopped: then saved changes take effect. */
  async restart(whisperer: Whisperer): Promise<void> {
    this.#restarting.add(whisperer.id);
    await this.stop(whisperer);
  }

  async resume(id: string, resume: boolean): Promise<void> {
    await this.#act(() => backend().whispererResume(id, resume));
  }

  /** Rejects with an `ApiError`: the form shows it. */
  async add(whisperer: NewWhisperer): Promise<void> {
    const added = await backend().whispererAdd(whisperer);
    await this.refresh();
    whispererView.id = added.id;
  }

  async rename(id: string, name: string): Promise<void> {
    await backend().whispererRename(id, name);
    await this.refresh();
  }

  async remove(id: string): Promise<void> {
    await backend().whispererRemove(id);
    await this.refresh();
    if (whispererView.id === id) whispererView.id = null;
  }

  /** Shows the pane at what is wrong in the first wrong configuration, of which the list may not know yet. */
  async showWrong(): Promise<void> {
    const wrong = (): string | undefined => this.list?.find(({ state }) => state === "wrong_configuration")?.id;
    if (wrong() === undefined) await this.refresh();
    whispererView.fix(wrong() ?? whispererView.id);
    pane.show("whisperers");
  }

  async #order(whisperer: Whisperer, act: () => Promise<void>): Promise<void> {
    this.#asked = new Map(this.#asked).set(whisperer.id, whisperer.state);
    if (await this.#act(act)) return;
    const asked = new Map(this.#asked);
    asked.delete(whisperer.id);
    this.#asked = asked;
    this.#restarting.delete(whisperer.id);
  }

  async #act(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      await this.refresh();
      return true;
    } catch (thrown) {
      messages.showError(ApiError.from(thrown));
      return false;
    }
  }

  #soon(): void {
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#askedAt + EVERY_MS - performance.now());
    this.#timer = setTimeout(() => void this.refresh(), wait);
  }

  async #ask(): Promise<void> {
    do {
      this.#again = false;
      this.#askedAt = performance.now();
      try {
        const [list, schema] = await Promise.all([backend().whisperers(), this.schema ?? backend().whispererSchema()]);
        this.#take(list);
        this.schema = schema;
        this.error = null;
      } catch (thrown) {
        this.error = ApiError.from(thrown);
      }
    } while (this.#again);
  }

  #take(list: Whisperer[]): void {
    for (const one of list) {
      const before = this.list?.find(({ id }) => id === one.id);
      if (before !== undefined && before.state !== one.state) messages.say(announced(one));
    }
    const waiting = [...this.#asked].filter(([id, state]) => list.some((one) => one.id === id && one.state === state));
    if (waiting.length !== this.#asked.size) this.#asked = new Map(waiting);
    this.list = list;
    for (const one of list) {
      if (one.state === "capturing" || one.state === "connecting" || !this.#restarting.delete(one.id)) continue;
      void this.start(one);
    }
  }
}

export const whisperers = new Whisperers();
