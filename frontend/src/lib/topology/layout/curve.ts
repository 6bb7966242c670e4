// A route as a curve: quadratic Béziers joined half-way between the inner control points. It is the curve that Cytoscape
// draws for `unbundled-bezier`, so the canvas, the moving dash and the exported picture follow one line.

import { overlaps, type Box, type Point } from "./geometry";
import type { Route } from "./routes";

export interface Quadratic {
  from: Point;
  control: Point;
  to: Point;
}

const half = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** The pieces of the curve; a route of two points is one straight piece. */
export function quadratics(route: Route): Quadratic[] {
  const start = route[0];
  const end = route.at(-1);
  if (!start || !end) return [];
  const controls = route.slice(1, -1);
  if (controls.length === 0) return [{ from: start, control: half(start, end), to: end }];
  const pieces: Quadratic[] = [];
  let from = start;
  controls.forEach((control, i) => {
    const next = controls[i + 1];
    const to = next ? half(control, next) : end;
    pieces.push({ from, control, to });
    from = to;
  });
  return pieces;
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** SVG path data, also understood by `Path2D`. */
export function pathData(route: Route): string {
  const pieces = quadratics(route);
  const first = pieces[0];
  if (!first) return "";
  let data = `M${round(first.from.x)} ${round(first.from.y)}`;
  for (const { control, to } of pieces) {
    data += `Q${round(control.x)} ${round(control.y)} ${round(to.x)} ${round(to.y)}`;
  }
  return data;
}

/** A point on a piece; `t` from 0 to 1. */
export function pointOn({ from, control, to }: Quadratic, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * from.x + 2 * u * t * control.x + t * t * to.x,
    y: u * u * from.y + 2 * u * t * control.y + t * t * to.y,
  };
}

/** The point at a part of the curve's length, 0 to 1. */
export function pointAlong(route: Route, part: number): Point {
  const points = quadratics(route).flatMap((piece) => [0, 0.25, 0.5, 0.75, 1].map((t) => pointOn(piece, t)));
  const lengths = points.map((point, i) => {
    const before = points[i - 1];
    return before ? Math.hypot(point.x - before.x, point.y - before.y) : 0;
  });
  let left = lengths.reduce((sum, length) => sum + length, 0) * part;
  for (let i = 1; i < points.length; i++) {
    const length = lengths[i] ?? 0;
    const a = points[i - 1];
    const b = points[i];
    if (a && b && length >= left && length > 0) {
      const share = left / length;
      return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
    }
    left -= length;
  }
  return points[0] ?? { x: 0, y: 0 };
}

/** Where along a curve a label may sit, best first. */
const LABEL_PLACES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

/** The centre for a label of `w` by `h` beside the curve: the first place where it covers no card, else half-way. */
export function labelPlace(route: Route, boxes: Iterable<Box>, w: number, h: number): Point {
  const cards = [...boxes];
  for (const part of LABEL_PLACES) {
    const on = pointAlong(route, part);
    for (const [dx, dy] of [
      [0, h / 2 + 9],
      [0, -h / 2 - 9],
      [w / 2 + 9, 0],
      [-w / 2 - 9, 0],
    ] as const) {
      const label = { x: on.x + dx, y: on.y + dy, w, h };
      if (!cards.some((card) => overlaps(card, label, 2))) return { x: label.x, y: label.y };
    }
  }
  const on = pointAlong(route, 0.5);
  return { x: on.x, y: on.y + h / 2 + 9 };
}

/** A route in Cytoscape's terms: ends as offsets from the nodes' centres, controls relative to the line between the ends. */
export interface CytoscapeCurve {
  source: [number, number];
  target: [number, number];
  weights: number[];
  distances: number[];
}

/** `null` when both ends fall on one point: there is no line to be relative to. */
export function cytoscapeCurve(route: Route, client: Box, server: Box): CytoscapeCurve | null {
  const start = route[0];
  const end = route.at(-1);
  if (!start || !end) return null;
  const dx = end.x - start.x;
  const dy = end.y - start.y;
  const length = Math.hypot(dx, dy);
  if (length < 1e-6) return null;
  const weights: number[] = [];
  const distances: number[] = [];
  const controls = route.slice(1, -1);
  // A curve without a control is none to Cytoscape: half-way keeps the line straight.
  for (const control of controls.length > 0 ? controls : [half(start, end)]) {
    const px = control.x - start.x;
    const py = control.y - start.y;
    weights.push((px * dx + py * dy) / (length * length));
    distances.push((-px * dy + py * dx) / length);
  }
  return {
    source: [start.x - client.x, start.y - client.y],
    target: [end.x - server.x, end.y - server.y],
    weights,
    distances,
  };
}
