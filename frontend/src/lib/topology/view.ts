// What is drawn: the graph of the whole recording, with the figures of the selection or of an instant.
//
// The whole recording decides which nodes and edges there are, so nothing jumps when the range moves; what has no traffic
// in the selection stays, dashed.

import type { AddressBlock, EdgeState, ServiceEdge, ServiceKind, ServiceNode, StateAt, Topology } from "../backend";
import { linkKey } from "./layout/geometry";
import {
  amountOf,
  edgeWidth,
  errorLevel,
  errorOrigins,
  latencyLevel,
  type ColourBy,
  type Level,
  rateUnit,
  type RateUnit,
  type WidthBy,
} from "./measures";

/** Figures of a node or edge now. */
export interface Figures {
  /** Requests per second. */
  rate: number;
  errorShare: number;
  /** Unknown at an instant and without a response. */
  p95Us: number | null;
  bytesPerS: number;
  activeConnections: number;
}

export interface NodeView {
  name: string;
  title: string;
  kind: ServiceKind;
  /** Null without traffic in the selection. */
  figures: Figures | null;
  level: Level;
  /** Errors start here; else they are passed on. */
  origin: boolean;
  entryPoint: boolean;
  trend: number[];
  errorTrend: number[];
  blocks: AddressBlock[];
  addressCount: number;
}

export interface EdgeView {
  key: string;
  client: string;
  server: string;
  figures: Figures | null;
  protocol: string;
  level: Level;
  width: number;
}

export interface GraphView {
  nodes: NodeView[];
  edges: EdgeView[];
  /** The amount that is drawn widest, per second. */
  largest: number;
  /** In what rates are written. */
  unit: RateUnit;
}

/** How figures become strokes. */
export interface Drawing {
  colourBy: ColourBy;
  widthBy: WidthBy;
}

/** Seconds that an instant's requests are counted over. */
const INSTANT_S = 10;

export const titleOf = (name: string, kind: ServiceKind): string => (kind === "customers" ? "Customers" : name);

/** `scoped` gives the figures; `moment`, while the playhead moves, replaces those of requests and connections. */
export function graphView(whole: Topology, scoped: Topology, moment: StateAt | null, drawing: Drawing): GraphView {
  const largest = Math.max(0, ...whole.edges.map((edge) => amountOf(drawing.widthBy, figuresOf(edge))));
  const states = new Map(moment?.edges.map((edge) => [linkKey(edge), edge]));
  const edges = mergedEdges(whole, scoped).map(({ edge, inScope }): EdgeView => {
    const figures = moment ? instant(edge, states.get(linkKey(edge))) : inScope ? figuresOf(edge) : null;
    return {
      key: linkKey(edge),
      client: edge.client,
      server: edge.server,
      figures,
      protocol: edge.protocol,
      level: figures ? levelOf(drawing.colourBy, figures) : 0,
      width: figures ? edgeWidth(amountOf(drawing.widthBy, figures), largest) : 1,
    };
  });

  const calls = moment ? byEnd(edges) : new Map<string, EdgeView[]>();
  const origins = errorOrigins(scoped.nodes, scoped.edges);
  const nodes = mergedNodes(whole, scoped).map(({ node, inScope }): NodeView => {
    const figures = moment ? nodeInstant(node, calls.get(node.name) ?? []) : inScope ? figuresOf(node) : null;
    return {
      name: node.name,
      title: titleOf(node.name, node.kind),
      kind: node.kind,
      figures,
      level: figures ? errorLevel(figures.errorShare) : 0,
      origin: figures !== null && origins.has(node.name) && (!moment || errorLevel(figures.errorShare) === 2),
      entryPoint: node.entry_point,
      trend: inScope ? node.trend : [],
      errorTrend: inScope ? node.error_trend : [],
      blocks: node.blocks,
      addressCount: node.address_count,
    };
  });
  const busiest = Math.max(0, ...whole.edges.map((edge) => edge.golden.rate));
  return { nodes, edges, largest, unit: rateUnit(busiest) };
}

/** Edges by each of their ends. */
function byEnd(edges: EdgeView[]): Map<string, EdgeView[]> {
  const groups = new Map<string, EdgeView[]>();
  const add = (name: string, edge: EdgeView): void => {
    const group = groups.get(name);
    if (group) group.push(edge);
    else groups.set(name, [edge]);
  };
  for (const edge of edges) {
    add(edge.client, edge);
    if (edge.server !== edge.client) add(edge.server, edge);
  }
  return groups;
}

/** Edges by the service that calls. */
export function byClient(edges: EdgeView[]): ReadonlyMap<string, EdgeView[]> {
  const groups = new Map<string, EdgeView[]>();
  for (const [name, own] of byEnd(edges)) {
    groups.set(
      name,
      own.filter((edge) => edge.client === name),
    );
  }
  return groups;
}

function mergedNodes(whole: Topology, scoped: Topology): { node: ServiceNode; inScope: boolean }[] {
  const merged = new Map(whole.nodes.map((node) => [node.name, { node, inScope: false }]));
  for (const node of scoped.nodes) {
    const entry_point = node.entry_point || (merged.get(node.name)?.node.entry_point ?? false);
    const inScope = node.golden.requests > 0 || node.active_connections > 0;
    merged.set(node.name, { node: { ...node, entry_point }, inScope });
  }
  return [...merged.values()];
}

function mergedEdges(whole: Topology, scoped: Topology): { edge: ServiceEdge; inScope: boolean }[] {
  const merged = new Map(whole.edges.map((edge) => [linkKey(edge), { edge, inScope: false }]));
  for (const edge of scoped.edges) {
    const inScope = edge.golden.requests > 0 || edge.connects > 0 || edge.active_connections > 0;
    merged.set(linkKey(edge), { edge, inScope });
  }
  return [...merged.values()];
}

function levelOf(by: ColourBy, figures: Figures): Level {
  return by === "errors" ? errorLevel(figures.errorShare) : latencyLevel(figures.p95Us);
}

function figuresOf({ golden, active_connections }: ServiceEdge | ServiceNode): Figures {
  // Requests over their rate is the recorded time, which bytes are counted over too.
  const seconds = golden.rate > 0 ? golden.requests / golden.rate : 0;
  return {
    rate: golden.rate,
    errorShare: golden.error_share,
    p95Us: golden.p95_us,
    bytesPerS: seconds > 0 ? (golden.bytes_up + golden.bytes_down) / seconds : 0,
    activeConnections: active_connections,
  };
}

/** An edge at an instant; without requests and open connections there, none. */
function instant(edge: ServiceEdge, state: EdgeState | undefined): Figures | null {
  if (!state || (state.requests === 0 && state.active_connections === 0)) return null;
  return {
    rate: state.requests / INSTANT_S,
    errorShare: state.requests > 0 ? state.errors / state.requests : 0,
    p95Us: edge.golden.p95_us,
    bytesPerS: 0,
    activeConnections: state.active_connections,
  };
}

/** A node at an instant: what its edges carry. A service that only calls others is not silent. */
function nodeInstant(node: ServiceNode, calls: EdgeView[]): Figures | null {
  if (!calls.some((edge) => edge.figures)) return null;
  const customers = node.kind === "customers";
  const own = calls.filter((edge) => (customers ? edge.client : edge.server) === node.name);
  const rate = own.reduce((sum, edge) => sum + (edge.figures?.rate ?? 0), 0);
  const errors = own.reduce((sum, edge) => sum + (edge.figures?.rate ?? 0) * (edge.figures?.errorShare ?? 0), 0);
  return {
    rate,
    errorShare: rate > 0 ? errors / rate : 0,
    p95Us: node.golden.p95_us,
    bytesPerS: 0,
    activeConnections: own.reduce((sum, edge) => sum + (edge.figures?.activeConnections ?? 0), 0),
  };
}
