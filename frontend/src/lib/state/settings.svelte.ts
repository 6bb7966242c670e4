// What is remembered from one start to the next: in the workspace, and in the browser in case the host cannot.

import { backend } from "../backend";

const PREFIX = "wirereel.";

/** A remembered value. Reactive. `check` turns what was stored, perhaps by another version, into a valid value or null. */
export class Remembered<T> {
  readonly #key: string;
  readonly #check: (stored: unknown) => T | null;
  #value: T;
  /** Set once the user chose: a late answer of the host must not undo that. */
  #chosen = false;
  readonly #version = $state({ count: 0 });

  constructor(key: string, fallback: T, check: (stored: unknown) => T | null) {
    this.#key = key;
    this.#check = check;
    this.#value = check(readLocal(key)) ?? fallback;
  }

  get value(): T {
    void this.#version.count;
    return this.#value;
  }

  set value(value: T) {
    this.#chosen = true;
    this.#put(value);
    // The browser's copy is written already; a workspace that cannot be written shows in other places.
    backend()
      .setSetting(this.#key, value)
      .catch(() => undefined);
  }

  /** Takes the workspace's value, if it has one. */
  async load(): Promise<void> {
    const stored = await backend()
      .getSetting(this.#key)
      .catch(() => null);
    const value = this.#check(stored);
    if (value !== null && !this.#chosen) this.#put(value);
  }

  #put(value: T): void {
    this.#value = value;
    this.#version.count += 1;
    writeLocal(this.#key, value);
  }
}

/** For `Remembered`: accepts one of a few words. */
export function oneOf<T extends string>(...words: T[]): (stored: unknown) => T | null {
  return (stored) => words.find((word) => word === stored) ?? null;
}

/** For `Remembered`: accepts a number within bounds. */
export function numberWithin(low: number, high: number): (stored: unknown) => number | null {
  return (stored) => (typeof stored === "number" && stored >= low && stored <= high ? stored : null);
}

/** For `Remembered`: accepts a list of words. */
export function listOfWords(stored: unknown): string[] | null {
  return Array.isArray(stored) && stored.every((word) => typeof word === "string") ? (stored as string[]) : null;
}

function readLocal(key: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? null : JSON.parse(text);
  } catch {
    // Storage can be switched off, or hold what another version wrote.
    return null;
  }
}

function writeLocal(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Storage can be switched off or full; the workspace still remembers.
  }
}
