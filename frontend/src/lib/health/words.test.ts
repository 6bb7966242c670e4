import { describe, expect, it } from "vitest";
import { finding, health, queue } from "./testkit";
import { coreShare, fillOf, lasted, micros, queueAmount, verdictOf } from "./words";

describe("the line on top", () => {
  it("says that all is well, and by what", () => {
    expect(verdictOf(health())).toEqual({
      tone: "ok",
      title: "All is well",
      facts: [
        "1 whisperer capturing",
        "212.0 packets/s",
        "shown within 840 ms",
        "nothing lost",
        "63.0 GB free on the disk",
      ],
    });
  });

  it("counts what is wrong and is as grave as the worst of it", () => {
    expect(verdictOf(health({ findings: [finding()] }))).toMatchObject({ tone: "warn", title: "One thing is wrong" });
    const both = health({ findings: [finding({ grade: "error" }), finding()], queues: [queue({ drops: 1200 })] });
    expect(verdictOf(both)).toMatchObject({ tone: "err", title: "2 things are wrong" });
    expect(verdictOf(both).facts).toContain("1,200 lost since Wirereel started");
  });

  it("speaks of a past moment as past", () => {
    expect(verdictOf(health({ present: false })).title).toBe("All was well");
    expect(verdictOf(health({ present: false, findings: [finding()] })).title).toBe("One thing was wrong");
  });

  it("does not call well what was not measured", () => {
    expect(verdictOf(health({ measured_us: null })).tone).toBeNull();
  });
});

describe("figures", () => {
  it("of a queue that nobody can look into are unknown, not zero", () => {
    const kernel = queue({ depth: null, capacity: null, unit: "bytes" });
    expect(fillOf(kernel)).toBeNull();
    expect(queueAmount(kernel.depth, kernel)).toBe("unknown");
    expect(fillOf(queue({ depth: 16 }))).toBe(0.5);
    expect(queueAmount(8e6, queue({ unit: "bytes" }))).toBe("8.0 MB");
  });

  it("are written with their units", () => {
    expect(coreShare(0.118)).toEqual({ figure: "11.8", unit: "% of a core" });
    expect(micros(null)).toBe("none");
    expect(micros(8100)).toBe("8.1 ms");
  });

  it("tell how long something lasted, up to now where it still does", () => {
    expect(lasted(finding({ since_us: 0 }), 90e6)).toBe("1 min 30 s");
    expect(lasted(finding({ since_us: 0, until_us: 5e6 }), 90e6)).toBe("5 s");
  });
});
