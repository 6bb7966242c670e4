import { describe, expect, it } from "vitest";
import type { SequenceSpan } from "../backend";
import { AT, CHECKOUT, span } from "./testkit";
import { criticalParts, flattened, lengthOf, ownParts, trees, type Branch } from "./tree";

const branchOf = (spans: SequenceSpan[], id: number): Branch => {
  const found = flattened(trees(spans)).find((branch) => branch.span.exchange_id === id);
  if (found === undefined) throw new Error("no such span");
  return found;
};
const ms = (parts: { fromUs: number; toUs: number }[] | undefined): [number, number][] =>
  (parts ?? []).map(({ fromUs, toUs }) => [(fromUs - AT) / 1000, (toUs - AT) / 1000]);

describe("the trees", () => {
  it("put every exchange below what caused it, by start", () => {
    const shuffled = [CHECKOUT[3], CHECKOUT[1], CHECKOUT[0], CHECKOUT[2]] as SequenceSpan[];
    expect(flattened(trees(shuffled)).map(({ span, depth }) => [span.exchange_id, depth])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 2],
    ]);
  });

  it("take a span whose parent is not listed as a root, and depth from what is listed", () => {
    const cut = CHECKOUT.slice(1);
    expect(flattened(trees(cut)).map(({ depth }) => depth)).toEqual([0, 1, 1]);
  });

  it("do not lose a span that names itself as its parent", () => {
    expect(trees([span(1, ["a", "b"], [0, 1], { parent: 1 })])).toHaveLength(1);
  });
});

describe("own time", () => {
  it("is the time in which no call was under way", () => {
    const order = branchOf(CHECKOUT, 2);
    expect(ms(ownParts(order))).toEqual([
      [3, 5],
      [26, 130],
      [880, 905],
    ]);
    expect(lengthOf(ownParts(order))).toBe(131_000);
  });

  it("counts calls side by side once, and none beyond the end", () => {
    const spans = [
      span(1, ["a", "b"], [0, 100]),
      span(2, ["b", "c"], [10, 60], { parent: 1 }),
      span(3, ["b", "d"], [20, 40], { parent: 1 }),
      span(4, ["b", "e"], [90, 150], { parent: 1 }),
    ];
    expect(ms(ownParts(branchOf(spans, 1)))).toEqual([
      [0, 10],
      [60, 90],
    ]);
  });

  it("of a span without calls is all of it", () => expect(ms(ownParts(branchOf(CHECKOUT, 4)))).toEqual([[130, 880]]));
});

describe("the critical path", () => {
  it("covers the whole time once, from the end back to the start", () => {
    const path = criticalParts(trees(CHECKOUT));
    const all = [...path.values()].flatMap(ms).sort((a, b) => a[0] - b[0]);
    expect(all[0]?.[0]).toBe(0);
    expect(all.at(-1)?.[1]).toBe(940);
    for (const [n, part] of all.slice(1).entries()) expect(part[0]).toBe(all[n]?.[1]);
    expect(ms(path.get(4))).toEqual([[130, 880]]);
    expect(ms(path.get(3))).toEqual([[5, 26]]);
  });

  it("goes through the slower of two calls side by side", () => {
    const spans = [
      span(1, ["a", "b"], [0, 100]),
      span(2, ["b", "c"], [10, 50], { parent: 1 }),
      span(3, ["b", "d"], [12, 80], { parent: 1 }),
    ];
    const path = criticalParts(trees(spans));
    expect(path.has(2)).toBe(false);
    expect(ms(path.get(3))).toEqual([[12, 80]]);
    expect(ms(path.get(1))).toEqual([
      [0, 12],
      [80, 100],
    ]);
  });

  it("leaves out a call that went on after the answer", () => {
    const spans = [span(1, ["a", "b"], [0, 100]), span(2, ["b", "c"], [50, 400], { parent: 1 })];
    const path = criticalParts(trees(spans));
    expect(ms(path.get(1))).toEqual([[0, 100]]);
    expect(path.has(2)).toBe(false);
  });
});
