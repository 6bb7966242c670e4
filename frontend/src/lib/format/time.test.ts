import { describe, expect, it } from "vitest";
import { clock, day, dayAndClock, duration, span } from "./index";

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

describe("durations", () => {
  it.each([
    [400, "400 µs"],
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
