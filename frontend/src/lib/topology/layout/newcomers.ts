// Places for nodes that appear later. What stands, stays: a newcomer goes right of its callers (or left of what it calls),
// at the height of its neighbours, in the nearest free slot.

import { bounds, clampTo, freeSpans, left, overlaps, right, type Box, type Link, type Shape } from "./geometry";

export interface Spacing {
  rowGap: number;
  columnGap: number;
}

/** Boxes for `newcomers` only; `placed` is not changed. */
export function placeNewcomers(
  placed: ReadonlyMap<string, Box>,
  newcomers: Shape[],
  links: Link[],
  spacing: Spacing,
): Map<string, Box> {
  const all = new Map(placed);
  const added = new Map<string, Box>();
  const waiting = [...newcomers].sort((a, b) => (a.name < b.name ? -1 : 1));
  while (waiting.length > 0) {
    // Those with a placed neighbour first, so that a chain of newcomers unrolls from what stands.
    const ready = waiting.findIndex((shape) => links.some((link) => touches(link, shape.name, all)));
    const [shape] = waiting.splice(Math.max(0, ready), 1);
    if (!shape) break;
    const box = findPlace(shape, all, links, spacing);
    all.set(shape.name, box);
    added.set(shape.name, box);
  }
  return added;
}

function touches(link: Link, name: string, all: ReadonlyMap<string, Box>): boolean {
  if (link.client === link.server) return false;
  return (link.client === name && all.has(link.server)) || (link.server === name && all.has(link.client));
}

function findPlace(shape: Shape, all: ReadonlyMap<string, Box>, links: Link[], spacing: Spacing): Box {
  const callers = neighbours(all, links, (link) => (link.server === shape.name ? link.client : null));
  const callees = neighbours(all, links, (link) => (link.client === shape.name ? link.server : null));
  const near = [...callers, ...callees];
  if (near.length === 0) return belowEverything(shape, all, spacing);

  const x =
    callers.length > 0
      ? Math.max(...callers.map(right)) + spacing.columnGap + shape.w / 2
      : Math.min(...callees.map(left)) - spacing.columnGap - shape.w / 2;
  const y = near.reduce((sum, box) => sum + box.y, 0) / near.length;
  return freeSlot({ x: alignToColumn(x, shape, all, spacing), y, w: shape.w, h: shape.h }, all, spacing);
}

function neighbours(all: ReadonlyMap<string, Box>, links: Link[], other: (link: Link) => string | null): Box[] {
  const found: Box[] = [];
  for (const link of links) {
    const name = other(link);
    const box = name === null || link.client === link.server ? undefined : all.get(name);
    if (box) found.push(box);
  }
  return found;
}

/** Takes over the left edge of a column that stands within half a card. */
function alignToColumn(x: number, shape: Shape, all: ReadonlyMap<string, Box>, spacing: Spacing): number {
  const wanted = x - shape.w / 2;
  let best: number | null = null;
  for (const box of all.values()) {
    const away = Math.abs(left(box) - wanted);
    if (away <= shape.w / 2 + spacing.columnGap / 2 && (best === null || away < Math.abs(best - wanted)))
      best = left(box);
  }
  return (best ?? wanted) + shape.w / 2;
}

function freeSlot(wanted: Box, all: ReadonlyMap<string, Box>, spacing: Spacing): Box {
  const margin = spacing.rowGap / 2;
  const inColumn = [...all.values()].filter((box) => Math.abs(box.x - wanted.x) < (box.w + wanted.w) / 2 + margin);
  const spans = freeSpans(inColumn, margin + wanted.h / 2).filter(([from, to]) => to >= from);
  let best = wanted.y;
  let distance = Infinity;
  for (const span of spans) {
    const y = clampTo(span, wanted.y);
    if (Math.abs(y - wanted.y) < distance) {
      best = y;
      distance = Math.abs(y - wanted.y);
    }
  }
  return { ...wanted, y: best };
}

function belowEverything(shape: Shape, all: ReadonlyMap<string, Box>, spacing: Spacing): Box {
  const area = bounds(all.values());
  if (!area) return { x: 0, y: 0, w: shape.w, h: shape.h };
  const box = {
    x: area.x - area.w / 2 + shape.w / 2,
    y: area.y + area.h / 2 + spacing.rowGap + shape.h / 2,
    w: shape.w,
    h: shape.h,
  };
  while ([...all.values()].some((other) => overlaps(box, other))) box.x += shape.w + spacing.rowGap;
  return box;
}
