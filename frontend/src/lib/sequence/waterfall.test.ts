import { describe, expect, it } from "vitest";
import { Scale } from "../reel/scale";
import { toSvg } from "../topology/picture/draw";
import type { PathShape } from "../topology/picture/scene";
import type { SequencePalette } from "./palette";
import { AT, CHECKOUT, sequence, span } from "./testkit";
import { barShapes, rulerMarks, waterfall, waterfallScene, type WaterfallRow } from "./waterfall";

const palette = new Proxy({} as SequencePalette, { get: (_, name) => `#${String(name)}` });
const fall = waterfall(sequence(CHECKOUT));
const scale = new Scale(fall.range, 940);
const paths = (n: number): PathShape[] =>
  barShapes(fall.rows[n] as WaterfallRow, scale, palette).filter((shape) => shape.kind === "path");
const box = (shape: PathShape | undefined): number[] =>
  /^M([\d.]+) [\d.]+h([\d.]+)/
    .exec(shape?.d ?? "")
    ?.slice(1)
    .map(Number) ?? [];

describe("the waterfall", () => {
  it("splits a bar into time to first byte and transfer", () => {
    const gateway = paths(0);
    expect(box(gateway.find(({ fill, opacity }) => fill === "#ttfb" && opacity !== undefined))).toEqual([0, 930]);
    expect(box(gateway.find(({ fill }) => fill === "#transfer"))).toEqual([930, 10]);
  });

  it("draws own time full and waiting pale", () => {
    const own = paths(1).filter(({ fill, opacity }) => fill === "#ttfb" && opacity === undefined);
    expect(own.map(box)).toEqual([
      [3, 2],
      [26, 104],
      [880, 20],
    ]);
  });

  it("marks an exchange without an answer, one with an inferred parent, and the critical path", () => {
    expect(paths(3).some(({ fill }) => fill === "#error")).toBe(true);
    expect(paths(2).some(({ dash }) => dash !== undefined)).toBe(true);
    expect(
      paths(3)
        .filter(({ fill }) => fill === "#text")
        .map(box),
    ).toEqual([[130, 750]]);
  });

  it("keeps the shortest bar visible", () => {
    const short = waterfall(sequence([span(1, ["a", "b"], [0, 10_000]), span(2, ["b", "c"], [5, 5], { parent: 1 })]));
    const bar = barShapes(short.rows[1] as WaterfallRow, new Scale(short.range, 500), palette)[0];
    expect(bar?.kind === "path" && box(bar)[1]).toBe(2);
  });

  it("is one picture with a row per exchange", () => {
    const svg = toSvg(waterfallScene(fall, palette));
    expect(svg.match(/GET \//g)).toHaveLength(4);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

describe("the ruler", () => {
  it("counts from the start of the sequence in round steps", () => {
    const labels = rulerMarks({ from_us: AT - 10_000, to_us: AT + 940_000 }, AT, 900).map(({ label }) => label);
    expect(labels).toEqual([
      "0",
      "100 ms",
      "200 ms",
      "300 ms",
      "400 ms",
      "500 ms",
      "600 ms",
      "700 ms",
      "800 ms",
      "900 ms",
    ]);
  });

  it("goes down to microseconds", () => {
    const labels = rulerMarks({ from_us: AT + 100, to_us: AT + 104 }, AT, 400).map(({ label }) => label);
    expect(labels).toEqual(["100 µs", "101 µs", "102 µs", "103 µs", "104 µs"]);
  });
});
