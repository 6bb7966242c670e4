import { describe, expect, it } from "vitest";
import { hit, type Targets } from "./hit";
import { lanes } from "./lanes";
import { Scale } from "./scale";

const targets: Targets = {
  scale: new Scale({ from_us: 0, to_us: 1000e6 }, 1000),
  lanes: lanes({ compact: false, matches: false }),
  at: 500e6,
  range: { from_us: 300e6, to_us: 700e6 },
  bookmarks: [{ id: 1, at_us: 800e6, note: "deploy" }],
  marks: [{ kind: "crash", range: { from_us: 490e6, to_us: 560e6 }, ended: true, title: "payment crashed", lines: [] }],
};
const middle = targets.lanes.requests + 10;

describe("what is under the pointer", () => {
  it("is the playhead at its line and at its flag", () => {
    expect(hit(501, middle, targets)).toEqual({ on: "playhead" });
    expect(hit(525, 5, targets)).toEqual({ on: "playhead" });
  });
  it("is the range's edge near it, its middle inside, the histogram outside", () => {
    expect(hit(296, middle, targets)).toEqual({ on: "edge", edge: "from" });
    expect(hit(704, middle, targets)).toEqual({ on: "edge", edge: "to" });
    expect(hit(400, middle, targets)).toEqual({ on: "range" });
    expect(hit(200, middle, targets)).toEqual({ on: "histogram" });
  });
  it("is the ruler at the top, also above the range", () => {
    expect(hit(400, 3, targets)).toEqual({ on: "ruler" });
  });
  it("is a mark in the alerts lane, also under the playhead, and the playhead above and below it", () => {
    expect(hit(500, targets.lanes.alerts + 5, targets)).toMatchObject({
      on: "mark",
      mark: { title: "payment crashed" },
    });
    expect(hit(500, 5, targets)).toEqual({ on: "playhead" });
    expect(hit(500, middle, targets)).toEqual({ on: "playhead" });
  });
  it("is a bookmark's flag in its lane", () => {
    expect(hit(803, targets.lanes.bookmarks + 5, targets)).toMatchObject({ on: "bookmark" });
  });
  it("without a range or playhead is the histogram", () => {
    expect(hit(500, middle, { ...targets, at: null, range: null, marks: [] })).toEqual({ on: "histogram" });
  });
});
