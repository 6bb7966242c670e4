// The graph on Cytoscape: viewport, edges, hits and drags. Cards are drawn over it (CardLayer.svelte) unless zoomed far out.

import cytoscape, { type Core, type EdgeSingular, type ElementDefinition, type NodeSingular } from "cytoscape";
import { bounds, type Box, type Point } from "../layout/geometry";
import { cytoscapeCurve } from "../layout/curve";
import type { Route } from "../layout/routes";
import type { Form } from "../shapes";
import type { EdgeView, GraphView } from "../view";
import type { Palette } from "./palette";
import { styles } from "./styles";

/** A node by name, or an edge by key. */
export type Target = { node: string } | { edge: string };

export interface Viewport {
  zoom: number;
  pan: Point;
}

/** What happens on the canvas. */
export interface GraphEvents {
  tapped: (target: Target | null) => void;
  doubleTapped: (target: Target) => void;
  hovered: (target: Target | null) => void;
  viewport: (view: Viewport) => void;
  dragged: (node: string, at: Point) => void;
  dropped: (node: string, at: Point) => void;
}

/** Space kept free around the graph when it is fitted. */
export interface Inset {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

const CLOSEST = 2.5;
const FARTHEST = 0.05;
/** A fitted graph is not drawn larger than this. */
const LARGEST_FIT = 1.25;
/** Below this zoom cards are simple shapes. */
export const PLAIN_BELOW = 0.5;

const nodeId = (name: string): string => `n:${name}`;
const edgeId = (key: string): string => `e:${key}`;

export class GraphCanvas {
  /** True until the user pans or zooms: the graph follows the size of the pane. */
  fitting = true;

  readonly #cy: Core;
  readonly #events: GraphEvents;
  /** What each element was last drawn from: unchanged ones are left alone. */
  readonly #drawn = new Map<string, string>();
  #boxes: ReadonlyMap<string, Box> = new Map();
  #moving = false;

  constructor(container: HTMLElement, events: GraphEvents) {
    keepStyleSheetOut(container.ownerDocument);
    this.#events = events;
    this.#cy = cytoscape({
      container,
      minZoom: FARTHEST,
      maxZoom: CLOSEST,
      boxSelectionEnabled: false,
      autounselectify: true,
      selectionType: "single",
    });
    this.#listen();
  }

  destroy(): void {
    this.#cy.destroy();
  }

  /** Colours and shapes. */
  dress(palette: Palette, form: Form): void {
    this.#cy.style(styles(palette, form));
  }

  /** Draws this graph; what is there already is only changed. */
  show(view: GraphView, boxes: ReadonlyMap<string, Box>, routes: ReadonlyMap<string, Route>): void {
    this.#boxes = boxes;
    const wanted = new Set<string>();
    this.#cy.batch(() => {
      for (const node of view.nodes) {
        const box = boxes.get(node.name);
        if (!box) continue;
        wanted.add(nodeId(node.name));
        this.#put({
          group: "nodes",
          data: { id: nodeId(node.name), name: node.name, title: node.title, w: box.w, h: box.h },
          position: { x: box.x, y: box.y },
          classes: [node.figures ? "" : "quiet", node.origin ? "origin" : ""].join(" ").trim(),
        });
      }
      for (const edge of view.edges) {
        const client = boxes.get(edge.client);
        const server = boxes.get(edge.server);
        if (!client || !server) continue;
        wanted.add(edgeId(edge.key));
        this.#put({
          group: "edges",
          data: edgeData(edge, client, server, routes.get(edge.key)),
          classes: edgeClasses(edge),
        });
      }
      this.#cy.elements().forEach((element) => {
        if (wanted.has(element.id())) return;
        this.#drawn.delete(element.id());
        element.remove();
      });
    });
  }

  /** Marks what is selected and what the pointer or the keyboard is on; other edges fade behind the latter. */
  mark(selected: Target | null, pointed: Target | null): void {
    this.#cy.batch(() => {
      this.#cy.elements().removeClass("selected faded");
      if (selected) this.#find(selected).addClass("selected");
      if (!pointed) return;
      const found = this.#find(pointed);
      const kept = found.union(found.connectedEdges());
      if (kept.nonempty()) this.#cy.edges().difference(kept).addClass("faded");
    });
  }

  /** Simple shapes for a graph that is far away. */
  plain(on: boolean): void {
    this.#cy.nodes().toggleClass("plain", on);
  }

  /** Shows everything. */
  fit(inset: Inset): void {
    const area = bounds(this.#boxes.values());
    if (!area) return;
    const width = this.#cy.width() - inset.left - inset.right;
    const height = this.#cy.height() - inset.top - inset.bottom;
    if (width <= 0 || height <= 0) return;
    const zoom = Math.max(FARTHEST, Math.min(LARGEST_FIT, width / Math.max(1, area.w), height / Math.max(1, area.h)));
    this.#move(() =>
      this.#cy.viewport({
        zoom,
        pan: { x: inset.left + width / 2 - area.x * zoom, y: inset.top + height / 2 - area.y * zoom },
      }),
    );
    this.fitting = true;
  }

  zoomBy(factor: number): void {
    this.fitting = false;
    const zoom = Math.min(CLOSEST, Math.max(FARTHEST, this.#cy.zoom() * factor));
    this.#cy.zoom({ level: zoom, renderedPosition: { x: this.#cy.width() / 2, y: this.#cy.height() / 2 } });
  }

  /** Brings a node into the middle unless it is in view. */
  reveal(name: string): void {
    const box = this.#boxes.get(name);
    if (!box) return;
    const { x, y } = this.#cy.pan();
    const zoom = this.#cy.zoom();
    const at = { x: box.x * zoom + x, y: box.y * zoom + y };
    const inView = at.x > 40 && at.y > 40 && at.x < this.#cy.width() - 40 && at.y < this.#cy.height() - 40;
    if (inView && zoom >= PLAIN_BELOW) return;
    this.fitting = false;
    const near = Math.max(zoom, 0.8);
    const pan = { x: this.#cy.width() / 2 - box.x * near, y: this.#cy.height() / 2 - box.y * near };
    this.#cy.viewport({ zoom: near, pan });
  }

  resize(): void {
    this.#cy.resize();
  }

  #put(wanted: ElementDefinition): void {
    const id = wanted.data.id as string;
    const drawn = JSON.stringify(wanted);
    if (this.#drawn.get(id) === drawn) return;
    this.#drawn.set(id, drawn);
    const found = this.#cy.getElementById(id);
    if (found.empty()) {
      this.#cy.add(wanted);
      return;
    }
    found.data(wanted.data);
    const marks = ["selected", "faded", "plain"].filter((name) => found.hasClass(name));
    found.classes([String(wanted.classes ?? ""), ...marks].join(" ").trim());
    if (wanted.position && found.isNode() && !found.grabbed()) found.position(wanted.position);
  }

  #find(target: Target) {
    return this.#cy.getElementById("node" in target ? nodeId(target.node) : edgeId(target.edge));
  }

  #listen(): void {
    const cy = this.#cy;
    cy.on("tap", (event) => this.#events.tapped(event.target === cy ? null : targetOf(event.target)));
    cy.on("dbltap", "node, edge", (event) => this.#events.doubleTapped(targetOf(event.target)));
    cy.on("mouseover", "node, edge", (event) => this.#events.hovered(targetOf(event.target)));
    cy.on("mouseout", "node, edge", () => this.#events.hovered(null));
    cy.on("drag", "node", ({ target }) => this.#events.dragged(target.data("name"), { ...target.position() }));
    cy.on("dragfree", "node", ({ target }) => this.#events.dropped(target.data("name"), { ...target.position() }));
    cy.on("viewport", () => {
      if (!this.#moving) this.fitting = false;
      this.#events.viewport({ zoom: cy.zoom(), pan: { ...cy.pan() } });
    });
  }

  #move(act: () => void): void {
    this.#moving = true;
    act();
    this.#moving = false;
  }
}

function targetOf(element: NodeSingular | EdgeSingular): Target {
  return element.isNode() ? { node: element.data("name") as string } : { edge: element.data("key") as string };
}

function edgeData(edge: EdgeView, client: Box, server: Box, route: Route | undefined): ElementDefinition["data"] {
  const curve = route ? cytoscapeCurve(route, client, server) : null;
  const width = edge.figures ? edge.width : 1;
  return {
    id: edgeId(edge.key),
    key: edge.key,
    source: nodeId(edge.client),
    target: nodeId(edge.server),
    width,
    level: edge.figures ? edge.level : 0,
    arrow: arrowScale(width),
    ...(curve && {
      from: px(curve.source),
      to: px(curve.target),
      weights: curve.weights.map((weight) => weight.toFixed(5)).join(" "),
      distances: curve.distances.map((distance) => distance.toFixed(2)).join(" "),
    }),
  };
}

function edgeClasses(edge: EdgeView): string {
  const classes = [];
  if (!edge.figures) classes.push("quiet");
  if (edge.client === edge.server) classes.push("loop");
  return classes.join(" ");
}

const px = ([x, y]: [number, number]): string => `${x.toFixed(2)}px ${y.toFixed(2)}px`;

/** Cytoscape sizes arrow heads by its own formula; this gives heads a little wider than their line. */
function arrowScale(width: number): number {
  const wanted = Math.max(8.5, width * 1.1 + 4.5) / 0.3 / 1.15;
  return wanted / Math.max((width * 13.37) ** 0.9, 29);
}

/** Cytoscape adds a `<style>` unless an element of that id exists; a strict content security policy refuses it. */
function keepStyleSheetOut(document: Document): void {
  const id = "__________cytoscape_stylesheet";
  if (document.getElementById(id)) return;
  const stand = document.createElement("template");
  stand.id = id;
  document.head.append(stand);
}
