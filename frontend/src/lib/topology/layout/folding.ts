// Layers of very many services: too high for any screen, so they are folded into several columns side by side.

import type { Shape } from "./geometry";

/** What decides how far to fold. */
export interface Page {
  /** Width over height of the room. */
  aspect: number;
  rowGap: number;
  columnGap: number;
}

/** A graph whose highest layer has no more rows than this stays as it is. */
const ROWS_UNFOLDED = 14;

/**
 * The most rows a column should have, so that all of it has about the room's proportions; `null` when nothing needs folding.
 */
export function rowsPerColumn(layers: Shape[][], page: Page): number | null {
  const highest = Math.max(0, ...layers.map((layer) => layer.length));
  if (highest <= ROWS_UNFOLDED) return null;
  const shapes = layers.flat();
  const cellWidth = shapes.reduce((sum, shape) => sum + shape.w, 0) / shapes.length + page.columnGap;
  const cellHeight = shapes.reduce((sum, shape) => sum + shape.h, 0) / shapes.length + page.rowGap;
  for (let rows = ROWS_UNFOLDED; rows < highest; rows++) {
    const columns = layers.reduce((sum, layer) => sum + Math.ceil(layer.length / rows), 0);
    if (columns * cellWidth <= page.aspect * rows * cellHeight) return rows;
  }
  return null;
}

/** A layer as columns of at most `rows`; neighbours in the layer stay neighbours in height. */
export function folded(layer: Shape[], rows: number): Shape[][] {
  const columns = Math.ceil(layer.length / rows);
  return Array.from({ length: columns }, (_, column) => layer.filter((_, i) => i % columns === column));
}
