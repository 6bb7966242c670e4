// A form in a test: alive as in a component, with time that passes when it is told to.
import { flushSync } from "svelte";
import { vi } from "vitest";
import type { EntryForm } from "./entry_form.svelte";
import type { Field } from "./schema";

/** How long a form waits before it asks the host, and a little. */
const PAUSE_MS = 400;

/** The form, once its schema is there. `prefix` is what the paths of its fields begin with. */
export async function mounted<D, R>(prefix: string, make: () => EntryForm<D, R>) {
  let one!: EntryForm<D, R>;
  const end = $effect.root(() => {
    one = make();
  });
  const rest = async (): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    flushSync();
  };
  await rest();
  const field = (path: string): Field => {
    const found = one.fields.find((each) => each.path === `${prefix}.${path}`);
    if (found === undefined) throw new Error(`There is no field ${path}.`);
    return found;
  };
  return { one, field, rest, end };
}
