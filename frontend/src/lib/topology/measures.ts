// From figures to strokes: how wide, which class, and where errors start.

import type { ServiceEdge, ServiceNode } from "../backend";
import { latency, share } from "../format";

/** What colours an edge, and what its width stands for. */
export type ColourBy = "errors" | "p95";
export type WidthBy = "requests" | "bytes";

/** 0 calm, 1 watch, 2 bad: classes shown as shape, word and colour together. */
export type Level = 0 | 1 | 2;

/** Class of an error share: under 1%, 1 to 5%, over 5%. */
export function errorLevel(errorShare: number): Level {
  if (errorShare > 0.05) return 2;
  return errorShare >= 0.01 ? 1 : 0;
}

/** Class of a 95th percentile in microseconds: under 200 ms, up to 1 s, over 1 s. Unknown is calm. */
export function latencyLevel(p95Us: number | null): Level {
  if (p95Us === null) return 0;
  if (p95Us > 1_000_000) return 2;
  return p95Us >= 200_000 ? 1 : 0;
}

/** The legend's words for the three classes. */
export const LEVEL_WORDS: Record<ColourBy, [string, string, string]> = {
  errors: ["under 1%", "1 to 5%", "over 5% errors"],
  p95: ["under 200 ms", "to 1 s", "over 1 s p95"],
};

/** The figure that decides the colour, in words. */
export function colourFigure(by: ColourBy, errorShare: number, p95Us: number | null): string {
  return by === "errors" ? share(errorShare) : `p95 ${latency(p95Us)}`;
}

const NARROWEST_PX = 1;
const WIDEST_PX = 9;

/** Width of an edge: the square root of its amount, on a scale on which `largest` is drawn widest. */
export function edgeWidth(amount: number, largest: number): number {
  if (largest <= 0 || amount <= 0) return NARROWEST_PX;
  return NARROWEST_PX + (WIDEST_PX - NARROWEST_PX) * Math.sqrt(Math.min(amount / largest, 1.4));
}

/** In what rates of one graph are written, so that slow traffic is not all zeros. */
export interface RateUnit {
  word: "req/s" | "req/min" | "req/h";
  /** Seconds that the unit counts over. */
  seconds: number;
}

/** The unit in which the busiest edge, given per second, is at least one half. */
export function rateUnit(largest: number): RateUnit {
  if (largest <= 0 || largest >= 0.5) return { word: "req/s", seconds: 1 };
  return largest >= 0.5 / 60 ? { word: "req/min", seconds: 60 } : { word: "req/h", seconds: 3600 };
}

/** What an edge's width stands for, per second. */
export function amountOf(by: WidthBy, edge: { rate: number; bytesPerS: number }): number {
  return by === "requests" ? edge.rate : edge.bytesPerS;
}

/** Three round amounts for the legend: a small, a middle and a large one, ascending and below or at `largest`. */
export function legendAmounts(largest: number): number[] {
  if (largest <= 0) return [];
  const top = roundDown(largest);
  return [...new Set([roundDown(top / 50), roundDown(top / 5), top])].filter((amount) => amount > 0);
}

/** The largest of 1, 2, 5 times a power of ten that is not above `value`. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [5, 2, 1].find((factor) => factor * power <= value * (1 + 1e-9)) ?? 1;
  return Number((step * power).toPrecision(1));
}

/**
 * The services where errors start: more than 5% of what is asked of them fails, refused connections included, and the
 * failures of what they call explain less than half of that. Everywhere else on the way an error is only passed on.
 */
export function errorOrigins(nodes: ServiceNode[], edges: ServiceEdge[]): Set<string> {
  const failedCalls = new Map<string, number>();
  const refusals = new Map<string, number>();
  for (const { client, server, golden, refused } of edges) {
    if (client === server) continue;
    failedCalls.set(client, (failedCalls.get(client) ?? 0) + golden.errors_5xx + golden.failed + refused);
    refusals.set(server, (refusals.get(server) ?? 0) + refused);
  }
  const origins = new Set<string>();
  for (const { name, kind, golden } of nodes) {
    const refused = refusals.get(name) ?? 0;
    const own = golden.errors_5xx + golden.failed + refused;
    if (kind === "customers" || errorLevel(own / Math.max(1, golden.requests + refused)) < 2) continue;
    if ((failedCalls.get(name) ?? 0) < own / 2) origins.add(name);
  }
  return origins;
}
