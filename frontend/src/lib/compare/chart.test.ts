import { describe, expect, it } from "vitest";
import { Scale } from "../reel/scale";
import type { SceneShape, TextShape } from "../topology/picture/scene";
import { toSvg } from "../topology/picture/draw";
import { hatchData, instantsOf, lineShapes, panelShapes, type Panel } from "./chart";
import { chartScene } from "./chart_scene";
import { METRIC_WORDS } from "./metrics";
import type { ChartPalette } from "./palette";
import { overlap, type Rect } from "./placing";
import { bucketAt, summary } from "./remarks";
import { STROKES } from "./strokes";
import { AT, series } from "./testkit";

const palette = new Proxy({} as ChartPalette, {
  get: (_, name) =>
    name === "series" ? { "series-a": "#a", "series-b": "#b", "series-c": "#c", "series-d": "#d" } : "#123",
});
const silence = { kind: "silence", range: { from_us: AT + 100e6, to_us: AT + 240e6 }, value: null } as const;
const peak = { kind: "peak", range: { from_us: AT + 50e6, to_us: AT + 60e6 }, value: 92.8 } as const;

const flat = (value: number): number[] => Array.from({ length: 60 }, () => value);
const payment: (number | null)[] = flat(30).map((value, n) => (n >= 10 && n < 24 ? null : value));
const answer = series(
  { order: flat(40).map((value, n) => (n === 5 ? 92.8 : value)), payment },
  { order: [peak], payment: [silence] },
);
const width = 1000;

function panel(changes: Partial<Panel> = {}): Panel {
  return {
    scale: new Scale(answer.range, width),
    height: 232,
    series: answer,
    lines: answer.series.map((one, n) => ({ stroke: STROKES[n] as Panel["lines"][0]["stroke"], series: one })),
    words: METRIC_WORDS.requests_in,
    before: null,
    after: null,
    selected: false,
    first: true,
    timed: true,
    palette,
    measure: (text, size) => text.length * size * 0.55,
    ...changes,
  };
}
const words = (shapes: SceneShape[]): TextShape[] => shapes.filter((shape) => shape.kind === "text");

describe("the chart", () => {
  it("says what peaks and what is silent, with times", () => {
    const said = words(panelShapes(panel()).over).map(({ text }) => text);
    expect(said).toContain("peak 92.8 req/s at 10:36:50");
    expect(said).toContain("payment silent from 10:37:40 to 10:40:00");
    expect(said).toContain("A order");
    expect(said).toContain("B payment");
  });

  it("keeps all its words apart, also with eight lines that peak and fall silent together", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const many = series(
      Object.fromEntries(names.map((name, n) => [name, flat(20 + n)])),
      Object.fromEntries(names.map((name) => [name, [peak, silence]])),
    );
    const lines = many.series.map((one, n) => ({ stroke: STROKES[n] as Panel["lines"][0]["stroke"], series: one }));
    const shapes = words(panelShapes(panel({ series: many, lines })).over);
    expect(shapes.length).toBeGreaterThan(8);
    const boxes = shapes.map(({ x, y, text, size }): Rect => ({
      x,
      y: y - size * 0.8,
      w: text.length * size * 0.55,
      h: size * 0.9,
    }));
    for (const [n, a] of boxes.entries()) {
      for (const [m, b] of boxes.slice(n + 1).entries()) {
        expect(overlap(a, b), `${shapes[n]?.text} / ${shapes[n + 1 + m]?.text}`).toBe(false);
      }
    }
  });

  it("begins at zero and breaks lines where nothing is known", () => {
    expect(panelShapes(panel()).heights.marks[0]).toBe(0);
    const lines = lineShapes(panel()).filter((shape) => shape.kind === "path" && shape.stroke === "#b");
    expect(lines[0]?.kind === "path" && lines[0].d.match(/M/g)).toHaveLength(2);
  });

  it("hatches a gap over the whole height, dropped packets at the foot only", () => {
    const gap = { range: { from_us: AT + 300e6, to_us: AT + 400e6 }, lost_packets: 0 };
    const high = (reason: string): number => {
      const shapes = panelShapes(panel({ series: { ...answer, gaps: [{ ...gap, reason }] } })).behind;
      const plain = panelShapes(panel()).behind;
      const added = shapes.filter((shape) => !plain.some((one) => JSON.stringify(one) === JSON.stringify(shape)));
      const ys = added.flatMap((shape) =>
        shape.kind === "path" ? [...shape.d.matchAll(/[ML]\S+ (-?[\d.]+)/g)].map(([, y]) => Number(y)) : [],
      );
      return Math.max(...ys) - Math.min(...ys);
    };
    expect(high("not recorded")).toBeCloseTo(232 - 44);
    expect(high("dropped")).toBeCloseTo(5);
  });

  it("names the windows where they have room", () => {
    const after = { from_us: AT + 300e6, to_us: AT + 600e6 };
    const said = (range: typeof after): string[] =>
      words(panelShapes(panel({ after: range, selected: true })).behind).map(({ text }) => text);
    expect(said(after)).toContain("After, the selected range");
    expect(said({ ...after, to_us: AT + 330e6 })).toContain("After");
    expect(said({ ...after, to_us: AT + 302e6 }).some((text) => text.startsWith("After"))).toBe(false);
  });

  it("stands its points in the middle of their buckets", () => {
    expect(instantsOf(answer).slice(0, 2)).toEqual([AT + 5e6, AT + 15e6]);
  });

  it("is one picture of all its panels", () => {
    const svg = toSvg(chartScene([panel({ timed: false, height: 100 }), panel({ first: false, height: 120 })]));
    expect(svg).toContain('viewBox="0 0 1000 220"');
    expect(svg).toContain("payment silent from");
    expect(svg).not.toContain("NaN");
    expect(svg).not.toContain("undefined");
  });
});

describe("the hatching", () => {
  it("stays within its rectangle", () => {
    const numbers = [...hatchData({ x: 13, y: 7, w: 31, h: 20 }).matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)];
    expect(numbers.length).toBeGreaterThan(8);
    for (const [, x, y] of numbers) {
      expect(Number(x)).toBeGreaterThanOrEqual(13);
      expect(Number(x)).toBeLessThanOrEqual(44);
      expect(Number(y)).toBeGreaterThanOrEqual(7);
      expect(Number(y)).toBeLessThanOrEqual(27);
    }
  });
});

describe("the value at the playhead", () => {
  it("is that of its bucket, at the very end of the last one, outside none", () => {
    expect(bucketAt(answer, AT)).toBe(0);
    expect(bucketAt(answer, AT + 19_999_999)).toBe(1);
    expect(bucketAt(answer, answer.range.to_us)).toBe(59);
    expect(bucketAt(answer, AT - 1)).toBeNull();
    expect(bucketAt(answer, null)).toBeNull();
  });
});

it("the summary says what the chart shows", () => {
  expect(summary(answer, METRIC_WORDS.requests_in)).toBe(
    "Requests in over 10 min, 10:36:00 to 10:46:00. order: mean 10.0 req/s, peak 92.8 req/s at 10:36:50. " +
      "payment: mean 10.0 req/s, silent from 10:37:40 to 10:40:00.",
  );
});
