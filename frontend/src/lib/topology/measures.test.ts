import { describe, expect, it } from "vitest";
import type { Golden, ServiceEdge, ServiceNode, Topology } from "../backend";
import { linkKey } from "./layout/geometry";
import { edgeWidth, errorLevel, errorOrigins, latencyLevel, legendAmounts, rateUnit } from "./measures";
import { graphView } from "./view";

const golden = (requests: number, errors: number): Golden => ({
  requests,
  rate: requests / 600,
  errors_4xx: 0,
  errors_5xx: errors,
  failed: 0,
  error_share: requests > 0 ? errors / requests : 0,
  p50_us: 1000,
  p95_us: 2000,
  p99_us: 3000,
  bytes_up: requests * 100,
  bytes_down: requests * 500,
});
const node = (name: string, requests: number, errors: number, changes: Partial<ServiceNode> = {}): ServiceNode => ({
  name,
  kind: "service",
  golden: golden(requests, errors),
  trend: [requests],
  error_trend: [errors],
  active_connections: 1,
  entry_point: false,
  addresses: [],
  blocks: [],
  address_count: 1,
  ...changes,
});
const edge = (client: string, server: string, requests: number, errors: number): ServiceEdge => ({
  client,
  server,
  golden: golden(requests, errors),
  connects: 1,
  refused: 0,
  resets: 0,
  active_connections: 1,
  protocol: "http/1.1",
});
const graph = (nodes: ServiceNode[], edges: ServiceEdge[]): Topology => ({
  range: { from_us: 0, to_us: 600e6 },
  nodes,
  edges,
  entry_points: ["gateway"],
  entry_points_guessed: true,
});
const drawing = { colourBy: "errors", widthBy: "requests" } as const;

describe("classes", () => {
  it("are the legend's", () => {
    expect([0, 0.0099, 0.01, 0.05, 0.051].map(errorLevel)).toEqual([0, 0, 1, 1, 2]);
    expect([null, 199_999, 200_000, 1_000_000, 1_000_001].map(latencyLevel)).toEqual([0, 0, 1, 1, 2]);
  });
});

describe("edge width", () => {
  it("is the square root of the amount, within bounds", () => {
    expect(edgeWidth(100, 100)).toBe(9);
    expect(edgeWidth(25, 100)).toBe(5);
    expect(edgeWidth(0, 100)).toBe(1);
    expect(edgeWidth(1e9, 100)).toBeLessThan(12);
    expect(edgeWidth(5, 0)).toBe(1);
  });

  it("is explained with round amounts", () => {
    expect(legendAmounts(184.2)).toEqual([2, 20, 100]);
    expect(legendAmounts(0.06)).toEqual([0.001, 0.01, 0.05]);
    expect(legendAmounts(0)).toEqual([]);
  });
});

describe("the unit of rates", () => {
  it("is the one in which the busiest edge is a readable figure", () => {
    expect([184, 0.5, 0.1, 0.009, 0.001, 0].map((rate) => rateUnit(rate).word)).toEqual([
      "req/s",
      "req/s",
      "req/min",
      "req/min",
      "req/h",
      "req/s",
    ]);
  });
});

describe("error origins", () => {
  it("are where the calls made do not explain the answers", () => {
    const nodes = [node("gateway", 1000, 100), node("order", 300, 80), node("payment", 250, 79), node("user", 500, 0)];
    const edges = [
      edge("gateway", "order", 300, 80),
      edge("order", "payment", 250, 79),
      edge("gateway", "user", 500, 0),
    ];
    expect(errorOrigins(nodes, edges)).toEqual(new Set(["payment"]));
  });

  it("are where connections are refused", () => {
    const nodes = [node("order", 164, 30), node("payment", 136, 5)];
    const refusing = { ...edge("order", "payment", 136, 5), refused: 24 };
    expect(errorOrigins(nodes, [refusing])).toEqual(new Set(["payment"]));
  });

  it("need more than 5% of errors", () => {
    expect(errorOrigins([node("a", 1000, 50)], []).size).toBe(0);
    expect(errorOrigins([node("a", 1000, 51)], []).size).toBe(1);
  });
});

describe("the drawn graph", () => {
  const whole = graph([node("gateway", 10, 0), node("batch", 5, 0)], [edge("gateway", "batch", 5, 0)]);
  const empty = graph([node("gateway", 10, 0)], []);

  it("keeps what has no traffic in the selection, without figures", () => {
    const view = graphView(whole, empty, null, drawing);
    expect(view.nodes.map((one) => [one.name, one.figures !== null])).toEqual([
      ["gateway", true],
      ["batch", false],
    ]);
    expect(view.edges[0]?.figures).toBeNull();
  });

  it("shows the instant's requests while the playhead moves", () => {
    const state = {
      at_us: 1,
      edges: [{ client: "gateway", server: "batch", active_connections: 3, requests: 20, errors: 5 }],
    };
    const view = graphView(whole, empty, state, drawing);
    expect(view.edges[0]).toMatchObject({ key: linkKey({ client: "gateway", server: "batch" }), level: 2 });
    expect(view.edges[0]?.figures).toMatchObject({ rate: 2, errorShare: 0.25, activeConnections: 3 });
    expect(view.nodes[1]?.figures).toMatchObject({ rate: 2, errorShare: 0.25 });
  });
});
