// Words on a chart: each gets the first place that no other word has, and of those the one that covers least of the lines.

/** A rectangle in pixels from the upper left corner. */
export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Wish {
  /** Where it may stand, best first. */
  places: readonly Rect[];
  /** Rather left out than covering more than this of the lines. */
  most?: number;
}

/** How much of the lines a rectangle would cover. */
export type Cover = (rect: Rect) => number;

/** One place for every wish, or null where there is none: words are left out before they overlap. Earlier wishes choose first. */
export function placed(wishes: readonly Wish[], area: Rect, taken: readonly Rect[], cover: Cover): (Rect | null)[] {
  const used = [...taken];
  return wishes.map(({ places, most = Infinity }) => {
    let best: Rect | null = null;
    let least = Infinity;
    for (const place of places) {
      if (!inside(place, area) || used.some((rect) => overlap(rect, place))) continue;
      const covered = cover(place);
      if (covered < least && covered <= most) [best, least] = [place, covered];
      if (covered === 0) break;
    }
    if (best !== null) used.push(best);
    return best;
  });
}

export function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function inside(rect: Rect, area: Rect): boolean {
  return (
    rect.x >= area.x && rect.y >= area.y && rect.x + rect.w <= area.x + area.w && rect.y + rect.h <= area.y + area.h
  );
}

/** A line as points from left to right; null breaks it. */
export type Line = readonly ({ x: number; y: number } | null)[];

/** Counts the points of the lines under a rectangle. */
export function pointsUnder(lines: readonly Line[]): Cover {
  return (rect) => {
    let under = 0;
    for (const line of lines) {
      for (let n = firstFrom(line, rect.x); n < line.length; n += 1) {
        const point = line[n];
        if (point === null || point === undefined) continue;
        if (point.x > rect.x + rect.w) break;
        if (point.x >= rect.x && point.y >= rect.y && point.y <= rect.y + rect.h) under += 1;
      }
    }
    return under;
  };
}

/** Index of the first point that may stand at or after `x`; broken parts count as before it. */
function firstFrom(line: Line, x: number): number {
  let [low, high] = [0, line.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const known = nextKnown(line, middle, high);
    if (known === null) high = middle;
    else if (known.x < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nextKnown(line: Line, from: number, to: number): { x: number; y: number } | null {
  for (let n = from; n < to; n += 1) {
    const point = line[n];
    if (point !== null && point !== undefined) return point;
  }
  return null;
}
