// Single events on their edges: a ring for a connection, a dot for a request, a smaller one back for its response, a cross for
// an end. Each sets out when it happened.

import type { PassingEvent, PassingKind } from "../../backend";
import { pointAlong } from "../layout/curve";
import { linkKey, type Box, type Point } from "../layout/geometry";
import type { Route } from "../layout/routes";
import { wipe } from "./flow_canvas";
import type { Viewport } from "./graph_canvas";
import type { Palette } from "./palette";

/** How long a sign is on its way, and how long one stands that does not travel. */
const TRAVEL_MS = 420;
const STAND_MS = 360;
/** Points that a way is measured in. */
const STEPS = 32;
/** More signs than this say nothing any more; the oldest give way. */
const MOST_SIGNS = 600;

type Shape = "ring" | "dot" | "small" | "cross";
type Way = "there" | "back" | "middle";

/** How each kind is shown. */
const MANNERS: Record<PassingKind, { shape: Shape; way: Way }> = {
  connect: { shape: "ring", way: "there" },
  accept: { shape: "ring", way: "back" },
  established: { shape: "small", way: "there" },
  request: { shape: "dot", way: "there" },
  response: { shape: "small", way: "back" },
  refused: { shape: "cross", way: "back" },
  close: { shape: "cross", way: "middle" },
  reset: { shape: "cross", way: "middle" },
  idle: { shape: "cross", way: "middle" },
};

interface Sign {
  points: readonly Point[];
  shape: Shape;
  way: Way;
  failed: boolean;
  sinceMs: number;
}

export class PassingCanvas {
  readonly #canvas: HTMLCanvasElement;
  /** Without motion signs stand in the middle of their edge. */
  readonly #still: () => boolean;
  #signs: Sign[] = [];
  #routes: ReadonlyMap<string, Route> = new Map();
  #boxes: ReadonlyMap<string, Box> = new Map();
  readonly #points = new Map<string, readonly Point[]>();
  #view: Viewport = { zoom: 1, pan: { x: 0, y: 0 } };
  #palette: Palette | null = null;
  #frame = 0;

  constructor(canvas: HTMLCanvasElement, still: () => boolean) {
    this.#canvas = canvas;
    this.#still = still;
  }

  /** Where edges run, and what signs are drawn with. */
  on(routes: ReadonlyMap<string, Route>, boxes: ReadonlyMap<string, Box>, palette: Palette): void {
    [this.#routes, this.#boxes, this.#palette] = [routes, boxes, palette];
    this.#points.clear();
  }

  look(view: Viewport): void {
    this.#view = view;
  }

  /** Sends signs off. */
  show(events: readonly PassingEvent[], nowMs: number): void {
    for (const event of events) {
      const points = this.#way(event);
      if (points === null) continue;
      const { shape, way } = MANNERS[event.kind];
      this.#signs.push({ points, shape, way, failed: event.failed, sinceMs: nowMs });
    }
    if (this.#signs.length > MOST_SIGNS) this.#signs.splice(0, this.#signs.length - MOST_SIGNS);
    if (this.#signs.length > 0 && this.#frame === 0) this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  /** Takes all signs away. */
  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#signs = [];
    wipe(this.#canvas);
  }

  #step(now: number): void {
    this.#signs = this.#signs.filter((sign) => now - sign.sinceMs < lastsMs(sign));
    this.#draw(now);
    this.#frame = this.#signs.length === 0 ? 0 : requestAnimationFrame((later) => this.#step(later));
  }

  /** The points of an edge; a service that calls itself has its sign above its card. */
  #way({ client, server }: PassingEvent): readonly Point[] | null {
    const key = linkKey({ client, server });
    const known = this.#points.get(key);
    if (known !== undefined) return known;
    const route = this.#routes.get(key);
    const box = this.#boxes.get(client);
    let points: Point[];
    if (route !== undefined) points = Array.from({ length: STEPS + 1 }, (_, n) => pointAlong(route, n / STEPS));
    else if (client === server && box !== undefined) points = [{ x: box.x, y: box.y - box.h / 2 - 6 }];
    else return null;
    this.#points.set(key, points);
    return points;
  }

  #draw(now: number): void {
    const [context, palette] = [this.#canvas.getContext("2d"), this.#palette];
    if (!context || !palette) return;
    const ratio = window.devicePixelRatio;
    const width = Math.round(this.#canvas.clientWidth * ratio);
    const height = Math.round(this.#canvas.clientHeight * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const { zoom, pan } = this.#view;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * pan.x, ratio * pan.y);
    for (const sign of this.#signs) {
      const part = Math.min(1, Math.max(0, (now - sign.sinceMs) / lastsMs(sign)));
      const { x, y } = placeOf(sign, this.#still() ? 0.5 : part);
      context.globalAlpha = part > 0.8 ? (1 - part) * 5 : 1;
      SHAPES[sign.shape](context, x, y, sign.failed ? palette.error : palette.text, palette.pane);
    }
    context.globalAlpha = 1;
  }
}

function lastsMs({ way }: Sign): number {
  return way === "middle" ? STAND_MS : TRAVEL_MS;
}

function placeOf({ points, way }: Sign, part: number): Point {
  const along = way === "there" ? part : way === "back" ? 1 - part : 0.5;
  const exact = along * (points.length - 1);
  const n = Math.min(points.length - 1, Math.floor(exact));
  const [a, b] = [points[n], points[n + 1] ?? points[n]];
  if (a === undefined || b === undefined) return { x: 0, y: 0 };
  return { x: a.x + (b.x - a.x) * (exact - n), y: a.y + (b.y - a.y) * (exact - n) };
}

type Draw = (context: CanvasRenderingContext2D, x: number, y: number, fill: string, halo: string) => void;

/** Signs have a rim of the pane's colour, so that they can be told from the edge they are on. */
const SHAPES: Record<Shape, Draw> = {
  ring: (context, x, y, fill, halo) => {
    disc(context, x, y, 4.6, halo);
    context.strokeStyle = fill;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, 3.2, 0, 2 * Math.PI);
    context.stroke();
  },
  dot: (context, x, y, fill, halo) => {
    disc(context, x, y, 4.6, halo);
    disc(context, x, y, 3.3, fill);
  },
  small: (context, x, y, fill, halo) => {
    disc(context, x, y, 3.4, halo);
    disc(context, x, y, 2.2, fill);
  },
  cross: (context, x, y, fill, halo) => {
    for (const [width, colour] of [
      [4.5, halo],
      [1.7, fill],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineCap = "round";
      context.beginPath();
      context.moveTo(x - 3, y - 3);
      context.lineTo(x + 3, y + 3);
      context.moveTo(x + 3, y - 3);
      context.lineTo(x - 3, y + 3);
      context.stroke();
    }
  },
};

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number, fill: string): void {
  context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
