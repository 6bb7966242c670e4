// The edges of a difference as the pane lists them: which are shown, in which order, and how many of each kind there are.

import type { Difference, DifferentEdge, Presence } from "../backend";
import { linkKey } from "../topology/layout/geometry";
import { amountOf, FIGURES, sizeOf, type Figure } from "./effects";

export type EdgeSort = "change" | "edge" | Figure;

export interface Ordering {
  by: EdgeSort;
  descending: boolean;
}

export const FIRST_ORDER: Ordering = { by: "change", descending: true };

export const keyOf = (edge: DifferentEdge): string => linkKey(edge);

/** How many edges there are of each kind. */
export function tally(difference: Difference): Record<Presence, number> {
  const counts = { new: 0, gone: 0, changed: 0, same: 0 };
  for (const { presence } of difference.edges) counts[presence] += 1;
  return counts;
}

/** The edges that changed, and with `all` those that did not, in order. The answer's own order is: changed most first. */
export function listed(difference: Difference, all: boolean, { by, descending }: Ordering): DifferentEdge[] {
  const edges = difference.edges.filter(({ presence }) => all || presence !== "same");
  if (by === "change") return descending ? edges : edges.toReversed();
  const way = descending ? -1 : 1;
  if (by === "edge") return edges.sort((a, b) => way * compareNames(a, b));
  return edges.sort((a, b) => way * (weight(by, a) - weight(by, b)) || compareNames(a, b));
}

/** New and gone edges come first: of them nothing can be told, and nothing is larger. */
function weight(figure: Figure, edge: DifferentEdge): number {
  const effect = edge[figure];
  const size = sizeOf(figure, effect);
  if (size === null || effect.size === null) return edge.presence === "new" || edge.presence === "gone" ? 1e6 : -1;
  // Within chance is less than anything beyond it.
  const amount = Math.min(1e5, amountOf(figure, effect.size));
  return size === 0 ? amount / 1e6 : amount;
}

function compareNames(a: DifferentEdge, b: DifferentEdge): number {
  const [x, y] = [`${a.client} ${a.server}`, `${b.client} ${b.server}`];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** True when a figure of the edge rose or fell by more than chance. */
export function moved(edge: DifferentEdge): boolean {
  return FIGURES.some((figure) => edge[figure].trend === "rose" || edge[figure].trend === "fell");
}
