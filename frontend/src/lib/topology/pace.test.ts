import { describe, expect, it } from "vitest";
import { Pace } from "./pace";

describe("a large graph", () => {
  it("is drawn at once when nothing was drawn for long, and during a drag when the hand rests", () => {
    const pace = new Pace(() => undefined);
    expect(pace.waitMs(false, 1000)).toBe(0);
    expect(pace.waitMs(true, 1000)).toBe(300);
  });

  it("that takes long to draw is drawn seldom", () => {
    let painted: () => void = () => undefined;
    const pace = new Pace((run) => (painted = run));
    const began = performance.now() - 1000;
    pace.draw(() => undefined, began);
    expect(pace.waitMs(false, began + 100)).toBe(400);
    painted();
    // It took a second, and may take a sixth of the time.
    expect(pace.waitMs(false, began + 1000)).toBeGreaterThan(4900);
    expect(pace.waitMs(false, began + 10_000)).toBe(0);
  });
});
