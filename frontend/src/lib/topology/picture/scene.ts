// The graph as a flat list of shapes: the same list makes the SVG and the PNG.

import { latency, rateFigure, share, count } from "../../format";
import { pathData, quadratics } from "../layout/curve";
import { bounds, left, right, top, type Box } from "../layout/geometry";
import type { Route } from "../layout/routes";
import type { Palette } from "../canvas/palette";
import type { RateUnit } from "../measures";
import { bars, largestOf } from "../trend";
import type { EdgeView, GraphView, NodeView } from "../view";

export interface PathShape {
  kind: "path";
  d: string;
  stroke?: string;
  width?: number;
  fill?: string;
  dash?: number[];
  opacity?: number;
  /** Moves the path. */
  at?: [x: number, y: number];
}

export interface TextShape {
  kind: "text";
  x: number;
  y: number;
  text: string;
  colour: string;
  size: number;
  weight: 420 | 520 | 620;
  anchor: "start" | "middle" | "end";
  /** The text is cut off beyond this width. */
  most?: number;
  /** Drawn around the letters so that they can be read over lines. */
  halo?: string;
  /** In the typeface of what was on the wire. */
  mono?: boolean;
}

export type SceneShape = PathShape | TextShape;

export interface Scene {
  x: number;
  y: number;
  width: number;
  height: number;
  background: string;
  shapes: SceneShape[];
}

const MARGIN = 28;
const PAD = 8;

/** The whole graph, whatever part of it is in view. */
export function scene(
  view: GraphView,
  boxes: ReadonlyMap<string, Box>,
  routes: ReadonlyMap<string, Route>,
  palette: Palette,
): Scene {
  const shapes: SceneShape[] = [];
  const edges = [...view.edges].sort((a, b) => a.level - b.level);
  for (const edge of edges) {
    const route = routes.get(edge.key);
    const box = boxes.get(edge.client);
    if (route) shapes.push(...edgeShapes(edge, route, palette));
    else if (edge.client === edge.server && box) shapes.push(loop(edge, box, palette));
  }
  for (const node of view.nodes) {
    const box = boxes.get(node.name);
    if (box)
      shapes.push(
        ...(box.w <= 40 ? ringShapes(node, box, palette, view.unit) : cardShapes(node, box, palette, view.unit)),
      );
  }
  const points = [...routes.values()].flat().map((point): Box => ({ ...point, w: 0, h: 0 }));
  const area = bounds([...boxes.values(), ...points]) ?? { x: 0, y: 0, w: 0, h: 0 };
  return {
    x: left(area) - MARGIN,
    y: top(area) - MARGIN,
    width: area.w + 2 * MARGIN,
    height: area.h + 2 * MARGIN + 16,
    background: palette.pane,
    shapes,
  };
}

function edgeShapes(edge: EdgeView, route: Route, palette: Palette): SceneShape[] {
  const colour = edge.figures ? palette.edges[edge.level] : palette.edges[0];
  const d = pathData(route);
  if (!edge.figures) return [{ kind: "path", d, stroke: colour, width: 1, dash: [4, 4], opacity: 0.55 }];
  return [
    { kind: "path", d, stroke: palette.pane, width: edge.width + 2.5 },
    { kind: "path", d, stroke: colour, width: edge.width },
    { kind: "path", d: arrowHead(route, edge.width), fill: colour },
  ];
}

/** A triangle at the end of the route, in the direction in which it arrives. */
function arrowHead(route: Route, width: number): string {
  const last = quadratics(route).at(-1);
  if (!last) return "";
  const angle = Math.atan2(last.to.y - last.control.y, last.to.x - last.control.x);
  const half = Math.max(3.5, width / 2 + 1.5);
  const corner = (along: number, across: number): string => {
    const x = last.to.x + along * Math.cos(angle) - across * Math.sin(angle);
    const y = last.to.y + along * Math.sin(angle) + across * Math.cos(angle);
    return `${x.toFixed(2)} ${y.toFixed(2)}`;
  };
  return `M${corner(0, 0)}L${corner(-7, half)}L${corner(-7, -half)}z`;
}

function loop(edge: EdgeView, box: Box, palette: Palette): SceneShape {
  const x = right(box);
  const y = top(box);
  const d = `M${x - 14} ${y}C${x - 14} ${y - 26} ${x + 26} ${y + 14} ${x} ${y + 14}`;
  return { kind: "path", d, stroke: palette.edges[edge.level], width: edge.width };
}

function roundRect(box: Box, radius: number): string {
  const x = left(box);
  const y = top(box);
  const { w, h } = box;
  const r = Math.min(radius, w / 2, h / 2);
  const corner = `a${r} ${r} 0 0 1 `;
  return `M${x + r} ${y}h${w - 2 * r}${corner}${r} ${r}v${h - 2 * r}${corner}${-r} ${r}h${2 * r - w}${corner}${-r} ${-r}v${2 * r - h}${corner}${r} ${-r}z`;
}

function text(x: number, y: number, words: string, colour: string, more: Partial<TextShape> = {}): TextShape {
  return { kind: "text", x, y, text: words, colour, size: 11, weight: 420, anchor: "start", ...more };
}

function levelColour(node: NodeView, palette: Palette): string {
  return [palette.text3, palette.warnText, palette.errorText][node.level] ?? palette.text3;
}

function cardShapes(node: NodeView, box: Box, palette: Palette, unit: RateUnit): SceneShape[] {
  const x = left(box);
  const y = top(box);
  const inner = box.w - 2 * PAD;
  const shapes: SceneShape[] = [];
  if (node.kind === "customers") {
    for (const offset of [6, 3]) {
      const behind = { ...box, x: box.x - offset, y: box.y - offset };
      shapes.push({ kind: "path", d: roundRect(behind, 6), fill: palette.pane, stroke: palette.line, width: 1 });
    }
  }
  const border: PathShape = { kind: "path", d: roundRect(box, 6), stroke: palette.line, width: 1 };
  if (node.origin) Object.assign(border, { stroke: palette.error, width: 1.5 });
  if (node.figures) border.fill = palette.raised;
  else border.dash = [3, 3];
  shapes.push(border);
  shapes.push(
    text(x + PAD, y + 16, node.title, node.figures ? palette.text : palette.text3, {
      size: 11.5,
      weight: 620,
      most: inner,
    }),
  );
  if (node.origin)
    shapes.push({ kind: "path", d: "M6 .6l5.4 9.6H.6z", fill: palette.error, at: [x + box.w - 20, y + 6] });
  if (!node.figures) return [...shapes, text(x + PAD, y + 31, "no traffic", palette.text3)];

  shapes.push(text(x + PAD, y + 31, `${rateFigure(node.figures.rate * unit.seconds)} ${unit.word}`, palette.text2));
  shapes.push(
    text(x + box.w - PAD, y + 31, share(node.figures.errorShare), levelColour(node, palette), {
      anchor: "end",
      weight: node.level > 0 ? 620 : 420,
    }),
  );
  if (node.kind === "customers") return [...shapes, ...blockShapes(node, box, palette)];
  if (box.h > 60) {
    shapes.push(text(x + PAD, y + 46, "p95", palette.text2));
    shapes.push(text(x + box.w - PAD, y + 46, latency(node.figures.p95Us), palette.text2, { anchor: "end" }));
  }
  const height = box.h > 60 ? box.h - 60 : 13;
  const at: [number, number] = [x + PAD, y + box.h - 5 - height];
  const largest = largestOf(node.trend);
  shapes.push({ kind: "path", d: bars(node.trend, largest, inner, height), fill: palette.requests, opacity: 0.62, at });
  shapes.push({ kind: "path", d: bars(node.errorTrend, largest, inner, height, 0.8), fill: palette.errors, at });
  return shapes;
}

function blockShapes(node: NodeView, box: Box, palette: Palette): SceneShape[] {
  const rows: [string, number][] = [["addresses", node.addressCount]];
  for (const block of node.blocks.slice(0, 3)) rows.push([block.block, block.addresses]);
  return rows.flatMap(([words, addresses], i): SceneShape[] => {
    const y = top(box) + 52 + i * 14;
    const colour = i === 0 ? palette.text2 : palette.text3;
    return [
      text(left(box) + PAD, y, words, colour, { size: 10.5, most: box.w - 50 }),
      text(right(box) - PAD, y, count(addresses), colour, { size: 10.5, anchor: "end" }),
    ];
  });
}

function ringShapes(node: NodeView, box: Box, palette: Palette, unit: RateUnit): SceneShape[] {
  const disc: PathShape = { kind: "path", d: roundRect(box, 99), fill: palette.raised, stroke: palette.line, width: 1 };
  if (node.origin) Object.assign(disc, { stroke: palette.error, width: 1.5 });
  const shapes: SceneShape[] = [disc];
  if (node.figures) {
    shapes.push({ kind: "path", d: roundRect({ ...box, w: 24, h: 24 }, 12), stroke: palette.requests, width: 3.5 });
    const failed = arc(box, 12, node.figures.errorShare);
    if (failed !== "") shapes.push({ kind: "path", d: failed, stroke: palette.errors, width: 3.5 });
    shapes.push(
      text(box.x, box.y + 3.5, rateFigure(node.figures.rate * unit.seconds), palette.text, {
        size: 9,
        weight: 620,
        anchor: "middle",
      }),
    );
  }
  shapes.push(text(box.x, box.y + 30, node.title, palette.text, { weight: 620, anchor: "middle", most: 104 }));
  return shapes;
}

/** A part of a circle, clockwise from the top; empty for less than half a percent. */
function arc(centre: Box, radius: number, part: number): string {
  if (part < 0.005) return "";
  const angle = 2 * Math.PI * Math.min(part, 0.9999);
  const x = centre.x + radius * Math.sin(angle);
  const y = centre.y - radius * Math.cos(angle);
  return `M${centre.x} ${centre.y - radius}A${radius} ${radius} 0 ${part > 0.5 ? 1 : 0} 1 ${x.toFixed(2)} ${y.toFixed(2)}`;
}
