import { describe, expect, it } from "vitest";
import { changeWords, edgeLabel, effectSentence, percentChange, sizeOf, strongest } from "./effects";
import { edge, effect, golden, NOTHING } from "./testkit";

describe("the size of an effect", () => {
  it.each([
    ["rate", 1.05, 0],
    ["rate", 1.3, 1],
    ["rate", 0.6, 2],
    ["rate", 2, 3],
    ["rate", 0.5, 3],
    ["rate", 0, 3],
    ["errors", 0.19, 0],
    ["errors", -0.3, 1],
    ["errors", 0.79, 2],
    ["errors", 0.8, 3],
    ["latency", 0.1, 0],
    ["latency", -0.2, 1],
    ["latency", 0.4, 2],
    ["latency", 0.9, 3],
  ] as const)("%s %d is %d", (figure, size, expected) => {
    const way = figure === "rate" ? size > 1 : size > 0;
    expect(sizeOf(figure, effect(size, way ? "rose" : "fell"))).toBe(expected);
  });

  it("is negligible within chance, however large it looks", () => {
    expect(sizeOf("errors", effect(1.2, "same"))).toBe(0);
  });

  it("is unknown without both windows", () => expect(sizeOf("latency", NOTHING)).toBeNull());

  it("of a rate is the same up and down", () => {
    expect(sizeOf("rate", effect(4, "rose"))).toBe(sizeOf("rate", effect(0.25, "fell")));
  });
});

describe("a change in words", () => {
  it("names the figure that changed most", () => {
    const one = edge("order", "payment", { errors: effect(0.6, "rose"), latency: effect(0.9, "rose") });
    expect(changeWords(one)).toBe("latency large");
    expect(strongest(edge("a", "b", { rate: effect(0.7, "fell") }))).toEqual({ figure: "rate", size: 1 });
    expect(changeWords(edge("a", "b"))).toBe("negligible");
    expect(changeWords(edge("a", "b", { rate: NOTHING, errors: NOTHING, latency: NOTHING }))).toBe("unknown");
    expect(changeWords(edge("a", "b", { presence: "gone" }))).toBe("gone");
  });

  it("on the graph is the error share, else the rate, else the latency", () => {
    const after = golden({ error_share: 0.316, p95_us: 5_000_000 });
    expect(edgeLabel(edge("a", "b", { after, errors: effect(0.9, "rose"), rate: effect(0.6, "fell") }))).toBe("31.6%");
    expect(edgeLabel(edge("a", "b", { after, rate: effect(0.69, "fell") }))).toBe("−31%");
    expect(edgeLabel(edge("a", "b", { after, latency: effect(0.5, "rose") }))).toBe("5.00 s");
    expect(edgeLabel(edge("a", "b", { presence: "new" }))).toBe("new");
    expect(edgeLabel(edge("a", "b"))).toBe("");
  });

  it("gives the interval", () => {
    const known = { size: 0.95, low: 0.9, high: 1.01, trend: "same" } as const;
    expect(effectSentence("rate", known)).toBe(
      "Rate, times 0.95 (95% interval 0.90 to 1.01), within chance or too small to matter: negligible.",
    );
    expect(effectSentence("errors", { size: -0.9, low: -1.1, high: -0.7, trend: "fell" })).toContain("−0.90");
    expect(effectSentence("latency", NOTHING)).toContain("nothing to tell it from");
  });

  it.each([
    [0.69, "−31%"],
    [1.12, "+12%"],
    [4.2, "×4.2"],
  ])("a ratio of %d is %s", (ratio, text) => expect(percentChange(ratio)).toBe(text));
});
