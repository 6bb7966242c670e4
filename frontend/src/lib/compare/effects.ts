// How much a figure changed, in words.
//
// Thresholds: Cohen's h after J. Cohen (1988), Cliff's delta after J. Romano et al. (2006). A rate's ratio has no such
// convention; up to a tenth more or less is called negligible, from twice as much (or half) on large.

import type { DifferentEdge, Effect, Golden } from "../backend";
import { latency, rate, share } from "../format";

/** 0 negligible, 1 small, 2 medium, 3 large. */
export type Size = 0 | 1 | 2 | 3;
export const SIZE_WORDS = ["negligible", "small", "medium", "large"] as const;

/** The figures of an edge that are compared. */
export type Figure = "rate" | "errors" | "latency";
export const FIGURES: readonly Figure[] = ["rate", "errors", "latency"];
export const FIGURE_WORDS: Record<Figure, string> = { rate: "rate", errors: "errors", latency: "latency" };

const LIMITS: Record<Figure, readonly [small: number, medium: number, large: number]> = {
  // Of the logarithm of the ratio, in either direction.
  rate: [Math.log(1.1), Math.log(1.5), Math.log(2)],
  errors: [0.2, 0.5, 0.8],
  latency: [0.147, 0.33, 0.474],
};

/** How large the effect is; null where it cannot be told. What is within chance is negligible whatever its size. */
export function sizeOf(figure: Figure, effect: Effect): Size | null {
  if (effect.trend === "unknown" || effect.size === null) return null;
  if (effect.trend === "same") return 0;
  const amount = amountOf(figure, effect.size);
  const [small, medium, large] = LIMITS[figure];
  return amount >= large ? 3 : amount >= medium ? 2 : amount >= small ? 1 : 0;
}

/** On one scale for both directions: how far from no change. */
export function amountOf(figure: Figure, size: number): number {
  if (figure !== "rate") return Math.abs(size);
  return size > 0 ? Math.abs(Math.log(size)) : Infinity;
}

/** The figure of an edge that changed most, and how much; null where none can be told. */
export function strongest(edge: DifferentEdge): { figure: Figure; size: Size } | null {
  let best: { figure: Figure; size: Size; part: number } | null = null;
  for (const figure of FIGURES) {
    const effect = edge[figure];
    const size = sizeOf(figure, effect);
    if (size === null || effect.size === null) continue;
    const part = amountOf(figure, effect.size) / LIMITS[figure][2];
    if (best === null || size > best.size || (size === best.size && part > best.part)) best = { figure, size, part };
  }
  return best === null ? null : { figure: best.figure, size: best.size };
}

/** `errors large`, `new`, `gone`: an edge's change in two words. */
export function changeWords(edge: DifferentEdge): string {
  if (edge.presence === "new" || edge.presence === "gone") return edge.presence;
  const most = strongest(edge);
  if (most === null) return "unknown";
  return most.size === 0 ? SIZE_WORDS[0] : `${FIGURE_WORDS[most.figure]} ${SIZE_WORDS[most.size]}`;
}

/** `Rate × 0.95 (95% interval 0.90 to 1.01), within chance: negligible.` */
export function effectSentence(figure: Figure, effect: Effect): string {
  const size = sizeOf(figure, effect);
  if (size === null || effect.size === null)
    return `${SYMBOLS[figure].name}: one of the windows has nothing to tell it from.`;
  const { name, write } = SYMBOLS[figure];
  const interval =
    effect.low === null || effect.high === null ? "" : ` (95% interval ${write(effect.low)} to ${write(effect.high)})`;
  const trend = { rose: "rose", fell: "fell", same: "within chance or too small to matter", unknown: "unknown" };
  return `${name} ${write(effect.size)}${interval}, ${trend[effect.trend]}: ${SIZE_WORDS[size]}.`;
}

const signed = (value: number): string => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
const SYMBOLS: Record<Figure, { name: string; write: (value: number) => string }> = {
  rate: { name: "Rate, times", write: (value) => value.toFixed(2) },
  errors: { name: "Error share, Cohen’s h", write: signed },
  latency: { name: "Latency, Cliff’s delta", write: signed },
};

/** A figure of one window, as the table writes it; without that window, or without an answer, `none`. */
export function figureText(figure: Figure, golden: Golden | null): string {
  if (golden === null || (figure !== "rate" && golden.requests === 0)) return "none";
  if (figure === "rate") return rate(golden.rate, "").trim();
  return figure === "errors" ? share(golden.error_share) : latency(golden.p95_us);
}

/** The label of an edge in the graph: its error share where that changed, else its p95, else how much its rate changed. */
export function edgeLabel(edge: DifferentEdge): string {
  if (edge.presence === "new" || edge.presence === "gone") return edge.presence;
  if (edge.after === null) return "";
  if (moved(edge.errors)) return share(edge.after.error_share);
  if (moved(edge.rate) && edge.rate.size !== null) return percentChange(edge.rate.size);
  if (moved(edge.latency)) return latency(edge.after.p95_us);
  return "";
}

/** `−31%`, `+12%`, `×4.2` of a ratio. */
export function percentChange(ratio: number): string {
  if (ratio >= 2.995) return `×${ratio.toFixed(1)}`;
  const percent = Math.round((ratio - 1) * 100);
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent)}%`;
}

const moved = ({ trend }: Effect): boolean => trend === "rose" || trend === "fell";
