// Layers of many services are higher than any screen. They are folded into columns side by side, the second of two half a
// row lower, so that edges to it pass between the cards of the first.

import type { Shape } from "./geometry";

/** What decides how far to fold. */
export interface Page {
  room: { width: number; height: number };
  rowGap: number;
  columnGap: number;
  /** Height of the unfolded layout. */
  height: number;
}

/** Columns are not made lower than this. */
const LEAST_ROWS = 5;
/** Folding has to let the graph be drawn so much larger. */
const WORTH_IT = 1.12;

/** The most rows a column should have so that the graph is drawn as large as can be; `null` to leave it as it is. */
export function rowsPerColumn(layers: Shape[][], page: Page): number | null {
  const highest = Math.max(0, ...layers.map((layer) => layer.length));
  let best: number | null = null;
  let largest = zoomOf(layers, page, page.height) * WORTH_IT;
  for (let rows = highest - 1; rows >= LEAST_ROWS; rows--) {
    const columns = layers.flatMap((layer) => chunks(layer, rows));
    const zoom = zoomOf(columns, page, heightOf(columns, page.rowGap));
    if (zoom > largest) [best, largest] = [rows, zoom];
  }
  return best;
}

/** How large the columns can be drawn in the room; more than natural size is worth nothing. */
function zoomOf(columns: Shape[][], { room, columnGap }: Page, height: number): number {
  const width = columns.reduce(
    (sum, column) => sum + Math.max(...column.map((shape) => shape.w)) + columnGap,
    -columnGap,
  );
  return Math.min(1, room.width / Math.max(1, width), room.height / Math.max(1, height));
}

function heightOf(columns: Shape[][], rowGap: number): number {
  return Math.max(...columns.map((column) => column.reduce((sum, shape) => sum + shape.h + rowGap, -rowGap))) + rowGap;
}

function chunks(layer: Shape[], rows: number): Shape[][] {
  const columns = Math.ceil(layer.length / rows);
  const size = Math.ceil(layer.length / columns);
  return Array.from({ length: columns }, (_, i) => layer.slice(i * size, (i + 1) * size));
}

/**
 * A layer as columns of at most `rows`. Shapes that call nothing come first: no edge leaves them, so none has to pass the
 * columns behind. Inside a column the layer's order is kept.
 */
export function folded(layer: Shape[], rows: number, calls: (name: string) => boolean): Shape[][] {
  const order = new Map(layer.map((shape, i) => [shape.name, i]));
  const quietFirst = [...layer].sort((a, b) => Number(calls(a.name)) - Number(calls(b.name)));
  const place = (shape: Shape): number => order.get(shape.name) ?? 0;
  return chunks(quietFirst, rows).map((column) => column.sort((a, b) => place(a) - place(b)));
}
