import { expect, it } from "vitest";
import type { Density } from "../backend";
import type { Mark } from "./marks";
import { snapEvents } from "./snap";

const density: Density = {
  range: { from_us: 0, to_us: 60 },
  bucket_us: 10,
  requests: [5, 5, 5, 5, 5, 5],
  errors: [0, 1, 2, 0, 0, 1],
  matches: [],
  gaps: [{ range: { from_us: 33, to_us: 37 }, reason: "not recorded", lost_packets: 0 }],
};

const crash: Mark = { kind: "crash", range: { from_us: 12, to_us: 28 }, ended: true, title: "", lines: [] };

it("drags snap to where errors begin and end, to marks, gaps, bookmarks and ends", () => {
  const events = snapEvents(density, [{ id: 1, at_us: 5, note: "" }], [crash], [{ from_us: 0, to_us: 58 }, null]);
  expect(events).toEqual([0, 5, 10, 12, 28, 30, 33, 37, 50, 58, 60]);
});
