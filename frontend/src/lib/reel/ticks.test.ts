import { afterEach, describe, expect, it } from "vitest";
import { face, Zone } from "../format";
import { bucketUs, roundTop, ticks } from "./ticks";

const TEN = Date.UTC(2026, 10, 21, 10) * 1000;
const H = 3600e6;

function labels(spanUs: number, width = 1250, from_us = TEN): string[] {
  return ticks({ from_us, to_us: from_us + spanUs }, width, face).flatMap((tick) => tick.label ?? []);
}

describe("the ruler", () => {
  it("of two hours has a label every ten minutes", () => {
    expect(labels(7200e6).slice(0, 3)).toEqual(["10:00", "10:10", "10:20"]);
  });
  it("of a day names the new day at midnight", () => {
    expect(labels(86_400e6)).toContain("22 Nov");
  });
  it("of a second shows milliseconds", () => {
    expect(labels(1e6).slice(0, 2)).toEqual(["10:00:00.000", "10:00:00.100"]);
  });
  it("of two milliseconds shows microseconds", () => {
    expect(labels(2e3).slice(0, 3)).toEqual(["10:00:00.000000", "10:00:00.000200", "10:00:00.000400"]);
  });
  it.each([1e3, 1e6, 60e6, 3600e6, 86_400e6, 30 * 86_400e6])("of %d µs never crowds its labels", (span) => {
    expect(labels(span).length).toBeLessThanOrEqual(1250 / 84 + 1);
    expect(labels(span).length).toBeGreaterThan(2);
  });
});

describe("the ruler in a zone", () => {
  afterEach(() => (face.zone = new Zone("UTC")));

  it("has its marks on that zone's round times", () => {
    face.zone = new Zone("Asia/Kathmandu");
    expect(labels(4 * H).slice(0, 3)).toEqual(["16:00", "16:30", "17:00"]);
    expect(labels(86_400e6)).toContain("22 Nov");
  });
  it("shows an hour that is passed twice twice, and says which is which", () => {
    face.zone = new Zone("Europe/Berlin");
    const midnight = Date.UTC(2026, 9, 24, 22) * 1000;
    expect(labels(5 * H, 600, midnight)).toEqual(["25 Oct", "01:00", "02:00+2", "02:00+1", "03:00", "04:00"]);
  });
  it("does not let such labels touch", () => {
    face.zone = new Zone("Europe/Berlin");
    const midnight = Date.UTC(2026, 9, 24, 22) * 1000;
    expect(labels(25 * H, 1100, midnight).slice(0, 4)).toEqual(["25 Oct", "02:00+2", "04:00", "06:00"]);
  });
  it("skips the hour by which clocks go forward", () => {
    face.zone = new Zone("Europe/Berlin");
    const midnight = Date.UTC(2026, 2, 28, 23) * 1000;
    expect(labels(4 * H, 600, midnight)).toEqual(["29 Mar", "01:00", "03:00", "04:00", "05:00"]);
    // The round time that is skipped gives its label to the time that follows.
    expect(labels(23 * H, 1100, midnight).slice(0, 3)).toEqual(["29 Mar", "03:00", "06:00"]);
  });
  it("names the day where a day begins at one o'clock", () => {
    face.zone = new Zone("Africa/Cairo");
    const evening = Date.UTC(2026, 3, 23, 20) * 1000;
    expect(labels(4 * H, 600, evening)).toContain("24 Apr");
  });
});

describe("the ruler of distances", () => {
  afterEach(() => (face.originUs = null));

  it("counts from where times are counted from", () => {
    face.originUs = TEN + 90e6;
    expect(labels(180e6, 700)).toEqual(["−1 min 30 s", "−1 min", "−30 s", "+0 s", "+30 s", "+1 min", "+1 min 30 s"]);
  });
});

describe("histogram bars", () => {
  it("have round widths", () => {
    expect(bucketUs(7200e6 / 1250, 4)).toBe(30e6);
    expect(bucketUs(1e6 / 1250, 4)).toBe(5000);
  });
});

describe("the top of a scale", () => {
  it.each([
    [0, 1],
    [1543, 1600],
    [0.3, 0.4],
    [9, 10],
    [200, 200],
  ])("for %d is %d", (value, top) => expect(roundTop(value)).toBeCloseTo(top, 9));
});
