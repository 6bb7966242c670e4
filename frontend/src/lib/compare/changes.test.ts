import { describe, expect, it } from "vitest";
import type { Difference } from "../backend";
import { differenceCsv, seriesCsv } from "./chart_csv";
import { listed, tally } from "./changes";
import { edge, effect, golden, NOTHING, series } from "./testkit";

const unknown = { rate: NOTHING, errors: NOTHING, latency: NOTHING };
const difference: Difference = {
  before: { from_us: 0, to_us: 1 },
  after: { from_us: 1, to_us: 2 },
  before_seconds: 1,
  after_seconds: 1,
  nodes: [],
  edges: [
    edge("payment", "203.0.113.24", { presence: "new", before: null, ...unknown }),
    edge("order", "payment", { errors: effect(0.9, "rose"), after: golden({ error_share: 0.316 }) }),
    edge("cart", "redis", { rate: effect(0.5, "fell") }),
    edge("web", "cart", { presence: "same" }),
  ],
};
const names = (edges: { client: string }[]): string[] => edges.map(({ client }) => client);

describe("the edges of a difference", () => {
  it("are counted by kind", () => expect(tally(difference)).toEqual({ new: 1, gone: 0, changed: 2, same: 1 }));

  it("leave out the unchanged ones until they are asked for", () => {
    expect(names(listed(difference, false, { by: "change", descending: true }))).toEqual(["payment", "order", "cart"]);
    expect(listed(difference, true, { by: "change", descending: true })).toHaveLength(4);
  });

  it("are sorted by how much a figure changed, in either direction of it", () => {
    expect(names(listed(difference, true, { by: "errors", descending: true }))).toEqual([
      "payment",
      "order",
      "cart",
      "web",
    ]);
    expect(names(listed(difference, true, { by: "rate", descending: true })).slice(0, 2)).toEqual(["payment", "cart"]);
    expect(names(listed(difference, true, { by: "edge", descending: false }))).toEqual([
      "cart",
      "order",
      "payment",
      "web",
    ]);
  });

  it("do not change the answer's own order", () => {
    listed(difference, true, { by: "edge", descending: true });
    expect(difference.edges[0]?.client).toBe("payment");
  });

  it("are written as CSV with both sides and the effects", () => {
    const [head, first, second] = differenceCsv(difference).split("\r\n");
    expect(head).toMatch(/^client,server,presence,change,before_rate,after_rate,/);
    expect(first).toMatch(/^payment,203\.0\.113\.24,new,new,,10,/);
    expect(second).toContain("0.316");
  });
});

describe("the series as CSV", () => {
  it("has a row per bucket, and an empty field where nothing is known", () => {
    const lines = seriesCsv(series({ order: [1.5, null], "pay,ment": [2, 3] })).split("\r\n");
    expect(lines[0]).toBe('from,seconds,order requests_in,"pay,ment requests_in"');
    expect(lines[1]).toBe("2026-11-21T10:36:00.000Z,10,1.5,2");
    expect(lines[2]).toBe("2026-11-21T10:36:10.000Z,10,,3");
  });
});
