import { describe, expect, it } from "vitest";
import type { ServiceEdge, Topology } from "../backend";
import { firstChoice, offered } from "./services";
import { golden, node } from "./testkit";

const call = (client: string, server: string, failed: number): ServiceEdge => ({
  client,
  server,
  golden: golden({ failed }),
  connects: 0,
  refused: 0,
  resets: 0,
  active_connections: 0,
  protocol: "http/1.1",
});
const topology: Topology = {
  range: { from_us: 0, to_us: 1 },
  nodes: [
    node("customers", { requests: 9000 }, "customers"),
    node("gateway", { requests: 8000, errors_5xx: 900 }),
    node("order", { requests: 500, errors_5xx: 400 }),
    node("payment", { requests: 300, failed: 290 }),
    node("cart", { requests: 6000 }),
    node("mail", { requests: 10 }),
    node("idle", { requests: 0 }),
  ],
  edges: [call("gateway", "order", 900), call("order", "payment", 400), call("gateway", "cart", 0)],
  entry_points: [],
  entry_points_guessed: true,
};

describe("the first choice", () => {
  it("is where errors start, then the busiest; customers are no service", () => {
    expect(firstChoice(topology)).toEqual(["payment", "gateway", "cart"]);
  });

  it("of an empty graph is none", () => expect(firstChoice({ ...topology, nodes: [], edges: [] })).toEqual([]));
});

describe("the services offered", () => {
  it("are those with the text in their name: first those that begin with it, then the busiest", () => {
    expect(offered(topology.nodes, "a").map(({ name }) => name)).toEqual(["gateway", "cart", "payment", "mail"]);
    expect(offered(topology.nodes, " OR").map(({ name }) => name)).toEqual(["order"]);
    expect(offered(topology.nodes, "")).toHaveLength(topology.nodes.length);
  });

  it("of five hundred are found by three letters", () => {
    const many = Array.from({ length: 500 }, (_, n) => node(`service-${String(n).padStart(3, "0")}`));
    expect(offered(many, "427").map(({ name }) => name)).toEqual(["service-427"]);
  });
});
