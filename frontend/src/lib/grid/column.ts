// What every grid's columns have in common, and the order and choice the user left them in.

import { latencyQuantity } from "../format";

export interface Column<R> {
  id: string;
  title: string;
  /** Longer name for the chooser, where the head is short. */
  name?: string;
  /** Column of the view that it sorts by; without one it cannot be sorted by. */
  sort?: string;
  /** Width in pixels until the user drags it. */
  width: number;
  /** Takes the space that is left until the user drags it. */
  flexible?: boolean;
  /** Least width of a flexible one. */
  least?: number;
  numeric?: boolean;
  mono?: boolean;
  /** Cannot be hidden. */
  fixed?: boolean;
  /** Its cells hold bars on the grid's shared scale. */
  scaled?: boolean;
  text: (row: R) => string;
}

/** Order and visibility of all columns, as the user left them. */
export interface Arrangement {
  order: string[];
  shown: string[];
}

/** A column and whether it is shown. */
export interface ArrangedColumn<R> {
  column: Column<R>;
  shown: boolean;
}

/** Brings a stored arrangement up to date: unknown columns are dropped, new ones stand at the end, fixed ones are shown. */
export function arranged<R>(columns: readonly Column<R>[], stored: Arrangement): ArrangedColumn<R>[] {
  const byId = new Map(columns.map((column) => [column.id, column]));
  const known = [...new Set(stored.order)].filter((id) => byId.has(id));
  const added = columns.map((column) => column.id).filter((id) => !known.includes(id));
  return [...known, ...added].map((id) => {
    const column = byId.get(id) as Column<R>;
    return { column, shown: column.fixed === true || stored.shown.includes(id) };
  });
}

/** The order after moving one column to another's place. */
export function moved(order: string[], id: string, to: number): string[] {
  const rest = order.filter((other) => other !== id);
  rest.splice(Math.min(Math.max(0, to), rest.length), 0, id);
  return rest;
}

/** A round upper end for the shared scale of duration bars, and its word: at least 10 ms. */
export function durationScale(longestUs: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(longestUs, 10_000)));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => longestUs <= factor * power) ?? 10;
  return step * power;
}

/** The scale in words: `0 to 6 s`. */
export function scaleWords(scaleUs: number): string {
  const { figure, unit } = latencyQuantity(scaleUs);
  return `0 to ${Number(figure.replaceAll(",", ""))} ${unit}`;
}
