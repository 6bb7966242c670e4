// What is said to the user: to the eye for a while, to the ear in a live region.

import type { ApiError } from "../backend";

export interface Toast {
  id: number;
  kind: "note" | "error";
  text: string;
  /** Leads to what it is about. */
  action?: { text: string; run: () => void };
}

/** Screen readers are told at most so often, so that they finish a sentence. */
const SPOKEN_EVERY_MS = 5000;
const SHOWN_MS = 6000;

class Messages {
  toasts = $state.raw<Toast[]>([]);
  /** What the live region says now. */
  spoken = $state("");

  #nextId = 1;
  #spokenAt = -SPOKEN_EVERY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows a sentence for six seconds; errors stay until dismissed. */
  show(text: string, kind: Toast["kind"] = "note", action?: Toast["action"]): void {
    this.post(text, kind, action);
  }

  /** As `show`; gives the number by which it can be dismissed. */
  post(text: string, kind: Toast["kind"], action?: Toast["action"]): number {
    const id = this.#nextId++;
    this.toasts = [...this.toasts.slice(-2), { id, kind, text, ...(action === undefined ? {} : { action }) }];
    if (kind === "note") setTimeout(() => this.dismiss(id), SHOWN_MS);
    return id;
  }

  /** Shows an error, unless nobody waits for its answer any more. */
  showError(error: ApiError): void {
    if (!error.moot) this.show(error.message, "error");
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** Tells screen readers. Of several within five seconds the last is said. */
  say(text: string): void {
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#spokenAt + SPOKEN_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#spokenAt = performance.now();
      this.spoken = text;
    }, wait);
  }
}

export const messages = new Messages();
