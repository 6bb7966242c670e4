import { afterEach, describe, expect, it } from "vitest";
import { clock, day, dayAndClock, duration, face, relative, span, wallClock, Zone, type Precision } from "./index";

const AT = Date.UTC(2026, 10, 21, 10, 42, 5, 187) * 1000;

describe("instants", () => {
  it("are written in UTC as finely as asked", () => {
    expect(clock(AT, "minute")).toBe("10:42");
    expect(clock(AT, "second")).toBe("10:42:05");
    expect(clock(AT, "tenth")).toBe("10:42:05.1");
    expect(clock(AT)).toBe("10:42:05.187");
    expect(clock(AT + 1, "micro")).toBe("10:42:05.187001");
  });
  it("are cut off, so that the last millisecond of a second stays in it", () => {
    expect(clock(AT + 812_999)).toBe("10:42:05.999");
  });
  it("have a day without a leading zero", () => {
    expect(day(AT)).toBe("21 Nov");
    expect(day(Date.UTC(2026, 0, 2) * 1000)).toBe("2 Jan");
  });
  it("name the year only when it is another one", () => {
    expect(dayAndClock(AT, AT)).toBe("21 Nov, 10:42");
    expect(dayAndClock(AT, AT + 365 * 86_400e6)).toBe("21 Nov 2026, 10:42");
  });
});

describe("instants in another zone", () => {
  afterEach(() => (face.zone = new Zone("UTC")));

  it("are read from the clocks there", () => {
    face.zone = new Zone("Asia/Kathmandu");
    expect(clock(AT)).toBe("16:27:05.187");
    expect(day(AT + 8 * 3600e6)).toBe("22 Nov");
  });
  it("in an hour that is passed twice say which one", () => {
    face.zone = new Zone("Europe/Berlin");
    const first = Date.UTC(2026, 9, 25, 0, 30) * 1000;
    expect(clock(first)).toBe("02:30:00.000+2");
    expect(clock(first + 3600e6, "minute")).toBe("02:30+1");
    expect(clock(first + 7200e6, "minute")).toBe("03:30");
  });
  it("skip the hour by which clocks go forward", () => {
    face.zone = new Zone("Europe/Berlin");
    const before = Date.UTC(2026, 2, 29, 1) * 1000 - 1000;
    expect([clock(before), clock(before + 1000)]).toEqual(["01:59:59.999", "03:00:00.000"]);
  });
});

describe("distances in time", () => {
  afterEach(() => (face.originUs = null));

  it.each<[number, Precision, string]>([
    [200e6, "second", "+3 min 20 s"],
    [-12.4e6, "tenth", "−12.4 s"],
    [0, "second", "+0 s"],
    [3600e6, "minute", "+1 h"],
    [5000e6, "second", "+1 h 23 min 20 s"],
    [59e6, "minute", "+0 min"],
    [200.187e6, "milli", "+3:20.187"],
    [-3_605_000_001, "milli", "−1:00:05.001"],
    [12.4e6, "milli", "+12.400 s"],
    [12, "micro", "+0.000012 s"],
  ])("of %d µs to the %s are %s", (us, precision, text) => expect(relative(us, precision)).toBe(text));

  it("take the place of the time of day when they are asked for", () => {
    face.originUs = AT;
    expect(clock(AT + 5e6, "second")).toBe("+5 s");
    expect(span(AT - 60e6, AT + 60e6)).toBe("−1 min to +1 min");
    expect(wallClock(AT, "minute")).toBe("10:42");
    expect(dayAndClock(AT, AT)).toBe("21 Nov, 10:42");
  });
});

describe("durations", () => {
  it.each([
    [400, "400 µs"],
    [2_500, "2.5 ms"],
    [350_000, "350 ms"],
    [4_200_000, "4.2 s"],
    [30_000_000, "30 s"],
    [59_990_000, "1 min"],
    [150_000_000, "2 min 30 s"],
    [600_000_000, "10 min"],
    [4_980_000_000, "1 h 23 min"],
    [86_400_000_000, "1 day"],
    [187_200_000_000, "2 days 4 h"],
  ])("%d µs are %s", (us, text) => expect(duration(us)).toBe(text));
});

describe("spans", () => {
  it("are written to the second", () => {
    expect(span(AT - 187_000, AT - 187_000 + 600e6)).toBe("10:42:05 to 10:52:05");
  });
  it("of a few seconds are written to the millisecond", () => {
    expect(span(AT, AT + 1_500_000)).toBe("10:42:05.187 to 10:42:06.687");
  });
  it("across midnight name both days", () => {
    expect(span(AT, AT + 86_400e6)).toBe("21 Nov 10:42:05 to 22 Nov 10:42:05");
  });
});
