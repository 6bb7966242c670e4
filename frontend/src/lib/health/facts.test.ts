import { describe, expect, it } from "vitest";
import { ageOf, diskFacts, memoryFacts, parsingFacts, storeFacts } from "./facts";
import { health } from "./testkit";

const figureOf = (rows: { name: string; figure: string }[], name: string): string | undefined =>
  rows.find((row) => row.name === name)?.figure;

describe("sections", () => {
  it("say none for what was not measured", () => {
    const rows = storeFacts(health());
    expect(figureOf(rows, "Retention, the last pass")).toBe("none");
    expect(figureOf(rows, "Batch p50, p99")).toBe("12.0 ms, 40.0 ms");
    expect(figureOf(rows, "Checkpoint, the last one")).toBe("80.0 ms, 1 so far");
  });

  it("say that retention failed", () => {
    const failed = health();
    failed.store.retention_failed = true;
    expect(storeFacts(failed).find(({ name }) => name === "Retention")).toMatchObject({
      figure: "failed",
      tone: "err",
    });
  });

  it("split the memory so that the rooms make up the whole", () => {
    const rows = memoryFacts(health());
    expect(figureOf(rows, "Everything else")).toBe("120 MB");
    expect(
      rows.flatMap(({ part }) => (part === undefined ? [] : [part])).reduce((sum, part) => sum + part, 0),
    ).toBeCloseTo(1);
    expect(figureOf(rows, "Put on the disk for want of memory")).toBeUndefined();
  });

  it("warn before capture pauses, not after", () => {
    const free = (bytes: number): unknown =>
      diskFacts(health({ disk: { ...health().disk, free_bytes: bytes } })).find(({ name }) => name === "Free")?.tone;
    expect(free(63e9)).toBeUndefined();
    expect(free(3e9)).toBe("warn");
  });

  it("name the stages of reading", () => {
    const rows = parsingFacts(health({ parsing: [{ stage: "network", errors: 3 }] }));
    expect(rows.map(({ name, figure }) => [name, figure])).toEqual([
      ["All stages", "3"],
      ["IP headers", "3"],
    ]);
    expect(parsingFacts(health({ parsing: [{ stage: "dns", errors: 0 }] }))).toEqual([
      { name: "DNS", figure: "0", tone: "t3" },
    ]);
  });
});

describe("the age of figures", () => {
  it("is told where a past moment's are from before", () => {
    const past = health({ present: false, measured_us: 100e6 });
    expect(ageOf(past, 101e6)).toBeNull();
    expect(ageOf(past, 145e6)).toBe("Measured 45 s before: nothing was looked at in between.");
    expect(ageOf(health(), null)).toBeNull();
  });
});
