// What the kinds of passing events are called, and the sign each has in the list and on the edges.

import type { PassingEvent, PassingKind } from "../backend";

/** The sign of a kind: the edges draw the same shapes. */
export const SIGNS: Record<PassingKind, string> = {
  connect: "○",
  accept: "◌",
  established: "◍",
  request: "●",
  response: "◂",
  refused: "✕",
  close: "×",
  reset: "✕",
  idle: "–",
};

const WORDS: Record<PassingKind, string> = {
  connect: "connects",
  accept: "accepted",
  established: "connected",
  request: "request",
  response: "response",
  refused: "refused",
  close: "closed",
  reset: "reset",
  idle: "idle for long",
};

/** What happened: `POST /v1/charges`, `connects`. */
export function labelOf(event: PassingEvent): string {
  return event.label ?? WORDS[event.kind];
}

/** How it ended, in a word: a status, `no response`, or nothing yet. */
export function outcomeOf({ kind, status, failed }: PassingEvent): string {
  if (status !== null) return String(status);
  return kind === "response" && failed ? "failed" : "";
}

/** One event as a sentence. */
export function sayingOf(event: PassingEvent): string {
  const outcome = outcomeOf(event);
  return `${event.client} to ${event.server}, ${labelOf(event)}${outcome === "" ? "" : ` ${outcome}`}`;
}
