import { describe, expect, it } from "vitest";
import type { CheckMark } from "../backend";
import { bandOn, frameRange, stripOf } from "./strip";
import { AT, FRAME } from "../checks/testkit";

const SIZE = { width: 120, height: 14 };
const range = frameRange(FRAME);
const boxes = (path: string): number => path.split("z").length - 1;

function marks(every: number, of: (n: number) => Partial<CheckMark>): CheckMark[] {
  return Array.from({ length: 600 / every }, (_, n) => ({
    begin_us: range.from_us + n * every * 1e6,
    end_us: range.from_us + (n + 1) * every * 1e6,
    up: 0,
    down: 0,
    unknown: 0,
    ...of(n),
  }));
}

describe("an uptime strip", () => {
  it("has one mark per check, each of what came of it", () => {
    const strip = stripOf(
      marks(15, (n) => (n < 3 ? { down: 1 } : n === 3 ? { unknown: 1 } : { up: 1 })),
      range,
      SIZE,
    );
    expect([boxes(strip.failed), boxes(strip.unknown), boxes(strip.ok), strip.partly]).toEqual([3, 1, 36, ""]);
    expect(strip.failed.startsWith("M0 0h2v14h-2z")).toBe(true);
  });

  it("fills a mark of several checks by the share that failed, never too low to be seen", () => {
    const half = stripOf(
      marks(60, () => ({ up: 2, down: 2 })),
      range,
      SIZE,
    );
    expect(half.failed.startsWith("M0 7h11v7h-11z")).toBe(true);
    const one = stripOf(
      marks(60, () => ({ up: 59, down: 1 })),
      range,
      SIZE,
    );
    expect(one.failed.startsWith("M0 10h11v4h-11z")).toBe(true);
    expect(boxes(one.partly)).toBe(10);
  });

  it("draws no more marks than there are pixels, and loses no failure", () => {
    const strip = stripOf(
      marks(1, (n) => (n === 301 ? { down: 1 } : { up: 1 })),
      range,
      SIZE,
    );
    expect(boxes(strip.ok) + boxes(strip.failed)).toBeLessThanOrEqual(120);
    expect(boxes(strip.failed)).toBe(1);
  });

  it("shows where the selected range lies, and nothing of one beside it", () => {
    expect(bandOn({ from_us: AT - 300e6, to_us: AT + 60e6 }, range, 120)).toEqual({ x: 60, width: 60 });
    expect(bandOn({ from_us: AT + 1e6, to_us: AT + 60e6 }, range, 120)).toBeNull();
    expect(bandOn(null, range, 120)).toBeNull();
  });
});
