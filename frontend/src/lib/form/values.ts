// A setting's value as text in its field, and back.

import { count } from "../format";
import type { Field, Scalar, Shape } from "./schema";

/** What is wrong with a value, in the words that the host uses too. */
export interface Wrong {
  found: string;
  allowed: string;
  /** The character from which on it cannot be read. */
  at: number | null;
  /** Where the host found it: `probe.path[1].hop`. */
  path?: string;
}

export type Read = { value: unknown } | { wrong: Wrong };

/** The value as it stands in its field. */
export function write(field: Field, value: unknown): string {
  return value === undefined || value === null ? "" : writeShape(field.shape, value);
}

function writeShape(shape: Shape, value: unknown): string {
  if (shape.is === "json" || shape.is === "rows") return JSON.stringify(value);
  if (shape.is === "map") return writeMap(value);
  if (shape.is === "list") {
    // Commas stand between the items: numbers have none here.
    const item = (one: unknown): string => (typeof one === "number" ? String(one) : writeShape(shape.of, one));
    return Array.isArray(value) ? value.map(item).join(", ") : JSON.stringify(value);
  }
  if (shape.is === "choice") return shape.options.find((option) => option.value === value)?.text ?? plain(value);
  if (shape.is === "number" && typeof value === "number" && Number.isInteger(value)) return count(value);
  return plain(value);
}

/** One line for each name: `Accept: text/html`. */
function writeMap(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, text]) => `${name}: ${plain(text)}`)
    .join("\n");
}

function readMap(text: string): Read {
  const entries: [string, string][] = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    if (colon < 0 || name === "") return wrong(quoted(line.trim()), "a name, a colon and a value");
    entries.push([name, line.slice(colon + 1).trim()]);
  }
  return { value: Object.fromEntries(entries) };
}

/** What the text in a field means. */
export function read(field: Field, text: string): Read {
  if (field.nullable && text.trim() === "") return { value: null };
  const { shape } = field;
  if (shape.is === "json" || shape.is === "rows" || shape.is === "switch") return readJson(text);
  if (shape.is === "map") return readMap(text);
  if (shape.is !== "list") return readScalar(shape, text);
  const values: unknown[] = [];
  for (const item of text.split(",").map((part) => part.trim())) {
    if (item === "") continue;
    const one = readScalar(shape.of, item);
    if ("wrong" in one) return one;
    values.push(one.value);
  }
  return { value: values };
}

function readScalar(shape: Scalar, text: string): Read {
  switch (shape.is) {
    case "number":
      return readNumber(shape, text);
    case "choice": {
      const wanted = text.trim().toLowerCase();
      const option = shape.options.find(
        ({ value, text: name }) => name.toLowerCase() === wanted || String(value).toLowerCase() === wanted,
      );
      const names = shape.options.map(({ text: name }) => name).join(", ");
      return option === undefined ? wrong(quoted(text), `one of ${names}`) : { value: option.value };
    }
    case "text":
      if (shape.pattern === null || matches(shape.pattern, text)) return { value: text };
      return wrong(quoted(text), shape.examples.length > 0 ? `such as ${list(shape.examples)}` : `of the right form`);
  }
}

function readNumber({ whole, least, most }: Scalar & { is: "number" }, text: string): Read {
  // Thousands may be set apart, as they are when the value is shown.
  const digits = text.replaceAll(/[,\s]/g, "");
  const number = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(digits) ? Number(digits) : NaN;
  const fits =
    Number.isFinite(number) &&
    (!whole || Number.isSafeInteger(number)) &&
    (least === null || number >= least) &&
    (most === null || number <= most);
  if (fits) return { value: number };
  const kind = whole ? "a whole number" : "a number";
  const limits =
    least !== null && most !== null
      ? ` from ${figure(least)} to ${figure(most)}`
      : least !== null
        ? ` of at least ${figure(least)}`
        : most !== null
          ? ` of at most ${figure(most)}`
          : "";
  return wrong(text.trim() === "" ? "nothing" : text.trim(), kind + limits);
}

function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return wrong(text.trim() === "" ? "nothing" : text.trim(), "JSON, as it stands in the file");
  }
}

/** `From 64 to 262,144, default 262,144.`: what the help says beside the schema's own words. */
export function limitsOf(field: Field): string {
  const { shape, fallback } = field;
  const scalar = shape.is === "list" ? shape.of : shape;
  const parts: string[] = [];
  if (scalar.is === "number" && scalar.least !== null && scalar.most !== null) {
    parts.push(`from ${figure(scalar.least)} to ${figure(scalar.most)}`);
  } else if (scalar.is === "text" && scalar.examples.length > 0) {
    parts.push(`such as ${list(scalar.examples)}`);
  }
  if (shape.is === "list") parts.push("separated by commas");
  if (shape.is === "map") parts.push("one line for each, such as `Accept: text/html`");
  if (fallback !== undefined) parts.push(`default ${write(field, fallback) || "empty"}`);
  const text = parts.join(", ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Whether two values are the same to JSON, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    // A pattern that only the host understands is left to the host.
    return true;
  }
}

function wrong(found: string, allowed: string): Read {
  return { wrong: { found, allowed, at: null } };
}

function quoted(text: string): string {
  return text === "" ? "nothing" : JSON.stringify(text);
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function figure(n: number): string {
  return Number.isInteger(n) ? count(n) : String(n);
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
