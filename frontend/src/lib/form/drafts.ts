// What was typed and not yet saved, laid over a configuration that may change under it.

import type { Field } from "./schema";
import { read, same, type Read, type Wrong } from "./values";

/** Values by part and key. What is missing has its default. */
export type Configuration = Record<string, Record<string, unknown>>;

/** A value that the host does not allow. */
export interface HostProblem {
  /** Where it is: `capture.interfaces[1]`. */
  path: string;
  found: string;
  allowed: string;
  /** The character from which on it cannot be read. */
  at: number | null;
}

/** A change that is not saved. */
export interface Draft {
  /** What stands in the field. */
  text: string;
  read: Read;
  /** What was saved when the change began: undefined for the default. */
  basis: unknown;
}

/** By path. */
export type Drafts = ReadonlyMap<string, Draft>;

/** Spider's five colours. */
export type ValueState = "default" | "set" | "editing" | "changed" | "invalid";

export const VALUE_WORDS: Record<ValueState, string> = {
  default: "default",
  set: "set",
  editing: "being edited",
  changed: "changed",
  invalid: "invalid",
};

/** What the host found in the configuration that it was shown. */
export interface Verdict {
  config: Configuration;
  problems: readonly HostProblem[];
}

/** The value that a configuration sets; undefined where it leaves the default. */
export function setValue(config: Configuration, field: Field): unknown {
  let at: unknown = config[field.part];
  for (const key of field.keys) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** The value in force: what is set, else the default. */
export function valueOf(config: Configuration, field: Field): unknown {
  const value = setValue(config, field);
  return value === undefined ? field.fallback : value;
}

/** Takes note of what stands in a field. It is a note also where that is what is saved: else nobody could type `lo, ` after `lo`. */
export function drafted(field: Field, text: string, config: Configuration, before: Draft | undefined): Draft {
  return { text, read: read(field, text), basis: before === undefined ? setValue(config, field) : before.basis };
}

/** The drafts that differ from what is saved, here or elsewhere; the one being typed in any case. */
export function stillDiffering(
  drafts: Drafts,
  fields: readonly Field[],
  config: Configuration,
  typing: string | null,
): Drafts {
  const left = new Map(drafts);
  for (const field of fields) {
    const draft = left.get(field.path);
    if (draft !== undefined && field.path !== typing && !differs(field, draft, config)) left.delete(field.path);
  }
  return left.size === drafts.size ? drafts : left;
}

/** What became of a value elsewhere while it is edited here; null when nothing did. */
export function changedElsewhere(field: Field, draft: Draft, config: Configuration): { value: unknown } | null {
  return same(setValue(config, field), draft.basis) ? null : { value: valueOf(config, field) };
}

/** Whether a draft would change something. */
export function differs(field: Field, draft: Draft, config: Configuration): boolean {
  return "wrong" in draft.read || !same(draft.read.value, valueOf(config, field));
}

/** The configuration with every draft that can be read. A value that is the default is left out. */
export function proposed<C extends Configuration>(config: C, fields: readonly Field[], drafts: Drafts): C {
  const made: Configuration = structuredClone(config);
  for (const field of fields) {
    const draft = drafts.get(field.path);
    if (draft === undefined || "wrong" in draft.read) continue;
    const { value } = draft.read;
    const part = put(made[field.part], field.keys, same(value, field.fallback) ? undefined : value);
    made[field.part] = part ?? {};
  }
  return made as C;
}

/** `into` with a value at the end of a way of keys; objects that become empty go away. */
function put(
  into: Record<string, unknown> | undefined,
  keys: readonly string[],
  value: unknown,
): Record<string, unknown> | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return into;
  const inner = into?.[key];
  const child = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : undefined;
  const next = rest.length === 0 ? value : put(child, rest, value);
  const others = Object.entries(into ?? {}).filter(([name]) => name !== key);
  const made = next === undefined ? others : [...others, [key, next] as const];
  return made.length === 0 ? undefined : Object.fromEntries(made);
}

/** What is wrong with a field's value: what can be seen here, else what the host says about the same value. */
export function wrongOf(
  field: Field,
  draft: Draft | undefined,
  now: Configuration,
  verdict: Verdict | null,
): Wrong | null {
  if (draft !== undefined && "wrong" in draft.read) return draft.read.wrong;
  if (verdict === null || !same(setValue(verdict.config, field), setValue(now, field))) return null;
  return verdict.problems.find(({ path }) => isAt(path, field.path)) ?? null;
}

/** The colour of a value. `typing`: the field has the focus and was typed in. */
export function stateOf(
  field: Field,
  {
    draft,
    wrong,
    typing,
    checked,
    config,
  }: {
    draft: Draft | undefined;
    wrong: Wrong | null;
    typing: boolean;
    checked: boolean;
    config: Configuration;
  },
): ValueState {
  if (wrong !== null) return "invalid";
  if (draft !== undefined) return typing || !checked ? "editing" : "changed";
  if (typing) return "editing";
  return same(valueOf(config, field), field.fallback) ? "default" : "set";
}

/** Problems that no field of the form stands for, such as an unknown key in the file. */
export function elsewhere(problems: readonly HostProblem[], fields: readonly Field[]): HostProblem[] {
  return problems.filter(({ path }) => !fields.some((field) => isAt(path, field.path)));
}

/** `"eth9" is not one of lo, eth0.` */
export function reasonOf({ found, allowed }: Wrong): string {
  return `${found} is not ${allowed}.`;
}

/** Whether a problem's path is a field's or lies inside it: `capture.interfaces[1]`. */
export function isAt(path: string, of: string): boolean {
  return path === of || path.startsWith(`${of}.`) || path.startsWith(`${of}[`);
}
