import { describe, expect, it } from "vitest";
import { offsetMark, Zone, zoneNamed, zoneNames, zonesCalled } from "./zone";

const H = 3600e6;
const berlin = new Zone("Europe/Berlin");
/** 25 October 2026, 01:00 UTC: clocks in Berlin go from 03:00 back to 02:00. */
const BACK = Date.UTC(2026, 9, 25, 1) * 1000;
/** 29 March 2026, 01:00 UTC: from 02:00 forward to 03:00. */
const FORWARD = Date.UTC(2026, 2, 29, 1) * 1000;

describe("the offset of a zone", () => {
  it("changes at the instant at which clocks are changed", () => {
    expect(berlin.offsetUs(BACK - 1)).toBe(2 * H);
    expect(berlin.offsetUs(BACK)).toBe(H);
    expect(berlin.offsetUs(FORWARD - 1)).toBe(H);
    expect(berlin.offsetUs(FORWARD)).toBe(2 * H);
  });
  it("can be half an hour or a quarter", () => {
    expect(new Zone("Asia/Kathmandu").offsetUs(BACK)).toBe(5.75 * H);
    expect(new Zone("America/St_Johns").offsetUs(Date.UTC(2026, 0, 1) * 1000)).toBe(-3.5 * H);
  });
  it("of UTC is none", () => {
    expect(new Zone("UTC").offsetUs(BACK)).toBe(0);
  });
});

describe("an hour that is passed twice", () => {
  it("is known in both of its passages and not around it", () => {
    expect([-H - 1, -H, -1, 0, H - 1, H].map((us) => berlin.repeats(BACK + us))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });
  it("is half an hour on Lord Howe Island", () => {
    const lordHowe = new Zone("Australia/Lord_Howe");
    const back = Date.UTC(2026, 3, 4, 15) * 1000;
    expect([-H / 2 - 1, -H / 2, H / 2 - 1, H / 2].map((us) => lordHowe.repeats(back + us))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  it("there is none where clocks go forward", () => {
    for (let us = -3 * H; us <= 3 * H; us += H / 4) expect(berlin.repeats(FORWARD + us)).toBe(false);
  });
});

describe("spans of one offset", () => {
  it("of a year are three, and leave no hole", () => {
    const [from, to] = [Date.UTC(2026, 0, 1) * 1000, Date.UTC(2027, 0, 1) * 1000];
    expect(berlin.spans(from, to)).toEqual([
      { from_us: from, to_us: FORWARD, offset_us: H },
      { from_us: FORWARD, to_us: BACK, offset_us: 2 * H },
      { from_us: BACK, to_us: to, offset_us: H },
    ]);
  });
  it("of a minute are one", () => {
    expect(berlin.spans(BACK, BACK + 60e6)).toEqual([{ from_us: BACK, to_us: BACK + 60e6, offset_us: H }]);
  });
});

describe("zones by name", () => {
  it("are many, and an unknown one is none", () => {
    expect(zoneNames()).toContain("UTC");
    expect(zoneNames().length).toBeGreaterThan(300);
    expect(zoneNamed("Europe/Berlin")?.name).toBe("Europe/Berlin");
    expect(zoneNamed("Mars/Olympus")).toBeNull();
  });
  it("are found by a part of their name, those that begin with it first, and by an alias", () => {
    const names = ["America/New_York", "Asia/Katmandu", "Europe/Berlin", "Europe/London", "America/East-London"];
    expect(zonesCalled("new y", names)).toEqual(["America/New_York"]);
    expect(zonesCalled("lond", names)).toEqual(["Europe/London", "America/East-London"]);
    expect(zonesCalled("kathmandu", names)).toEqual(["Asia/Kathmandu"]);
    expect(zonesCalled("atlantis", names)).toEqual([]);
    expect(zonesCalled(" ", names)).toEqual([]);
  });
  it.each([
    [0, "+0"],
    [2 * H, "+2"],
    [-3.5 * H, "−3:30"],
    [5.75 * H, "+5:45"],
  ])("an offset of %d µs is written %s", (us, text) => expect(offsetMark(us)).toBe(text));
});
