// The moving dash: light runs along the edges that carry requests while the reel plays.

import { pathData } from "../layout/curve";
import type { Route } from "../layout/routes";
import type { EdgeView } from "../view";
import type { Viewport } from "./graph_canvas";

/** With more edges than this the dash says nothing and costs frames. */
const MOST_EDGES = 300;
const DASH = [4, 20];
const PERIOD_PX = 24;
/** One period at calm edges; busy ones run faster. */
const PERIOD_MS = 1400;
const BUSY_FACTOR = 0.55;
/** Thirty frames a second are enough for a dash. */
const FRAME_MS = 30;

interface Strand {
  path: Path2D;
  width: number;
  alpha: number;
  periodMs: number;
}

export class FlowCanvas {
  readonly #canvas: HTMLCanvasElement;
  #strands: Strand[] = [];
  #view: Viewport = { zoom: 1, pan: { x: 0, y: 0 } };
  #colour = "";
  #frame = 0;
  #drawnAt = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** The edges that carry something. */
  carry(edges: EdgeView[], routes: ReadonlyMap<string, Route>, colour: string): void {
    const busy = Math.max(0, ...edges.map((edge) => edge.width)) * 0.6;
    const live = edges.filter((edge) => edge.figures && edge.figures.rate > 0);
    this.#colour = colour;
    this.#strands = [];
    if (live.length > MOST_EDGES) return;
    for (const edge of live) {
      const route = routes.get(edge.key);
      if (!route) continue;
      this.#strands.push({
        path: new Path2D(pathData(route)),
        width: Math.min(2, Math.max(1, edge.width * 0.45)),
        alpha: edge.level > 0 ? 0.75 : 0.55,
        periodMs: PERIOD_MS * (edge.width > busy ? BUSY_FACTOR : 1),
      });
    }
  }

  look(view: Viewport): void {
    this.#view = view;
  }

  /** Draws frames until `stop`. */
  run(): void {
    if (this.#frame !== 0) return;
    const step = (now: number): void => {
      this.#frame = requestAnimationFrame(step);
      if (now - this.#drawnAt < FRAME_MS) return;
      this.#drawnAt = now;
      this.#draw(now);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** Stops and wipes the canvas. */
  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    wipe(this.#canvas);
  }

  #draw(now: number): void {
    const context = this.#canvas.getContext("2d");
    if (!context) return;
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
    context.strokeStyle = this.#colour;
    context.lineCap = "round";
    context.setLineDash(DASH);
    for (const strand of this.#strands) {
      context.lineWidth = strand.width;
      context.globalAlpha = strand.alpha;
      context.lineDashOffset = -((now / strand.periodMs) % 1) * PERIOD_PX * 2;
      context.stroke(strand.path);
    }
    context.globalAlpha = 1;
  }
}

/** Clears all of a canvas, however it was zoomed when it was drawn on. */
export function wipe(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext("2d");
  context?.setTransform(1, 0, 0, 1, 0, 0);
  context?.clearRect(0, 0, canvas.width, canvas.height);
}
