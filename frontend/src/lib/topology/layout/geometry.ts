// Boxes and links: what the layout needs to know of a graph. Lengths are CSS pixels at zoom 1.

export interface Point {
  x: number;
  y: number;
}

/** A card on the canvas; `x` and `y` are its centre. */
export interface Box extends Point {
  w: number;
  h: number;
}

/** A node before it has a place. */
export interface Shape {
  name: string;
  w: number;
  h: number;
}

export interface Link {
  client: string;
  server: string;
}

/** One string per link; service names hold no control characters. */
export function linkKey(link: Link): string {
  return `${link.client}\u0001${link.server}`;
}

export const left = (box: Box): number => box.x - box.w / 2;
export const right = (box: Box): number => box.x + box.w / 2;
export const top = (box: Box): number => box.y - box.h / 2;
export const bottom = (box: Box): number => box.y + box.h / 2;

/** Boxes by name. Treated as a value: functions give a new map instead of changing one. */
export type Boxes = ReadonlyMap<string, Box>;

export const NO_BOXES: Boxes = new Map();

/** With these cards' centres elsewhere; names that are not placed are left out. */
export function withCentres(boxes: Boxes, centres: Iterable<[name: string, at: Point]>): Boxes {
  const moved = new Map(boxes);
  for (const [name, { x, y }] of centres) {
    const box = boxes.get(name);
    if (box) moved.set(name, { ...box, x, y });
  }
  return moved;
}

/** With more cards. */
export function withBoxes(boxes: Boxes, added: Boxes): Boxes {
  return new Map([...boxes, ...added]);
}

/** True when the boxes come closer than `margin` in both directions. */
export function overlaps(a: Box, b: Box, margin = 0): boolean {
  return Math.abs(a.x - b.x) < (a.w + b.w) / 2 + margin && Math.abs(a.y - b.y) < (a.h + b.h) / 2 + margin;
}

/** The smallest box around all of them; `null` for none. */
export function bounds(boxes: Iterable<Box>): Box | null {
  let x1 = Infinity;
  let y1 = Infinity;
  let x2 = -Infinity;
  let y2 = -Infinity;
  for (const box of boxes) {
    x1 = Math.min(x1, left(box));
    x2 = Math.max(x2, right(box));
    y1 = Math.min(y1, top(box));
    y2 = Math.max(y2, bottom(box));
  }
  return x1 > x2 ? null : { x: (x1 + x2) / 2, y: (y1 + y2) / 2, w: x2 - x1, h: y2 - y1 };
}

/** A closed vertical span. */
export type Span = [from: number, to: number];

/** What is left free above, between and below the boxes when each keeps `margin` around it. Top to bottom, never empty. */
export function freeSpans(boxes: Box[], margin: number): Span[] {
  const taken = boxes
    .map((box): Span => [top(box) - margin, bottom(box) + margin])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const spans: Span[] = [];
  let from = -Infinity;
  for (const [start, end] of taken) {
    if (start > from) spans.push([from, start]);
    from = Math.max(from, end);
  }
  spans.push([from, Infinity]);
  return spans;
}

/** The point of `span` nearest to `wanted`. */
export const clampTo = ([from, to]: Span, wanted: number): number => Math.min(Math.max(wanted, from), to);

/** Index of the span that comes nearest to `wanted`; the upper one on a tie. */
export function nearestSpan(spans: Span[], wanted: number): number {
  let best = 0;
  let distance = Infinity;
  spans.forEach((span, index) => {
    const away = Math.abs(clampTo(span, wanted) - wanted);
    if (away < distance) {
      best = index;
      distance = away;
    }
  });
  return best;
}
