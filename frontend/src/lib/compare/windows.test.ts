import { describe, expect, it } from "vitest";
import { afterWindow, beforeWindow, draggedWindow } from "./windows";

const recorded = { from_us: 1000, to_us: 11_000 };

describe("the windows", () => {
  it("are the selected range and as much time just before it", () => {
    const after = afterWindow({ from_us: 6000, to_us: 8000 }, recorded);
    expect(beforeWindow(null, after, recorded)).toEqual({ recording_id: null, range: { from_us: 4000, to_us: 6000 } });
  });

  it("are the halves of the recording while nothing is selected", () => {
    const after = afterWindow(null, recorded);
    expect(after).toEqual({ from_us: 6000, to_us: 11_000 });
    expect(beforeWindow(null, after, recorded)?.range).toEqual({ from_us: 1000, to_us: 6000 });
  });

  it("before is shorter where the recording began, and none at its very beginning", () => {
    expect(beforeWindow(null, { from_us: 2000, to_us: 6000 }, recorded)?.range).toEqual({ from_us: 1000, to_us: 2000 });
    expect(beforeWindow(null, { from_us: 1000, to_us: 6000 }, recorded)).toBeNull();
  });

  it("before is the chosen one, also of another recording", () => {
    const chosen = { recording_id: "r-17", range: null };
    expect(beforeWindow(chosen, { from_us: 1000, to_us: 6000 }, recorded)).toEqual(chosen);
  });
});

describe("a dragged window", () => {
  const window = { from_us: 4000, to_us: 6000 };

  it("keeps its length and stays in the recording", () => {
    expect(draggedWindow(window, "middle", 500.4, recorded, 10)).toEqual({ from_us: 4500, to_us: 6500 });
    expect(draggedWindow(window, "middle", 1e9, recorded, 10)).toEqual({ from_us: 9000, to_us: 11_000 });
    expect(draggedWindow(window, "middle", -1e9, recorded, 10)).toEqual({ from_us: 1000, to_us: 3000 });
  });

  it("moves one edge, never past the other", () => {
    expect(draggedWindow(window, "from", -1e9, recorded, 10)).toEqual({ from_us: 1000, to_us: 6000 });
    expect(draggedWindow(window, "from", 1e9, recorded, 10)).toEqual({ from_us: 5990, to_us: 6000 });
    expect(draggedWindow(window, "to", 1e9, recorded, 10)).toEqual({ from_us: 4000, to_us: 11_000 });
    expect(draggedWindow(window, "to", -1e9, recorded, 10)).toEqual({ from_us: 4000, to_us: 4010 });
  });
});
