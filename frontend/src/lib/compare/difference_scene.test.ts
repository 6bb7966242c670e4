import { describe, expect, it } from "vitest";
import type { Difference } from "../backend";
import { toSvg } from "../topology/picture/draw";
import { keyOf } from "./changes";
import { arranged, differenceScene, type DifferencePalette } from "./difference_scene";
import { edge, effect, golden, NOTHING } from "./testkit";

const palette: DifferencePalette = {
  ...{ pane: "#000", raised: "#111", line: "#222", text: "#fff", text2: "#ccc", text3: "#999", accent: "#acc" },
  ...{ error: "#f00", errorText: "#f11", warnText: "#ff0", requests: "#00f", errors: "#f22", flow: "#eee" },
  edges: ["#444", "#cc0", "#f00"],
  info: "#0ff",
};
const unknown = { rate: NOTHING, errors: NOTHING, latency: NOTHING };
const edges = [
  edge("customers", "order"),
  edge("order", "payment", { errors: effect(0.9, "rose"), after: golden({ error_share: 0.316 }) }),
  edge("payment", "203.0.113.24", { presence: "new", before: null, ...unknown }),
  edge("payment", "198.51.100.41", { presence: "gone", after: null, ...unknown }),
  edge("payment", "payment", { rate: effect(0.5, "fell") }),
];
const difference: Difference = {
  before: { from_us: 0, to_us: 1 },
  after: { from_us: 1, to_us: 2 },
  before_seconds: 1,
  after_seconds: 1,
  nodes: [
    { name: "customers", kind: "customers", presence: "same" },
    { name: "order", kind: "service", presence: "same" },
    { name: "payment", kind: "service", presence: "same" },
    { name: "203.0.113.24", kind: "service", presence: "new" },
    { name: "198.51.100.41", kind: "service", presence: "gone" },
    { name: "far-away", kind: "service", presence: "same" },
  ],
  edges,
};
const links = edges.map(({ client, server }) => ({ client, server }));
const boxes = arranged(difference.nodes, links, { width: 700, height: 240 });
const scene = differenceScene(difference, edges, boxes, keyOf(edges[1] as (typeof edges)[0]), palette);
const shapesOf = (n: number) => scene.edges[n]?.shapes ?? [];

describe("the graph of a difference", () => {
  it("leaves out services whose edges are not shown", () => {
    expect(scene.nodes.map(({ name }) => name)).not.toContain("far-away");
    expect(scene.nodes).toHaveLength(5);
  });

  it("draws every edge, also a call of a service to itself", () => expect(scene.edges).toHaveLength(5));

  it("tells new, gone and changed by more than colour", () => {
    const line = (n: number) => shapesOf(n)[1];
    expect(line(2)).toMatchObject({ stroke: "#0ff" });
    expect(line(3)).toMatchObject({ stroke: "#999", dash: [4, 4] });
    const labels = scene.edges.flatMap(({ label }) => label.flatMap((one) => (one.kind === "text" ? [one.text] : [])));
    expect(labels).toEqual(expect.arrayContaining(["31.6%", "new", "gone"]));
  });

  it("strikes through what is gone", () => {
    const gone = scene.nodes.find(({ name }) => name === "198.51.100.41");
    expect(gone?.shapes).toHaveLength(3);
    expect(gone?.shapes[0]).toMatchObject({ dash: [4, 3] });
  });

  it("cases the selected edge in the accent", () => {
    expect(shapesOf(1)[0]).toMatchObject({ stroke: "#acc" });
    expect(shapesOf(2)[0]).toMatchObject({ stroke: "#000" });
  });

  it("is well-formed as a picture", () => {
    const all = [
      ...scene.edges.flatMap(({ shapes, label }) => [...shapes, ...label]),
      ...scene.nodes.flatMap(({ shapes }) => shapes),
    ];
    const svg = toSvg({ ...scene, background: "#000", shapes: all });
    expect(svg).not.toContain("NaN");
    expect(svg).toContain(">Customers<");
  });
});
