import { describe, expect, it } from "vitest";
import { overlap, placed, pointsUnder, type Rect } from "./placing";

const area = { x: 0, y: 0, w: 400, h: 100 };
const rect = (x: number, y: number, w = 60, h = 14): Rect => ({ x, y, w, h });

describe("words on a chart", () => {
  it("take their first place when it is free", () => {
    expect(placed([{ places: [rect(10, 10), rect(200, 10)] }], area, [], () => 0)).toEqual([rect(10, 10)]);
  });

  it("never lie over each other, and give way to those before them", () => {
    const wishes = Array.from({ length: 12 }, (_, n) => ({
      places: [rect(100 + n, 20), rect(100 + n, 40), rect(100 + n, 60), rect(240, 20 + n), rect(320, 20)],
    }));
    const found = placed(wishes, area, [], () => 0).filter((one) => one !== null);
    expect(found.length).toBeGreaterThan(3);
    for (const [n, a] of found.entries()) {
      for (const b of found.slice(n + 1)) expect(overlap(a, b)).toBe(false);
    }
  });

  it("are left out where there is no room", () => {
    expect(placed([{ places: [rect(380, 10), rect(-1, 10), rect(10, 95)] }], area, [], () => 0)).toEqual([null]);
    expect(placed([{ places: [rect(10, 10)] }], area, [rect(0, 0, 30, 30)], () => 0)).toEqual([null]);
  });

  it("cover as little of the lines as they can", () => {
    const line = Array.from({ length: 100 }, (_, n) => ({ x: n * 4, y: 20 }));
    const places = [rect(100, 14), rect(100, 40)];
    expect(placed([{ places }], area, [], pointsUnder([line]))).toEqual([rect(100, 40)]);
  });
});

it("words that would cover too much are left out", () => {
  expect(placed([{ places: [rect(10, 10)], most: 3 }], area, [], () => 4)).toEqual([null]);
  expect(placed([{ places: [rect(10, 10)], most: 4 }], area, [], () => 4)).toEqual([rect(10, 10)]);
});

describe("the points under a rectangle", () => {
  it("are counted across breaks of the line", () => {
    const line = [
      { x: 0, y: 5 },
      null,
      null,
      { x: 30, y: 5 },
      { x: 40, y: 50 },
      { x: 50, y: 5 },
      null,
      { x: 90, y: 5 },
    ];
    expect(pointsUnder([line])(rect(25, 0, 40, 10))).toBe(2);
    expect(pointsUnder([line, line])(rect(0, 0, 100, 60))).toBe(10);
    expect(pointsUnder([[null, null]])(rect(0, 0, 100, 60))).toBe(0);
  });
});
