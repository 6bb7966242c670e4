import { describe, expect, it } from "vitest";
import type { WhispererHistory } from "../backend";
import { Scale } from "../reel/scale";
import { chartPaths, lostIn, lostPerSecond, trendPaths } from "./trend";

const history: WhispererHistory = {
  at_us: [0, 10e6, 20e6, 30e6],
  width_us: 10e6,
  cpu: [0.1, 0.2, 0.1, 0],
  memory_bytes: [1, 1, 1, 1],
  packets_per_s: [100, 200, 0, 50],
  bytes_per_s: [0, 0, 0, 0],
  sent_bytes_per_s: [0, 0, 0, 0],
  queued_bytes: [0, 0, 0, 0],
  lost_in_kernel: [0, 5, 0, 0],
  lost_in_queue: [0, 15, 0, 0],
  send_p50_us: [0, 0, 0, 0],
  send_p99_us: [0, 0, 0, 0],
  events: [],
};
const range = { from_us: 0, to_us: 40e6 };

describe("a trend", () => {
  it("runs from zero to its largest value", () => {
    const paths = trendPaths(
      [0, 10e6, 20e6],
      10e6,
      [0, 10, 5],
      { from_us: 0, to_us: 20e6 },
      { width: 100, height: 20 },
    );
    expect(paths).toEqual({
      line: "M0.0 20.0L50.0 2.0L100.0 11.0",
      area: "M0.0 20L0.0 20.0L50.0 2.0L100.0 11.0L100.0 20z",
    });
  });

  it("is broken where nothing was measured", () => {
    const paths = trendPaths(
      [0, 10e6, 60e6, 70e6],
      10e6,
      [1, 1, 1, 1],
      { from_us: 0, to_us: 70e6 },
      { width: 70, height: 10 },
    );
    expect(paths?.line).toBe("M0.0 2.0L10.0 2.0M60.0 2.0L70.0 2.0");
  });

  it("of one value, or of none that is a number, is no trend", () => {
    expect(trendPaths([0], 1, [1], range, { width: 1, height: 1 })).toBeNull();
    expect(trendPaths([0, 1], 1, [NaN, 1], range, { width: 1, height: 1 })).toBeNull();
  });

  it("of zeros lies on the ground", () => {
    expect(trendPaths([0, 10e6], 10e6, [0, 0], range, { width: 40, height: 10 })?.line).toBe("M0.0 10.0L10.0 10.0");
  });
});

describe("the chart", () => {
  const scale = new Scale(range, 40);
  const size = { base: 70, rise: 70, hang: 14, top: 200 };

  it("tells the selected range from the rest", () => {
    const paths = chartPaths(history, scale, { from_us: 10e6, to_us: 20e6 }, size);
    expect(paths.selected.match(/M/g)).toHaveLength(1);
    expect(paths.others.match(/M/g)).toHaveLength(2);
    expect(chartPaths(history, scale, null, size).others).toBe("");
  });

  it("draws losses ten times as tall, and no bar where none was lost", () => {
    const { lost } = chartPaths(history, scale, null, size);
    // 20 packets in 10 s are 2 per second; 2 of 200 of 70 px, ten times.
    expect(lost).toBe("M10.0 71.0h9.2v7.0h-9.2z");
    expect(lostPerSecond(history, 1)).toBe(2);
    expect(lostIn(history)).toBe(20);
  });
});
