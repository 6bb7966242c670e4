// What the user calls addresses and where customers arrive: asked for, changed, and taken back.

import { ApiError, backend, pull, type NamingRules, type NamingState, type Pulled } from "../backend";
import { messages, recording, Remembered } from "../state";
import { sameRules } from "./rules";

const MEANWHILE =
  "Names or entry points were changed elsewhere meanwhile. Nothing of yours was saved; what is in force is shown now.";
const ELSEWHERE = "That was changed in another recording. Open it to take it back.";

/** The change that was saved last. */
interface Change {
  recordingId: string;
  /** What it did, as a sentence. */
  words: string;
  before: NamingRules;
  after: NamingRules;
}

export class Naming {
  /** Rises with every change made here: part of pulls of what names change. */
  revision = $state(0);
  readonly #last = new Remembered<Change | null>("naming.change", null, readChange);

  /** Asks for the rules of the open recording; call it while a component is being made. */
  pull(lane: string): Pulled<NamingState> {
    $effect(() => void this.#last.load());
    return pull({
      lane,
      question: () => recording.current?.recording_id ?? null,
      generation: () => recording.generation + this.revision,
      ask: (host, _, options) => host.naming(options),
    });
  }

  /** What can be taken back: the last change, unless others were saved since. */
  undoable(rules: NamingRules): string | null {
    const last = this.#last.value;
    if (last === null || last.recordingId !== recording.current?.recording_id) return null;
    return sameRules(last.after, rules) ? last.words : null;
  }

  /** Saves rules in the place of `before`, and offers to take that back. Rejects with an `ApiError` that says why not. */
  async save(before: NamingRules, after: NamingRules, words: string): Promise<void> {
    const recordingId = recording.current?.recording_id ?? "";
    const { rules } = await this.#replace(before, after);
    const change = { recordingId, words, before, after: rules };
    this.#last.value = change;
    messages.show(words, "note", { text: "Undo", run: () => void this.undo(change) });
  }

  /** Takes a change back, the last one unless another is given; what stands in the way is said. */
  async undo(change: Change | null = this.#last.value): Promise<void> {
    if (change === null) return;
    try {
      if (change.recordingId !== recording.current?.recording_id) throw new ApiError("bad_request", ELSEWHERE);
      await this.#replace(change.after, change.before);
      this.#last.value = null;
      messages.show("Taken back.");
    } catch (thrown) {
      messages.showError(ApiError.from(thrown));
    }
  }

  async #replace(before: NamingRules, after: NamingRules): Promise<NamingState> {
    try {
      return await backend().namingSave({ before, after });
    } catch (thrown) {
      const error = ApiError.from(thrown);
      throw error.code === "conflict" ? new ApiError("conflict", MEANWHILE) : error;
    } finally {
      this.revision += 1;
    }
  }
}

export const naming = new Naming();

function readChange(stored: unknown): Change | null {
  if (typeof stored !== "object" || stored === null) return null;
  const { recordingId, words, before, after } = stored as Partial<Change>;
  const rules = (value: unknown): value is NamingRules =>
    typeof value === "object" &&
    value !== null &&
    Array.isArray((value as Partial<NamingRules>).names) &&
    Array.isArray((value as Partial<NamingRules>).entry_points);
  return typeof recordingId === "string" && typeof words === "string" && rules(before) && rules(after)
    ? { recordingId, words, before, after }
    : null;
}
