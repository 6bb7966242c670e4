import { describe, expect, it } from "vitest";
import type { SceneShape } from "../topology/picture/scene";
import { toSvg } from "../topology/picture/draw";
import { columnShapes, columnX, diagram, diagramScene, instantY, messageShapes, ROW_PX } from "./diagram";
import type { SequencePalette } from "./palette";
import { AT, CHECKOUT, sequence, span } from "./testkit";
import { outcome, sentence } from "./words";

const palette = new Proxy({} as SequencePalette, { get: (_, name) => `#${String(name)}` });
const drawn = diagram(sequence(CHECKOUT), 1200);
const order = drawn.messages.map(({ kind, span }) => `${kind} ${span.exchange_id}`);
const texts = (shapes: SceneShape[]): string[] =>
  shapes.flatMap((shape) => (shape.kind === "text" ? [shape.text] : []));

describe("the diagram", () => {
  it("lists messages by time: requests, and answers when they begin", () => {
    expect(order).toEqual([
      "request 1",
      "request 2",
      "request 3",
      "response 3",
      "request 4",
      "response 4",
      "response 2",
      "response 1",
    ]);
  });

  it("keeps cause before effect where clocks tell no difference", () => {
    const same = [span(1, ["a", "b"], [0, 0]), span(2, ["b", "c"], [0, 0], { parent: 1, depth: 1 })];
    expect(diagram(sequence(same), 800).messages.map(({ kind, span }) => `${kind} ${span.exchange_id}`)).toEqual([
      "request 1",
      "request 2",
      "response 2",
      "response 1",
    ]);
  });

  it("gives each service a column, in order of appearance", () => {
    const xs = ["customers", "gateway", "order", "cart", "payment"].map((name) => columnX(drawn, name));
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(xs.at(-1)).toBeLessThan(drawn.width);
  });

  it("lays exchanges that one service works on at once into lanes", () => {
    const beside = [span(1, ["a", "b"], [0, 50]), span(2, ["a", "b"], [10, 60]), span(3, ["a", "b"], [70, 80])];
    expect(diagram(sequence(beside), 800).activations.map(({ lane }) => lane)).toEqual([0, 1, 0]);
  });

  it("marks what failed by a shape, and what was inferred by dashes and a word", () => {
    const inferred = messageShapes(drawn, drawn.messages[2] as (typeof drawn.messages)[0], palette);
    expect(inferred.some((shape) => shape.kind === "path" && shape.dash !== undefined)).toBe(true);
    expect(texts(inferred).join(" ")).toContain("inferred");
    const unanswered = messageShapes(drawn, drawn.messages[5] as (typeof drawn.messages)[0], palette);
    expect(unanswered.some((shape) => shape.kind === "path" && shape.d.includes("l8 8M"))).toBe(true);
    expect(texts(unanswered).join(" ")).toContain("no response, given up after 750 ms");
    const failed = messageShapes(drawn, drawn.messages[7] as (typeof drawn.messages)[0], palette);
    expect(failed.some((shape) => shape.kind === "path" && shape.fill === "#error")).toBe(true);
  });

  it("draws activations only where they are in view", () => {
    const bars = (first: number, end: number): number =>
      columnShapes(drawn, first, end, palette).length - drawn.participants.length;
    expect(bars(0, 8)).toBe(4);
    expect(bars(0, 1)).toBe(1);
    expect(bars(7, 8)).toBe(1);
  });

  it("has the playhead below the last message that was not later", () => {
    expect(instantY(drawn, AT)).toBe(ROW_PX);
    expect(instantY(drawn, AT + 50_000)).toBe(4 * ROW_PX);
    expect(instantY(drawn, AT - 1)).toBeNull();
    expect(instantY(drawn, AT + 2_000_000)).toBeNull();
  });

  it("of five hundred exchanges has all their messages", () => {
    const many = Array.from({ length: 500 }, (_, n) => span(n, ["a", "b"], [n, n + 40]));
    const big = diagram(sequence(many), 1200);
    expect(big.messages).toHaveLength(1000);
    expect(big.height).toBe(1000 * ROW_PX);
  });

  it("is well-formed as a picture, whatever a path says", () => {
    const odd = [
      span(1, ["a<b", "c&d"], [0, 5], { label: 'GET /<"&>' }),
      span(2, ["c&d", "c&d"], [1, 2], { parent: 1 }),
    ];
    const svg = toSvg(diagramScene(diagram(sequence(odd), 900), palette));
    expect(svg).toContain("a&lt;b");
    expect(svg).not.toMatch(/NaN|undefined|GET \/</);
  });
});

describe("an exchange in words", () => {
  it("says who asked whom, what, and how it ended", () => {
    expect(sentence(CHECKOUT[1] as (typeof CHECKOUT)[0])).toBe(
      "gateway to order, GET /order, 500 after 902 ms, failed",
    );
    expect(sentence(CHECKOUT[2] as (typeof CHECKOUT)[0])).toContain("parent inferred");
    expect(outcome(span(1, ["a", "b"], [0, 5], { error: "reset", response: null }))).toBe(
      "reset, given up after 5.0 ms",
    );
  });
});
