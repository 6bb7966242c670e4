import { describe, expect, it } from "vitest";
import { centre, extentOf, markAt, SequenceScale, sequenceSummary, stepped, strokes, verdictCounts } from "./sequence";
import { mark } from "./testkit";

const plot = { left: 10, top: 5, width: 100, height: 50 };
const marks = [
  mark({ index: 0, at_us: 0, sequence: 0, payload_bytes: 100 }),
  mark({ index: 1, at_us: 400, from_client: false, sequence: 0, payload_bytes: 5000 }),
  mark({ index: 2, at_us: 500, sequence: 100, payload_bytes: 100 }),
  mark({ index: 3, at_us: 1000, sequence: 100, payload_bytes: 100, verdict: "retransmission" }),
];

describe("the extent", () => {
  it("spans the time of both directions and the bytes of one", () => {
    expect(extentOf(marks, true)).toEqual({ fromUs: 0, toUs: 1000, fromByte: 0, toByte: 200 });
    expect(extentOf(marks, false)).toEqual({ fromUs: 0, toUs: 1000, fromByte: 0, toByte: 5000 });
  });

  it("is not stretched by what lies out of the window", () => {
    const astray = mark({ at_us: 700, sequence: 4e9, verdict: "out of window" });
    expect(extentOf([...marks, astray], true).toByte).toBe(200);
    const scale = new SequenceScale(plot, extentOf([...marks, astray], true));
    expect(centre(astray, scale).y).toBe(plot.top);
  });

  it("of nothing is nothing", () => {
    expect(extentOf([], true)).toEqual({ fromUs: 0, toUs: 0, fromByte: 0, toByte: 0 });
  });
});

describe("the scale", () => {
  const scale = new SequenceScale(plot, extentOf(marks, true));

  it("has the first byte at the lower left and the last at the upper right", () => {
    expect([scale.x(0), scale.y(0)]).toEqual([10, 55]);
    expect([scale.x(1000), scale.y(200)]).toEqual([110, 5]);
  });

  it("of a single instant and byte lies in the middle", () => {
    const point = new SequenceScale(plot, extentOf([mark({ at_us: 7, sequence: 3 })], true));
    expect([point.x(7), point.y(3)]).toEqual([60, 30]);
  });
});

describe("strokes", () => {
  const scale = new SequenceScale(plot, { fromUs: 0, toUs: 1000, fromByte: 0, toByte: 5000 });

  it("of neighbouring packets in a pixel column are one line", () => {
    const burst = Array.from({ length: 1000 }, (_, i) =>
      mark({ at_us: 500 + i / 1000, sequence: i * 5, payload_bytes: 5 }),
    );
    expect(strokes(burst, scale)).toEqual([{ x: 60, top: 5, bottom: 55 }]);
  });

  it("keep a hole that can be seen", () => {
    const two = [mark({ payload_bytes: 500 }), mark({ sequence: 3000, payload_bytes: 500 })];
    expect(strokes(two, scale)).toHaveLength(2);
  });

  it("are never more than the pixels", () => {
    const many = Array.from({ length: 4000 }, (_, i) =>
      mark({ at_us: i / 4, sequence: (i * 7919) % 5000, payload_bytes: 1 }),
    );
    expect(strokes(many, scale).length).toBeLessThanOrEqual(101 * 50);
    expect(strokes(many, scale).every(({ top, bottom }) => top >= 5 && bottom <= 56)).toBe(true);
  });

  it("of packets without payload are still a pixel high", () => {
    expect(strokes([mark({ sequence: 100 })], scale).every(({ top, bottom }) => bottom - top >= 1)).toBe(true);
  });
});

describe("the mark under the pointer", () => {
  const scale = new SequenceScale(plot, extentOf(marks, true));
  const own = marks.filter(({ from_client }) => from_client);

  it("is the nearest within reach", () => {
    expect(markAt(own, scale, 11, 40)?.index).toBe(0);
    expect(markAt(own, scale, 62, 20)?.index).toBe(2);
    expect(markAt(own, scale, 35, 20)).toBeNull();
  });

  it("prefers one with a verdict", () => {
    const both = [mark({ index: 1, at_us: 500 }), mark({ index: 2, at_us: 520, verdict: "zero window" })];
    expect(
      markAt(both, new SequenceScale(plot, { fromUs: 0, toUs: 1000, fromByte: 0, toByte: 10 }), 60, 55)?.index,
    ).toBe(2);
  });
});

describe("stepping", () => {
  it("goes on and back, and stays at the ends", () => {
    const own = marks.filter(({ from_client }) => from_client);
    expect([stepped(own, null, 1)?.index, stepped(own, null, -1)?.index]).toEqual([0, 3]);
    expect([stepped(own, 0, 1)?.index, stepped(own, 3, 1)?.index, stepped(own, 0, -1)?.index]).toEqual([2, 3, 0]);
    expect(stepped([], null, 1)).toBeNull();
  });
});

describe("the summary", () => {
  it("says how much was sent and what happened", () => {
    expect(sequenceSummary(marks, true)).toBe("3 packets, 200 B in 1 ms. 1 retransmission.");
    expect(sequenceSummary(marks, false)).toBe("1 packet, 5.0 kB in 0 µs. Nothing stood out.");
    expect(sequenceSummary([], true)).toBe("No packet.");
  });

  it("counts verdicts, most frequent first", () => {
    const list = ["a", "b", "b"].map((verdict) => mark({ verdict }));
    expect(verdictCounts(list)).toEqual([
      { verdict: "b", count: 2 },
      { verdict: "a", count: 1 },
    ]);
  });
});
