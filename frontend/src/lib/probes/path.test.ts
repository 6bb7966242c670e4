import { describe, expect, it } from "vitest";
import { hopMarks, markWords, pathRemarks, pathSummary, segmentNotes, segmentsOf, wholeUs } from "./path";
import { hop, HOPS, run } from "./testkit";

const brief = (of = run()): [string, string, number][] => segmentsOf(of).map(({ kind, name, us }) => [kind, name, us]);

describe("the parts of a path", () => {
  it("stand in the order of the path and sum up to the total", () => {
    expect(brief()).toEqual([
      ["wire", "wire", 11_800],
      ["hop", "Mediary A", 1_900],
      ["not_split", "wire, Mediary B, wire", 46_200],
      ["hop", "Gateway B", 3_600],
      ["wire", "wire", 7_900],
      ["service", "catalog answers", 21_400],
    ]);
    const segments = segmentsOf(run());
    expect(segments.reduce((sum, { us }) => sum + us, 0)).toBe(92_800);
    expect(segments.at(-1)?.toUs).toBe(92_800);
    expect(segments.map(({ fromUs }) => fromUs)).toEqual([0, 11_800, 13_700, 59_900, 63_500, 71_400]);
  });

  it("keep a hop that is observed from packets as its own part, and say so", () => {
    const hops = HOPS.map((one) =>
      one.hop === "Mediary B" ? { ...one, reported: "observed" as const, link_us: 20_000, own_us: 6_200 } : one,
    ).map((one) => (one.hop === "Gateway B" ? { ...one, link_us: 20_000 } : one));
    const segments = segmentsOf(run({ hops }));
    expect(segments.map(({ name }) => name)).toEqual([
      "wire",
      "Mediary A",
      "wire",
      "Mediary B",
      "wire",
      "Gateway B",
      "wire",
      "catalog answers",
    ]);
    const observed = segments.find(({ name }) => name === "Mediary B");
    expect(observed === undefined ? [] : segmentNotes(observed)).toEqual(["observed from packets"]);
    expect(hopMarks(segments, "sender").map(markWords)).toContain("Mediary B, observed from packets");
  });

  it("are one sum behind the last hop that reports, when the service does not", () => {
    const hops = [
      hop("Mediary A", { link_us: 1_000, own_us: 500 }),
      hop("nginx", { reported: "opaque", role: "" }),
      hop("catalog", { reported: "opaque", role: "", link_us: 8_500 }),
    ];
    expect(brief(run({ total_us: 10_000, hops }))).toEqual([
      ["wire", "wire", 1_000],
      ["hop", "Mediary A", 500],
      ["not_split", "wire, nginx, wire, catalog", 8_500],
    ]);
  });

  it("give a negative wire no room, flag it, and never cut it to zero", () => {
    const hops = [hop("A", { link_us: 12_000, own_us: 500 }), hop("B", { link_us: -2_500, own_us: 0 })];
    const segments = segmentsOf(run({ total_us: 10_000, hops, inconsistent: true }));
    expect(segments.map(({ us }) => us)).toEqual([12_000, 500, -2_500, 0]);
    expect(segments[2]).toMatchObject({ fromUs: 12_500, toUs: 12_500 });
    expect(wholeUs(run({ total_us: 10_000 }), segments)).toBe(12_500);
    expect(pathRemarks(run({ hops }), segments)).toEqual([
      {
        tone: "warn",
        text: "The wire before B comes out at −2.5 ms: the hops' records do not fit each other. It is shown as it is and takes no room on the bar.",
      },
    ]);
    expect(pathSummary(run({ total_us: 10_000, hops }), segments)).toContain("wire −2.5 ms");
  });

  it("are unattributed as a whole where metadata was stripped", () => {
    const stripped = run({ hops: [], unattributed_us: 92_800 });
    expect(brief(stripped)).toEqual([["unattributed", "unattributed", 92_800]]);
    expect(pathRemarks(stripped, segmentsOf(stripped))[0]?.text).toContain("metadata was stripped on the way");
  });

  it("of a black box are one, and of a probe without a total none", () => {
    expect(brief(run({ white_box: false, hops: [] }))).toEqual([["not_split", "the whole call", 92_800]]);
    expect(brief(run({ total_us: null }))).toEqual([]);
  });

  it("of hops that were expected and never heard of are not split", () => {
    const hops = [hop("A", { reported: "opaque" }), hop("B", { reported: "opaque" })];
    const [only] = segmentsOf(run({ hops, total_us: 5_000 }));
    expect(only).toMatchObject({ kind: "not_split", us: 5_000, silent: ["A", "B"] });
  });
});

describe("the hops above a path", () => {
  it("stand in the middle of their time, a service at its begin, others spread over what is not split", () => {
    const marks = hopMarks(segmentsOf(run()), "Region A sender");
    expect(marks).toEqual([
      { name: "Region A sender", known: "start", atUs: 0, through: true },
      { name: "Mediary A", known: "reported", atUs: 12_750, through: false },
      { name: "Mediary B", known: "opaque", atUs: 36_800, through: false },
      { name: "Gateway B", known: "reported", atUs: 61_700, through: false },
      { name: "catalog", known: "reported", atUs: 71_400, through: true },
    ]);
    expect(marks.map(markWords)[2]).toBe("Mediary B, does not report");
  });
});

describe("what is told of a part", () => {
  it("names waiting and the service's work inside a hop's own time", () => {
    const notes = segmentsOf(run()).map(segmentNotes);
    expect(notes[1]).toEqual(["of it waiting for a connection 200 µs"]);
    expect(notes[2]).toEqual(["known only as a sum: Mediary B did not report"]);
    expect(notes[5]).toEqual(["of it the service's work 20.0 ms"]);
  });

  it("tells of ignored records", () => {
    const one = run({ ignored_records: 1 });
    expect(pathRemarks(one, segmentsOf(one)).map(({ text }) => text)).toContain(
      "1 record was ignored: not signed, or signed by somebody else.",
    );
  });
});
