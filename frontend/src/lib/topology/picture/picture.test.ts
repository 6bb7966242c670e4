import { describe, expect, it } from "vitest";
import type { Palette } from "../canvas/palette";
import { linkKey, type Box } from "../layout/geometry";
import { routes } from "../layout/routes";
import type { GraphView, NodeView } from "../view";
import { toSvg } from "./draw";
import { scene } from "./scene";

const palette: Palette = {
  pane: "#141619",
  raised: "#1b1d22",
  line: "#343941",
  text: "#e8eaed",
  text2: "#a9afba",
  text3: "#949ba8",
  accent: "#b0a4ff",
  error: "#f96143",
  errorText: "#fb7a5f",
  warnText: "#f0bf3a",
  requests: "#6283a6",
  errors: "#f96143",
  flow: "#c7d2e2",
  edges: ["#4b5666", "#c99f35", "#f96143"],
};
const figures = { rate: 26.4, errorShare: 0.316, p95Us: 5_000_000, bytesPerS: 1000, activeConnections: 2 };
const node = (name: string, changes: Partial<NodeView> = {}): NodeView => ({
  name,
  title: name,
  kind: "service",
  figures,
  level: 2,
  origin: true,
  entryPoint: false,
  trend: [1, 2],
  errorTrend: [0, 1],
  blocks: [],
  addressCount: 1,
  ...changes,
});

describe("the exported picture", () => {
  const link = { client: "order", server: "pay<ment>" };
  const view: GraphView = {
    nodes: [node("order"), node("pay<ment>", { figures: null, origin: false })],
    edges: [{ key: linkKey(link), ...link, figures, protocol: "http/1.1", level: 2, width: 5 }],
    largest: 26.4,
    unit: { word: "req/s", seconds: 1 },
  };
  const boxes = new Map<string, Box>([
    ["order", { x: 0, y: 0, w: 112, h: 54 }],
    ["pay<ment>", { x: 200, y: 40, w: 112, h: 54 }],
  ]);
  const svg = toSvg(scene(view, boxes, routes(boxes, [link]), palette));

  it("holds every card and edge with its figures", () => {
    expect(svg).toContain(">26.4 req/s<");
    expect(svg).toContain(">31.6%<");
    expect(svg).toContain(">no traffic<");
    expect(svg).toContain(`stroke="#f96143" stroke-width="5.00"`);
  });

  it("is well-formed whatever a service is called", () => {
    expect(svg).toContain("pay&lt;ment&gt;");
    expect(svg).not.toContain("pay<");
    expect(svg).not.toContain("NaN");
  });

  it("frames everything with a margin", () => {
    expect(svg).toContain(`viewBox="-84 -55 368 166"`);
  });
});
