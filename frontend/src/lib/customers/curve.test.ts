import { describe, expect, it } from "vitest";
import { Scale } from "../reel/scale";
import { curveBars, curveSpan, curveSummary, highestIn, pointAt, pointWords } from "./curve";
import { AT, customers, point } from "./testkit";

const whole = { from_us: AT, to_us: AT + 600e6 - 1 };
const three = customers([point(10, 10, 40), point(8, 2, 30), point(0, 0)]);

describe("the span of the curve", () => {
  it("has round bars over what the reel shows, the last packet in the last of them", () => {
    const span = curveSpan(new Scale({ from_us: AT - 7e6, to_us: AT + 607e6 }, 1300), whole);
    expect(span).toEqual({ range: { from_us: AT, to_us: AT + 600e6 }, points: 300 });
  });

  it("keeps to a part that is zoomed to", () => {
    const span = curveSpan(new Scale({ from_us: AT + 100e6, to_us: AT + 110e6 }, 1000), whole);
    expect(span).toEqual({ range: { from_us: AT + 100e6, to_us: AT + 110e6 + 50e3 }, points: 201 });
  });

  it.each([400, 1300, 2560, 5120, 12_000])("never asks for more than 600 points on %i pixels", (width) => {
    for (const seconds of [1, 7, 61, 613, 86_400]) {
      const view = { from_us: AT, to_us: AT + seconds * 1e6 };
      const span = curveSpan(new Scale(view, width), view);
      expect(span?.points).toBeGreaterThan(0);
      expect(span?.points).toBeLessThanOrEqual(600);
    }
  });

  it("is nothing where the reel shows nothing of the recording", () => {
    expect(curveSpan(new Scale({ from_us: AT + 700e6, to_us: AT + 800e6 }, 1000), whole)).toBeNull();
  });
});

describe("the bars", () => {
  const scale = new Scale({ from_us: AT, to_us: AT + 180e6 }, 180);
  const size = { base: 100, rise: 50, top: 10 };

  it("stand new addresses on those that came back", () => {
    const bars = curveBars(three, scale, null, size);
    expect(bars.fresh).toBe("M0.5 50.0h59.0v50.0h-59.0zM60.5 60.0h59.0v10.0h-59.0z");
    expect(bars.returning).toBe("M60.5 70.0h59.0v30.0h-59.0z");
    expect([bars.freshBeside, bars.returningBeside]).toEqual(["", ""]);
  });

  it("are dim beside the selected range", () => {
    const bars = curveBars(three, scale, { from_us: AT + 60e6, to_us: AT + 90e6 }, size);
    expect(bars.freshBeside).toBe("M0.5 50.0h59.0v50.0h-59.0z");
    expect(bars.fresh).toBe("M60.5 60.0h59.0v10.0h-59.0z");
  });

  it("are as high as the highest in view", () => {
    expect(highestIn(three, { from_us: AT, to_us: AT + 180e6 })).toBe(10);
    expect(highestIn(three, { from_us: AT + 60e6, to_us: AT + 180e6 })).toBe(8);
    expect(highestIn(customers([]), whole)).toBe(0);
  });
});

describe("what is read at the pointer", () => {
  it("is the bar there, or nothing beside them", () => {
    expect(pointAt(three, AT + 61e6)).toBe(1);
    expect(pointAt(three, AT - 1)).toBeNull();
    expect(pointAt(three, AT + 180e6)).toBeNull();
    expect(pointAt(customers([], { range: null }), AT)).toBeNull();
  });

  it("tells new ones, those that came back, and requests", () => {
    expect(pointWords(three, 1)).toEqual({
      time: "10:37:00",
      lines: [
        ["addresses", "8"],
        ["new", "2"],
        ["returning", "6"],
        ["requests", "30"],
      ],
    });
  });

  it("is a sentence for those who cannot see it", () => {
    expect(curveSummary(three)).toBe("10 addresses within 1 min at most, at 10:36:00, from 10:36:00 to 10:39:00.");
    expect(curveSummary(customers([point(0, 0)]))).toBe("Nobody came in from outside from 10:36:00 to 10:37:00.");
    expect(curveSummary(customers([], { range: null }))).toBe("Nobody came in from outside in this time.");
  });
});
