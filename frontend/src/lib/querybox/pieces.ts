// Cuts a filter text into the pieces that are drawn behind the input.

import type { FilterProblem, FilterToken } from "../backend";

/** A run of characters drawn alike. */
export interface Piece {
  text: string;
  /** `field`, `value`, `operator`, `text`; `space` between tokens and where nothing is known yet. */
  role: string;
  wrong: boolean;
}

/** Pieces without space between them: one term, drawn as one chip. */
export type Term = Piece[];

/** The verdict on a text, as the host gave it. */
export interface Verdict {
  text: string;
  tokens: readonly FilterToken[];
  problem: FilterProblem | null;
}

/** The pieces of `text`. A verdict on an earlier text is used as far as both begin alike. */
export function termsOf(text: string, verdict: Verdict | null): Term[] {
  const known = verdict === null ? 0 : commonStart(text, verdict.text);
  const tokens = (verdict?.tokens ?? []).filter((token) => token.end <= known);
  const problem = verdict !== null && verdict.text === text ? verdict.problem : null;
  const cuts = new Set([0, text.length]);
  for (const { start, end } of tokens) cuts.add(start).add(end);
  if (problem !== null) cuts.add(Math.min(problem.start, text.length)).add(Math.min(problem.end, text.length));
  const places = [...cuts].sort((a, b) => a - b);

  const terms: Term[] = [];
  let term: Term = [];
  for (const [n, start] of places.entries()) {
    const end = places[n + 1];
    if (end === undefined) break;
    const token = tokens.find((candidate) => candidate.start <= start && end <= candidate.end);
    const wrong = problem !== null && problem.start <= start && end <= problem.end;
    const piece: Piece = { text: text.slice(start, end), role: token?.role ?? "space", wrong };
    if (token === undefined) {
      if (term.length > 0) terms.push(term);
      terms.push([piece]);
      term = [];
    } else {
      term.push(piece);
    }
  }
  if (term.length > 0) terms.push(term);
  return terms;
}

function commonStart(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1;
  return n;
}
