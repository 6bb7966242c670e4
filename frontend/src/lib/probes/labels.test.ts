import { describe, expect, it } from "vitest";
import { axisMarks, fitting, spread } from "./labels";

describe("labels along a line", () => {
  it("stand in the middle of what they name where there is room", () => {
    expect(
      spread(
        [
          { at: 50, width: 40 },
          { at: 200, width: 60 },
        ],
        400,
      ),
    ).toEqual([30, 170]);
  });

  it("never lie over each other, nor beside the line", () => {
    const labels = [0, 4, 8, 390, 399].map((at) => ({ at, width: 60 }));
    const lefts = spread(labels, 400);
    lefts.forEach((left, n) => {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left + 60).toBeLessThanOrEqual(400);
      if (n > 0) expect(left).toBeGreaterThanOrEqual((lefts[n - 1] ?? 0) + 70);
    });
  });

  it("are cut where there is too little room, and left out where there is none", () => {
    expect(fitting("Gateway B", 6, 60)).toBe("Gateway B");
    expect(fitting("Gateway B", 6, 36)).toBe("Gatew…");
    expect(fitting("Gateway B", 6, 12)).toBe("");
  });
});

describe("marks of an axis", () => {
  it("are round, and leave room for the end", () => {
    expect(axisMarks(92.8, 620)).toEqual([0, 20, 40, 60, 80]);
    expect(axisMarks(0.42, 600)).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35].map((n) => expect.closeTo(n, 9)));
    expect(axisMarks(0, 600)).toEqual([0]);
  });
});
