import { describe, expect, it } from "vitest";
import { cytoscapeCurve, labelPlace, pathData, pointAlong, pointOn, quadratics } from "./curve";
import {
  bottom,
  bounds,
  freeSpans,
  left,
  linkKey,
  overlaps,
  right,
  top,
  type Box,
  type Link,
  type Shape,
} from "./geometry";
import { layered } from "./layered";
import { placeNewcomers } from "./newcomers";
import { routes } from "./routes";

const spacing = { rowGap: 26, columnGap: 56 };
const room = { width: 950, height: 600 };
const shape = (name: string): Shape => ({ name, w: 112, h: 54 });
const link = (text: string): Link => {
  const [client = "", server = ""] = text.split(">");
  return { client, server };
};
const shop = [
  "customers>gateway",
  ..."auth search recommendation cart flash-sale user catalog order".split(" ").map((name) => `gateway>${name}`),
  ..."auth>user search>catalog recommendation>catalog cart>pricing flash-sale>order flash-sale>inventory".split(" "),
  ..."catalog>pricing catalog>inventory order>inventory order>payment order>shipping order>notification".split(" "),
  ..."payment>notification shipping>notification payment>analytics inventory>analytics".split(" "),
].map(link);
const names = (links: Link[]) => [...new Set(links.flatMap((one) => [one.client, one.server]))];
const place = (links: Link[], extra: string[] = []) =>
  layered([...names(links), ...extra].map(shape), links, { roots: ["customers", "gateway"], room, ...spacing });
const get = (boxes: Map<string, Box>, name: string) => boxes.get(name) as Box;

function expectNoOverlap(boxes: Map<string, Box>) {
  const list = [...boxes];
  list.forEach(([a, one], i) =>
    list.slice(i + 1).forEach(([b, other]) => expect(overlaps(one, other, 4), `${a} and ${b}`).toBe(false)),
  );
}

describe("layered", () => {
  it("keeps cards apart", () => expectNoOverlap(place(shop, ["alone", "apart"])));

  it("runs from the customers rightwards", () => {
    const boxes = place(shop);
    for (const { client, server } of shop) expect(right(get(boxes, client))).toBeLessThan(left(get(boxes, server)));
    expect(Math.min(...[...boxes.values()].map(left))).toBe(left(get(boxes, "customers")));
  });

  it("aligns the left edges and widths of a column", () => {
    const wide = layered(
      [
        ...names(shop)
          .map(shape)
          .filter((one) => one.name !== "search"),
        { name: "search", w: 170, h: 54 },
      ],
      shop,
      {
        roots: ["customers"],
        room,
        ...spacing,
      },
    );
    expect(left(get(wide, "search"))).toBe(left(get(wide, "auth")));
    expect(get(wide, "auth").w).toBe(170);
  });

  it("gives the same picture for the same graph in any order", () => {
    const turned = [...shop].reverse();
    const again = layered(names(turned).map(shape), turned, { roots: ["customers", "gateway"], room, ...spacing });
    expect([...again].sort()).toEqual([...place(shop)].sort());
  });

  it("cuts cycles and keeps the entry on the left", () => {
    const cyclic = ["customers>gateway", "gateway>a", "a>b", "b>c", "c>a", "c>gateway"].map(link);
    const boxes = place(cyclic);
    expectNoOverlap(boxes);
    expect(get(boxes, "gateway").x).toBeLessThan(get(boxes, "a").x);
    expect(get(boxes, "a").x).toBeLessThan(get(boxes, "b").x);
  });

  it("survives calls of a service to itself, unknown names and nothing at all", () => {
    expect(place(["a>a", "a>b"].map(link)).size).toBe(2);
    expect(layered([shape("a")], [link("a>gone")], { roots: [], room, ...spacing }).size).toBe(1);
    expect(layered([], [], { roots: [], room, ...spacing }).size).toBe(0);
  });

  it("spreads over the room but does not fly apart", () => {
    const boxes = [...place(shop).values()];
    expect(Math.max(...boxes.map(right)) - Math.min(...boxes.map(left))).toBeGreaterThan(900);
    const pair = place([link("a>b")]);
    expect(left(get(pair, "b")) - right(get(pair, "a"))).toBeLessThan(200);
  });

  it("leaves the corner free where the cards of its columns fit above", () => {
    const corner = { width: 270, height: 190 };
    const boxes = layered(names(shop).map(shape), shop, { roots: ["customers"], room, corner, ...spacing });
    expectNoOverlap(boxes);
    const lowest = Math.max(...[...boxes.values()].map(bottom));
    const leftmost = Math.min(...[...boxes.values()].map(left));
    for (const box of boxes.values()) {
      if (left(box) < leftmost + corner.width) expect(bottom(box)).toBeLessThanOrEqual(lowest - corner.height + 60);
    }
  });

  it("lays out 500 services without overlap and in the room's proportions", () => {
    const many: Link[] = [];
    for (let i = 1; i < 500; i++)
      many.push({ client: `s${(i * 7) % i}`, server: `s${i}` }, { client: `s${i >> 1}`, server: `s${i}` });
    const boxes = place(many);
    routes(boxes, many);
    expect(boxes.size).toBe(500);
    expectNoOverlap(boxes);
    const area = bounds(boxes.values()) as Box;
    expect(area.w / area.h).toBeGreaterThan(0.8);
    expect(area.w / area.h).toBeLessThan(3);
  }, 120_000);
});

describe("placeNewcomers", () => {
  it("never moves what stands and never covers it", () => {
    const before = place(shop);
    const copy = structuredClone(before);
    const links = [...shop, link("payment>ledger"), link("ledger>archive"), link("probe>gateway")];
    const added = placeNewcomers(before, ["archive", "ledger", "probe", "lonely"].map(shape), links, spacing);
    expect(before).toEqual(copy);
    expect([...added.keys()].sort()).toEqual(["archive", "ledger", "lonely", "probe"]);
    expectNoOverlap(new Map([...before, ...added]));
  });

  it("stands right of its callers, else left of what it calls", () => {
    const before = place(shop);
    const links = [...shop, link("payment>ledger"), link("probe>gateway")];
    const added = placeNewcomers(before, [shape("ledger"), shape("probe")], links, spacing);
    expect(left(get(added, "ledger"))).toBeGreaterThan(right(get(before, "payment")));
    expect(right(get(added, "probe"))).toBeLessThan(left(get(before, "gateway")));
  });

  it("grows a whole graph from nothing without overlap", () => {
    const boxes = new Map<string, Box>();
    for (const name of names(shop)) {
      for (const [key, box] of placeNewcomers(boxes, [shape(name)], shop, spacing)) boxes.set(key, box);
    }
    expectNoOverlap(boxes);
  });
});

describe("routes", () => {
  const samples = (route: ReturnType<typeof routes> extends Map<string, infer R> ? R : never) =>
    quadratics(route).flatMap((piece) => [0, 0.2, 0.4, 0.6, 0.8, 1].map((t) => pointOn(piece, t)));

  it("leaves on the right, arrives on the left and passes no card on the way", () => {
    const boxes = place(shop);
    const all = routes(boxes, shop);
    for (const one of shop) {
      const route = all.get(linkKey(one)) ?? [];
      expect(route[0]?.x).toBe(right(get(boxes, one.client)));
      expect(route.at(-1)?.x).toBe(left(get(boxes, one.server)));
      for (const [name, box] of boxes) {
        if (name === one.client || name === one.server) continue;
        const hit = samples(route).some(
          ({ x, y }) => x > left(box) && x < right(box) && y > top(box) - 2 && y < bottom(box) + 2,
        );
        expect(hit, `${one.client} to ${one.server} over ${name}`).toBe(false);
      }
    }
  });

  it("keeps the ends of one side apart", () => {
    const boxes = place(shop);
    const all = routes(boxes, shop);
    const ys = shop.filter((one) => one.client === "gateway").map((one) => all.get(linkKey(one))?.[0]?.y);
    expect(new Set(ys).size).toBe(ys.length);
  });

  it("turns back around the cards when the callee stands left or in the same column", () => {
    const boxes = new Map<string, Box>([
      ["a", { x: 0, y: 0, w: 100, h: 50 }],
      ["b", { x: 200, y: 0, w: 100, h: 50 }],
      ["c", { x: 200, y: 90, w: 100, h: 50 }],
    ]);
    const all = routes(boxes, [link("b>a"), link("b>c")]);
    const back = all.get(linkKey(link("b>a"))) ?? [];
    expect(back.at(-1)?.x).toBe(-50);
    expect(Math.max(...back.map((point) => Math.abs(point.y)))).toBeGreaterThan(25);
    expect(all.get(linkKey(link("b>c")))?.at(-1)?.x).toBe(250);
  });

  it("leaves out what cannot be drawn as a curve between two cards", () => {
    const boxes = new Map<string, Box>([["a", { x: 0, y: 0, w: 100, h: 50 }]]);
    expect(routes(boxes, [link("a>a"), link("a>gone")]).size).toBe(0);
  });
});

describe("curve", () => {
  const route = [
    { x: 0, y: 0 },
    { x: 40, y: 0 },
    { x: 60, y: 100 },
    { x: 100, y: 100 },
  ];

  it("joins quadratic pieces half-way between controls", () => {
    expect(pathData(route)).toBe("M0 0Q40 0 50 50Q60 100 100 100");
    expect(pointAlong(route, 0.5).x).toBeCloseTo(50);
    expect(pointAlong(route, 0.5).y).toBeCloseTo(50);
  });

  it("puts a label beside the curve and not over a card", () => {
    expect(labelPlace(route, [], 60, 28)).toEqual({ x: expect.closeTo(50), y: expect.closeTo(73) });
    const below = { x: 50, y: 75, w: 100, h: 30 };
    const place = labelPlace(route, [below], 60, 28);
    expect(overlaps(below, { ...place, w: 60, h: 28 })).toBe(false);
  });

  it("gives Cytoscape the same control points", () => {
    const box = { x: -10, y: 0, w: 20, h: 10 };
    const curve = cytoscapeCurve(route, box, { ...box, x: 110, y: 100 });
    if (!curve) throw new Error("a curve");
    expect(curve.source).toEqual([10, 0]);
    expect(curve.target).toEqual([-10, 0]);
    const length = Math.hypot(100, 100);
    curve.weights.forEach((weight, i) => {
      const d = curve.distances[i] ?? 0;
      expect(weight * 100 - (d * 100) / length).toBeCloseTo(route[i + 1]?.x ?? NaN);
      expect(weight * 100 + (d * 100) / length).toBeCloseTo(route[i + 1]?.y ?? NaN);
    });
    expect(cytoscapeCurve([route[0] ?? { x: 0, y: 0 }, route[0] ?? { x: 0, y: 0 }], box, box)).toBeNull();
  });

  it("gives Cytoscape a control point for a straight line, without which it would fail", () => {
    const straight = [
      { x: 0, y: 0 },
      { x: 80, y: 0 },
    ];
    const box = { x: 0, y: 0, w: 20, h: 10 };
    const curve = cytoscapeCurve(straight, box, { ...box, x: 80 });
    expect(curve).toMatchObject({ weights: [0.5], distances: [expect.closeTo(0)] });
  });
});

describe("freeSpans", () => {
  it("merges what overlaps and is open at both ends", () => {
    const boxes = [
      { x: 0, y: 0, w: 10, h: 20 },
      { x: 0, y: 15, w: 10, h: 20 },
      { x: 0, y: 100, w: 10, h: 20 },
    ];
    expect(freeSpans(boxes, 5)).toEqual([
      [-Infinity, -15],
      [30, 85],
      [115, Infinity],
    ]);
  });
});

describe("folding", () => {
  const wide = "abcdefghijkl".split("").map((name) => link(`gateway>${name}`));

  it("makes two columns of a layer that is too high, those that call nothing first", () => {
    const calls = [link("customers>gateway"), ...wide, link("l>store"), link("k>store")];
    const boxes = place(calls);
    expectNoOverlap(boxes);
    const columns = [...new Set("abcdefghijkl".split("").map((name) => get(boxes, name).x))].sort((a, b) => a - b);
    expect(columns).toHaveLength(2);
    expect([get(boxes, "k").x, get(boxes, "l").x]).toEqual([columns[1], columns[1]]);
    const highest = Math.max(...[...boxes.values()].map(bottom)) - Math.min(...[...boxes.values()].map(top));
    expect(highest).toBeLessThan(700);
  });

  it("leaves what fits as it is", () => {
    const boxes = place([link("customers>gateway"), ...wide.slice(0, 6)]);
    expect(new Set("abcdef".split("").map((name) => get(boxes, name).x)).size).toBe(1);
  });
});
