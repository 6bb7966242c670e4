// Reading rows of which the host gives only so many at once.

import type { PageSpan } from "../grid/rows.svelte";

/** The host gives no more at once. */
const MOST = 500;

/** Rows from an offset on, read part by part. */
export async function inParts<R>(
  { offset, limit }: PageSpan,
  read: (part: PageSpan) => Promise<{ total: number; rows: R[] }>,
): Promise<{ total: number; rows: R[] }> {
  const rows: R[] = [];
  let total = 0;
  for (let from = offset; from < offset + limit; from += MOST) {
    const part = { offset: from, limit: Math.min(MOST, offset + limit - from) };
    const page = await read(part);
    total = page.total;
    rows.push(...page.rows);
    if (page.rows.length < part.limit) break;
  }
  return { total, rows };
}
