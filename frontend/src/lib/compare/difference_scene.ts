// The graph of a difference as shapes: the page draws them as SVG, and the exported picture holds the same.

import type { Difference, DifferentEdge, DifferentNode, ServiceKind } from "../backend";
import { share } from "../format";
import { pathData, pointAlong, quadratics } from "../topology/layout/curve";
import { bounds, left, right, top, type Box, type Boxes, type Link, type Shape } from "../topology/layout/geometry";
import { layered, type Room } from "../topology/layout/layered";
import { routes, type Route } from "../topology/layout/routes";
import { edgeWidth, errorLevel } from "../topology/measures";
import type { PathShape, SceneShape, TextShape } from "../topology/picture/scene";
import type { Palette } from "../topology/canvas/palette";
import { keyOf } from "./changes";
import { roundedData } from "./chart";
import { edgeLabel } from "./effects";
import { placed, type Rect } from "./placing";

/** Beyond so many edges a picture says nothing; those that changed most are drawn. */
export const MOST_DRAWN = 160;

const NODE_H = 26;
const LETTER_PX = 6.5;
const [NARROWEST, WIDEST] = [84, 176];
const LABEL_H = 17;
const LABEL_PLACES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];
/** Where lines are looked for, so that a label stands where few others pass. */
const SAMPLES = Array.from({ length: 33 }, (_, n) => n / 32);
const MARGIN = 16;

export interface DrawnEdge {
  key: string;
  edge: DifferentEdge;
  /** The line alone, for the pointer. */
  d: string;
  shapes: SceneShape[];
  label: SceneShape[];
}

export interface DrawnNode {
  name: string;
  shapes: SceneShape[];
}

export interface DifferenceScene {
  x: number;
  y: number;
  width: number;
  height: number;
  edges: DrawnEdge[];
  nodes: DrawnNode[];
}

export type DifferencePalette = Palette & { info: string };

/** Where the cards stand. Depends on names and links alone: figures move nothing. */
export function arranged(nodes: readonly DifferentNode[], links: Link[], room: Room): Boxes {
  const named = new Set(links.flatMap(({ client, server }) => [client, server]));
  const shown = nodes.filter(({ name }) => named.has(name));
  const shapes = shown.map((node): Shape => ({
    name: node.name,
    w: widthOf(titleOf(node.name, node.kind)),
    h: NODE_H,
  }));
  const customers = shown.filter(({ kind }) => kind === "customers").map(({ name }) => name);
  const servers = new Set(links.map(({ server }) => server));
  const roots = [...customers, ...shown.map(({ name }) => name).filter((name) => !servers.has(name))];
  const options = { roots, rowGap: 26, columnGap: 66 };
  const placed = layered(shapes, links, { ...options, room });
  // A graph higher than the room is drawn smaller, which leaves width for the columns.
  const higher = (bounds(placed.values())?.h ?? 0) / Math.max(1, room.height);
  return higher <= 1 ? placed : layered(shapes, links, { ...options, room: { ...room, width: room.width * higher } });
}

export function differenceScene(
  difference: Difference,
  edges: readonly DifferentEdge[],
  boxes: Boxes,
  selected: string | null,
  palette: DifferencePalette,
): DifferenceScene {
  const lines = routes(
    boxes,
    edges.map(({ client, server }) => ({ client, server })),
  );
  const largest = Math.max(0, ...edges.map(rateOf));
  const drawn = edges.flatMap((edge): DrawnEdge[] => {
    const key = keyOf(edge);
    const route = lines.get(key) ?? loopRoute(edge, boxes);
    if (route === null) return [];
    const shapes = edgeShapes(edge, route, largest, key === selected, palette);
    return [{ key, edge, d: pathData(route), shapes, label: [] }];
  });
  placeLabels(drawn, lines, boxes, palette);
  const nodes = difference.nodes.flatMap((node): DrawnNode[] => {
    const box = boxes.get(node.name);
    return box === undefined ? [] : [{ name: node.name, shapes: nodeShapes(node, box, palette) }];
  });
  const points = [...lines.values()].flat().map((point): Box => ({ ...point, w: 0, h: 0 }));
  const area = bounds([...boxes.values(), ...points]) ?? { x: 0, y: 0, w: 0, h: 0 };
  return {
    x: left(area) - MARGIN,
    y: top(area) - MARGIN,
    width: area.w + 2 * MARGIN,
    height: area.h + 2 * MARGIN,
    edges: drawn,
    nodes,
  };
}

const titleOf = (name: string, kind: ServiceKind): string => (kind === "customers" ? "Customers" : name);
const widthOf = (title: string): number =>
  Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(title.length * LETTER_PX + 22)));
const rateOf = ({ before, after }: DifferentEdge): number => (after ?? before)?.rate ?? 0;

/** A call of a service to itself: a bow over its corner. */
function loopRoute({ client, server }: DifferentEdge, boxes: Boxes): Route | null {
  const box = boxes.get(client);
  if (client !== server || box === undefined) return null;
  const [x, y] = [right(box), top(box)];
  return [
    { x: x - 12, y },
    { x: x - 12, y: y - 20 },
    { x: x + 18, y: y - 20 },
    { x: x + 18, y: y + 13 },
    { x, y: y + 13 },
  ];
}

function edgeShapes(
  edge: DifferentEdge,
  route: Route,
  largest: number,
  selected: boolean,
  palette: DifferencePalette,
): SceneShape[] {
  const d = pathData(route);
  const width = edge.presence === "gone" ? 1.6 : edgeWidth(rateOf(edge), largest);
  const colour = colourOf(edge, palette);
  const line: PathShape = { kind: "path", d, stroke: colour, width };
  if (edge.presence === "gone") line.dash = [4, 4];
  if (edge.presence === "same") line.opacity = 0.6;
  const casing: SceneShape[] = selected
    ? [
        { kind: "path", d, stroke: palette.accent, width: width + 6 },
        { kind: "path", d, stroke: palette.pane, width: width + 3 },
      ]
    : [{ kind: "path", d, stroke: palette.pane, width: width + 2.5 }];
  return [...casing, line, { kind: "path", d: arrowHead(route, width), fill: colour }];
}

function colourOf(edge: DifferentEdge, palette: DifferencePalette): string {
  if (edge.presence === "new") return palette.info;
  if (edge.presence === "gone") return palette.text3;
  return palette.edges[edge.after === null ? 0 : errorLevel(edge.after.error_share)];
}

function arrowHead(route: Route, width: number): string {
  const last = quadratics(route).at(-1);
  if (last === undefined) return "";
  const angle = Math.atan2(last.to.y - last.control.y, last.to.x - last.control.x);
  const half = Math.max(4, width / 2 + 2);
  const corner = (along: number, across: number): string => {
    const x = last.to.x + along * Math.cos(angle) - across * Math.sin(angle);
    const y = last.to.y + along * Math.sin(angle) + across * Math.cos(angle);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${corner(0, 0)}L${corner(-7, half)}L${corner(-7, -half)}z`;
}

/** Labels on their lines, where they cover no card and no other label; else they are left out, the table has them. */
function placeLabels(
  drawn: DrawnEdge[],
  lines: ReadonlyMap<string, Route>,
  boxes: Boxes,
  palette: DifferencePalette,
): void {
  const cards = [...boxes.values()].map((box): Rect => ({
    x: left(box) - 2,
    y: top(box) - 2,
    w: box.w + 4,
    h: box.h + 4,
  }));
  const labels = drawn.map(({ key, edge }) => {
    const words = edgeLabel(edge);
    const size = { w: words.length * 6.3 + 10, h: LABEL_H };
    const route = words === "" ? undefined : lines.get(key);
    const places = LABEL_PLACES.flatMap((part): Rect[] => {
      if (route === undefined) return [];
      const on = pointAlong(route, part);
      return [{ x: on.x - size.w / 2, y: on.y - size.h / 2, ...size }];
    });
    return { words, places };
  });
  const everywhere = { x: -1e6, y: -1e6, w: 2e6, h: 2e6 };
  const points = [...lines.values()].flatMap((route) => SAMPLES.map((part) => pointAlong(route, part)));
  const cover = (rect: Rect): number =>
    points.filter(({ x, y }) => x >= rect.x && x <= rect.x + rect.w && y >= rect.y && y <= rect.y + rect.h).length;
  const places = placed(labels, everywhere, cards, cover);
  drawn.forEach((one, n) => {
    const [place, words] = [places[n], labels[n]?.words ?? ""];
    if (place) one.label = labelShapes(one.edge, words, place, palette);
  });
}

function labelShapes(edge: DifferentEdge, words: string, place: Rect, palette: DifferencePalette): SceneShape[] {
  const colour = labelColour(edge, words, palette);
  return [
    { kind: "path", d: roundedData(place, 4), fill: palette.pane, stroke: palette.line, width: 1 },
    text(place.x + place.w / 2, place.y + 12.5, words, colour, { size: 10.5, weight: 620 }),
  ];
}

function labelColour(edge: DifferentEdge, words: string, palette: DifferencePalette): string {
  if (edge.presence === "new") return palette.info;
  if (edge.presence === "gone" || edge.after === null || words !== share(edge.after.error_share)) return palette.text2;
  return [palette.text2, palette.warnText, palette.errorText][errorLevel(edge.after.error_share)] ?? palette.text2;
}

function nodeShapes({ name, kind, presence }: DifferentNode, box: Box, palette: DifferencePalette): SceneShape[] {
  const title = titleOf(name, kind);
  const gone = presence === "gone";
  const border: PathShape = {
    kind: "path",
    d: roundedData({ x: left(box), y: top(box), w: box.w, h: box.h }, 5),
    fill: palette.raised,
    stroke: presence === "new" ? palette.info : gone ? palette.text3 : palette.line,
    width: presence === "same" ? 1 : 1.3,
  };
  if (gone) border.dash = [4, 3];
  const address = /^[\d.:a-f]+$/i.test(name) && /\d/.test(name);
  const words = text(box.x, box.y + 4, title, gone ? palette.text3 : palette.text, {
    size: address ? 10.5 : 11.5,
    weight: address ? 520 : 620,
    mono: address,
    most: box.w - 12,
  });
  if (!gone) return [border, words];
  const half = Math.min(box.w - 12, title.length * (address ? 6.4 : LETTER_PX)) / 2;
  const struck: PathShape = {
    kind: "path",
    d: `M${(box.x - half).toFixed(1)} ${box.y}h${(2 * half).toFixed(1)}`,
    stroke: palette.text3,
    width: 1,
  };
  return [border, words, struck];
}

function text(x: number, y: number, words: string, colour: string, more: Partial<TextShape>): TextShape {
  return { kind: "text", x, y, text: words, colour, size: 11, weight: 420, anchor: "middle", ...more };
}
