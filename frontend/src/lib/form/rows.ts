// Objects in an order, as the rows of a form: each of a few texts.

import type { RowColumn } from "./schema";

export type Row = Record<string, string>;

/** The value as rows. What is no text in it is left as it is when rows are made values again. */
export function rowsOf(value: unknown, columns: readonly RowColumn[]): Row[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) =>
    Object.fromEntries(
      columns.map(({ key }) => {
        const text = typeof item === "object" && item !== null ? (item as Record<string, unknown>)[key] : undefined;
        return [key, typeof text === "string" ? text : ""];
      }),
    ),
  );
}

/** Rows as a value: empty texts are left out, but for the first column, by which a row is called. */
export function valueOfRows(rows: readonly Row[], columns: readonly RowColumn[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(
      columns.flatMap(({ key }, n) => {
        const text = row[key] ?? "";
        return text === "" && n > 0 ? [] : [[key, text]];
      }),
    ),
  );
}

export function moved(rows: readonly Row[], from: number, by: -1 | 1): Row[] {
  const to = from + by;
  const row = rows[from];
  if (row === undefined || to < 0 || to >= rows.length) return [...rows];
  const others = rows.filter((_, n) => n !== from);
  return [...others.slice(0, to), row, ...others.slice(to)];
}

/** Which row a problem is in: `probe.path[1].hop` is in the second. */
export function rowOf(path: string | undefined, of: string): number | null {
  if (path === undefined || !path.startsWith(`${of}[`)) return null;
  const n = Number(/^\[(\d+)\]/.exec(path.slice(of.length))?.[1]);
  return Number.isNaN(n) ? null : n;
}
