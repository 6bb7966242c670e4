// The first layout: layers from the customers and entry points rightwards.
//
// Ranks, cycle breaking and the order inside a layer come from dagre (network simplex, barycentre sweeps). On top of it,
// layers become columns of one width with aligned left edges, gaps widen with the number of edges that cross them, and the
// whole is stretched to the room there is. The same graph gives the same picture.

import dagre from "@dagrejs/dagre";
import { folded, rowsPerColumn } from "./folding";
import { bounds, left, linkKey, type Box, type Link, type Point, type Shape } from "./geometry";

export interface Room {
  width: number;
  height: number;
}

export interface LayeredOptions {
  /** Names that belong to the left, in this order of importance: customers, then entry points. */
  roots: string[];
  /** Space to fill; a smaller graph is spread over it, a larger one keeps its natural size. */
  room: Room;
  /** Free space between cards above each other. */
  rowGap: number;
  /** Free space between columns. */
  columnGap: number;
  corner?: Corner | undefined;
}

/** A corner that cards leave free if they can: the lower left one. */
export interface Corner {
  width: number;
  height: number;
}

/** Spreading stops at these factors: a graph of three nodes does not fly apart. */
const MOST_GAP_STRETCH = 2.2;
/** A graph wider than the room moves closer together before it is drawn smaller. */
const LEAST_GAP_STRETCH = 0.7;
/** Of the gap between rows, this much stays when a graph is higher than the room. */
const LEAST_ROW_GAP = 0.75;
const MOST_ROW_STRETCH = 1.7;

/** A place for every shape. Unlinked shapes stand in rows below the rest. */
export function layered(shapes: Shape[], links: Link[], options: LayeredOptions): Map<string, Box> {
  const ordered = readingOrder(shapes, options.roots);
  const known = new Set(ordered.map((shape) => shape.name));
  const wires = uniqueLinks(links).filter(
    (link) => link.client !== link.server && known.has(link.client) && known.has(link.server),
  );
  const linked = new Set(wires.flatMap((link) => [link.client, link.server]));
  const inside = ordered.filter((shape) => linked.has(shape.name));
  const alone = ordered.filter((shape) => !linked.has(shape.name));

  const placed = inside.length > 0 ? intoColumns(inside, wires, options) : new Map<string, Box>();
  placeRows(placed, alone, options);
  return placed;
}

function readingOrder(shapes: Shape[], roots: string[]): Shape[] {
  const weight = new Map(roots.map((name, index) => [name, index]));
  const rank = (shape: Shape) => weight.get(shape.name) ?? roots.length;
  return [...shapes].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function uniqueLinks(links: Link[]): Link[] {
  const byKey = new Map(links.map((link) => [linkKey(link), link]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Link);
}

function intoColumns(shapes: Shape[], links: Link[], options: LayeredOptions): Map<string, Box> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: options.rowGap, edgesep: 12, ranksep: options.columnGap });
  graph.setDefaultEdgeLabel(() => ({}));
  // Insertion order decides where cycles are cut and how ties are broken: roots first, then by name.
  for (const shape of shapes) graph.setNode(shape.name, { width: shape.w, height: shape.h });
  for (const link of links) graph.setEdge(link.client, link.server, { weight: 1 });
  dagre.layout(graph);

  const at = (name: string): Point => graph.node(name) as Point;
  const layers = groupByX(shapes, at);
  const height = (graph.graph() as { height?: number }).height ?? 0;
  const rows = rowsPerColumn(layers, { ...options, height });
  const callers = new Set(links.map((link) => link.client));
  const folds = layers.map((layer) => (rows === null ? [layer] : folded(layer, rows, (name) => callers.has(name))));
  const columns = folds.flat();
  const lower = new Set(folds.flatMap((fold) => fold.filter((_, i) => i % 2 === 1)));
  const columnOf = new Map(columns.flatMap((column, index) => column.map((shape) => [shape.name, index] as const)));
  const widths = columns.map((column) => Math.max(...column.map((shape) => shape.w)));
  const gaps = stretchedGaps(crossings(links, columnOf, columns.length), widths, options);

  const placed = new Map<string, Box>();
  let x = 0;
  columns.forEach((column, index) => {
    const w = widths[index] ?? 0;
    const ys =
      rows === null ? column.map((shape) => at(shape.name).y) : stacked(column, options.rowGap, lower.has(column));
    column.forEach((shape, i) => placed.set(shape.name, { x: x + w / 2, y: ys[i] ?? 0, w, h: shape.h }));
    x += w + (gaps[index] ?? 0);
  });
  stretchRows(placed, options.room.height, options.rowGap);
  if (options.corner) clearCorner(placed, options.room, options.corner, options.rowGap);
  return placed;
}

/** Heights of a column's cards, one below the other around zero, or half a row lower. */
function stacked(column: Shape[], rowGap: number, lower: boolean): number[] {
  const all = column.reduce((sum, shape) => sum + shape.h + rowGap, -rowGap);
  let y = -all / 2 + (lower ? ((column[0]?.h ?? 0) + rowGap) / 2 : 0);
  return column.map((shape) => {
    const centre = y + shape.h / 2;
    y += shape.h + rowGap;
    return centre;
  });
}

/** Layers from left to right, each from top to bottom. */
function groupByX(shapes: Shape[], at: (name: string) => Point): Shape[][] {
  const byX = new Map<number, Shape[]>();
  for (const shape of shapes) {
    const x = Math.round(at(shape.name).x);
    byX.set(x, [...(byX.get(x) ?? []), shape]);
  }
  return [...byX.keys()]
    .sort((a, b) => a - b)
    .map((x) => (byX.get(x) as Shape[]).sort((a, b) => at(a.name).y - at(b.name).y));
}

/** How many links pass from column `i` to a later one, per gap. */
function crossings(links: Link[], columnOf: Map<string, number>, columns: number): number[] {
  const counts = new Array<number>(Math.max(0, columns - 1)).fill(0);
  for (const link of links) {
    const a = columnOf.get(link.client) ?? 0;
    const b = columnOf.get(link.server) ?? 0;
    for (let gap = Math.min(a, b); gap < Math.max(a, b); gap++) counts[gap] = (counts[gap] ?? 0) + 1;
  }
  return counts;
}

function stretchedGaps(counts: number[], widths: number[], { columnGap, room }: LayeredOptions): number[] {
  const natural = counts.map((count) => columnGap * Math.min(1.6, 0.8 + count * 0.05));
  const wanted = natural.reduce((sum, gap) => sum + gap, 0);
  const free = room.width - widths.reduce((sum, width) => sum + width, 0);
  const factor = wanted > 0 ? Math.min(MOST_GAP_STRETCH, Math.max(LEAST_GAP_STRETCH, free / wanted)) : 1;
  return natural.map((gap) => gap * factor);
}

function stretchRows(placed: Map<string, Box>, height: number, rowGap: number): void {
  const box = bounds(placed.values());
  if (!box || box.h === 0) return;
  const tallest = Math.max(...[...placed.values()].map((one) => one.h));
  const factor = Math.min(
    MOST_ROW_STRETCH,
    Math.max(
      leastStretch([...placed.values()], rowGap * LEAST_ROW_GAP),
      (height - tallest) / Math.max(1, box.h - tallest),
    ),
  );
  for (const one of placed.values()) one.y = (one.y - box.y) * factor;
}

/** How close rows may come, as a factor, when cards of a column must keep `gap` between them; at most 1. */
function leastStretch(boxes: Box[], gap: number): number {
  const sorted = boxes.toSorted((a, b) => a.x - b.x || a.y - b.y);
  let least = 0;
  sorted.forEach((box, i) => {
    const above = sorted[i - 1];
    if (above && above.x === box.x) least = Math.max(least, ((above.h + box.h) / 2 + gap) / (box.y - above.y));
  });
  return Math.min(1, least);
}

/** Moves the cards of the columns above the corner together, so that they end above it; where they do not fit, nothing moves. */
function clearCorner(placed: Map<string, Box>, room: Room, corner: Corner, rowGap: number): void {
  const area = bounds(placed.values());
  if (!area) return;
  // The corner is measured on the screen, where a wide graph is drawn smaller.
  const zoom = Math.min(1, room.width / area.w);
  const floor = area.y + Math.max(area.h, room.height / zoom) / 2 - corner.height / zoom;
  const x = area.x - area.w / 2 + corner.width / zoom;
  const above = [...placed.values()].filter((box) => left(box) < x).sort((a, b) => a.y - b.y);
  for (const centre of new Set(above.map((box) => box.x))) {
    const column = above.filter((box) => box.x === centre);
    const heights = column.reduce((sum, box) => sum + box.h, 0);
    const top = area.y - area.h / 2;
    if (heights + (column.length - 1) * rowGap * 0.6 > floor - top) continue;
    let limit = floor;
    for (const box of column.toReversed()) {
      box.y = Math.min(box.y, limit - box.h / 2);
      limit = box.y - box.h / 2 - rowGap * 0.6;
    }
  }
}

/** Shapes without links: rows below what is placed. */
function placeRows(placed: Map<string, Box>, alone: Shape[], options: LayeredOptions): void {
  const area = bounds(placed.values());
  const x0 = area ? area.x - area.w / 2 : 0;
  const widest = Math.max(options.room.width, area?.w ?? 0);
  let x = x0;
  let y = area ? area.y + area.h / 2 + options.rowGap : 0;
  let rowHeight = 0;
  for (const shape of alone) {
    if (x > x0 && x + shape.w > x0 + widest) {
      x = x0;
      y += rowHeight + options.rowGap;
      rowHeight = 0;
    }
    placed.set(shape.name, { x: x + shape.w / 2, y: y + shape.h / 2, w: shape.w, h: shape.h });
    x += shape.w + options.rowGap;
    rowHeight = Math.max(rowHeight, shape.h);
  }
}
