import { describe, expect, it } from "vitest";
import { AT, hop, HOPS, run } from "./testkit";
import { reach, waterfallOf } from "./waterfall";

const brief = (of = run()): unknown[] =>
  waterfallOf(of, "sender").map(({ name, beginUs, lengthUs, placed }) => [name, beginUs, lengthUs, placed]);

describe("the waterfall of a probe", () => {
  it("nests how long each hop held the call, in the middle where no clock tells", () => {
    expect(brief()).toEqual([
      ["sender", 0, 92_800, "measured"],
      ["Mediary A", 5_900, 81_000, "middle"],
      ["Gateway B", 29_950, 32_900, "middle"],
      ["catalog", 35_700, 21_400, "middle"],
    ]);
    expect(waterfallOf(run(), "sender")[2]?.silent).toEqual(["Mediary B"]);
  });

  it("begins a bar where its wall clock says, if that can be, and tells how far it may be off", () => {
    const [a, ...others] = HOPS;
    if (a === undefined) throw new Error("There is no hop.");
    const at = (received_at_us: number): unknown[] =>
      brief(run({ hops: [{ ...a, received_at_us }, ...others] }))[1] as unknown[];
    expect(at(AT + 4_000)).toEqual(["Mediary A", 4_000, 81_000, "clock"]);
    // An hour off: it cannot be, the figures stay.
    expect(at(AT + 3600e6)).toEqual(["Mediary A", 5_900, 81_000, "middle"]);
    expect(at(AT - 3600e6)).toEqual(["Mediary A", 5_900, 81_000, "middle"]);
    const bar = waterfallOf(run({ hops: [{ ...a, received_at_us: AT + 4_000 }] }), "sender")[1];
    expect(bar?.slackUs).toBe(7_800);
  });

  it("puts connecting before the call", () => {
    const bars = waterfallOf(run({ connect_us: 3_000 }), "sender");
    expect(bars[0]).toMatchObject({ name: "connect", beginUs: -3_000, lengthUs: 3_000 });
    expect(reach(bars)).toEqual({ fromUs: -3_000, toUs: 92_800 });
  });

  it("ends with what is left behind the last hop that reports", () => {
    const hops = [
      hop("A", { link_us: 1_000, own_us: 500 }),
      hop("catalog", { reported: "opaque", role: "", link_us: 8_500 }),
    ];
    expect(brief(run({ total_us: 10_000, hops })).at(-1)).toEqual(["catalog", 750, 8_500, "middle"]);
  });

  it("has nothing to show of a probe without a total", () => {
    expect(brief(run({ total_us: null }))).toEqual([]);
  });

  it("never draws a bar of negative length or outside the one around it", () => {
    const hops = [hop("A", { link_us: 12_000, own_us: -500 }), hop("B", { link_us: 20_000, own_us: 1 })];
    for (const { beginUs, lengthUs } of waterfallOf(run({ total_us: 10_000, hops }), "sender")) {
      expect(lengthUs).toBeGreaterThanOrEqual(0);
      expect(beginUs).toBeGreaterThanOrEqual(0);
      expect(beginUs + lengthUs).toBeLessThanOrEqual(10_000);
    }
  });
});
