import { describe, expect, it } from "vitest";
import type { FoundTarget } from "../backend";
import { AT, figures, hopFigures, NO_TIMES, probe, probes, run } from "./testkit";
import {
  boxWords,
  everyWords,
  foundWords,
  healthOf,
  lengthWords,
  listWords,
  partWords,
  reportsWords,
  runFacts,
  runOutcome,
  sinceWords,
  spoken,
  successTone,
  wayWords,
} from "./words";

describe("a probe in words", () => {
  it.each([
    [{}, "white-box, 4 hops, 1 does not report"],
    [{ hops: 5, hops_told: 3 }, "white-box, 5 hops, 2 do not report"],
    [{ hops: 4, hops_told: 4 }, "white-box, 4 hops, all report"],
    [{ hops: 1, hops_told: 1 }, "white-box, 1 hop, reports"],
    [{ hops: 2, hops_told: 0 }, "white-box, 2 hops, none reports"],
    [{ hops: 0, hops_told: 0 }, "white-box, no hop known"],
    [{ white_box: false }, "black-box, every 10 s"],
  ])("says how far its path is known, %j", (changes, words) => expect(boxWords(probe(changes))).toBe(words));

  it("says its way, by the target where it names no service", () => {
    expect(wayWords(probe())).toBe("Region A sender to catalog");
    expect(wayWords(probe({ from_region: "", to_service: "", to_region: "" }))).toBe("Sender to 10.0.0.2:7400");
  });

  it("is spoken with its state, its figures and why it is down", () => {
    const down = probe({
      state: "down",
      since_us: null,
      figures: figures({ up: 1, down: 1, success: 0.5, total: { ...NO_TIMES, p50_us: 92_800 } }),
      last: run({ state: "down", reason: "No answer within 5 s" }),
    });
    expect(spoken(down, 600_000, AT)).toBe(
      "catalog from Region A, down; white-box, 4 hops, 1 does not report; past 10 min: 50.0% success, total p50 92.8 ms; No answer within 5 s",
    );
    expect(spoken(probe({ since_us: null }), 600_000, AT)).toContain("past 10 min: no probes");
    expect(sinceWords(probe({ state: "unknown" }), AT)).toBe("not probed yet");
  });
});

describe("a target that a source found", () => {
  const found: FoundTarget = {
    source: "production",
    service: "cart",
    node: "n1",
    tags: [],
    health: "unknown",
    stale: null,
  };

  it("is told with its source, its health and why it may be stale", () => {
    expect(foundWords(found)).toBe("cart on n1, found by production");
    expect(foundWords({ ...found, service: "", tags: ["grpc", "v2"] })).toBe("found by production, tagged grpc v2");
    expect(foundWords({ ...found, node: "", health: "critical", stale: "connection refused" })).toBe(
      "cart, found by production, critical; stale: connection refused",
    );
    expect(
      (["passing", "warning", "critical", "maintenance", "unknown"] as const).map(
        (health) => healthOf({ health })?.tone,
      ),
    ).toEqual(["t3", "warn", "err", "t3", undefined]);
  });

  it("is spoken with its probe", () => {
    expect(spoken(probe({ found: { ...found, health: "warning" } }), 600_000, AT)).toContain(
      "1 does not report; cart on n1, found by production, warning; past",
    );
  });
});

describe("a length of time", () => {
  it("is a word where it is a whole one", () => {
    expect([3600e6 + 1, 60e6, 600e6, 51.7e6].map(lengthWords)).toEqual(["hour", "minute", "10 min", "51.7 s"]);
    expect(everyWords({ interval_ms: 60_000 })).toBe("every minute");
  });
});

describe("all probes in words", () => {
  it("count what is not up", () => {
    expect(listWords(probes([probe()]))).toBe("1 probe, up");
    expect(listWords(probes([probe(), probe({ state: "down" }), probe({ state: "paused" })]))).toBe(
      "3 probes, 1 down, 1 paused",
    );
  });
});

describe("a hop in words", () => {
  it("says whether it reports, and what it does not tell", () => {
    expect((["reported", "observed", "opaque"] as const).map(reportsWords)).toEqual(["yes", "from packets", "no"]);
    expect(partWords(null, hopFigures({ reported: "opaque" }))).toBe("unknown");
    expect(partWords(null, hopFigures())).toBe("none");
    expect(partWords(-400, hopFigures())).toBe("−400 µs");
  });

  it("stands out where success is low", () => {
    expect([1, 0.98, 0.97, 0.8, null].map(successTone)).toEqual(["", "", "warn", "err", "t3"]);
  });
});

describe("what came of a probe", () => {
  it.each([
    [{}, "OK"],
    [{ grpc_status: null, http_status: 204 }, "204"],
    [{ state: "down", failure: "grpc_status", grpc_status: 14 }, "gRPC unavailable"],
    [{ state: "down", failure: "http_status", grpc_status: null, http_status: 503 }, "HTTP 503"],
    [{ state: "down", failure: "timeout", grpc_status: null }, "timeout"],
    [{ state: "overrun", grpc_status: null }, "no probe"],
    [{ state: "down", failure: "grpc_status", grpc_status: 99 }, "gRPC status 99"],
  ] as const)("is its status or why there was none, %j", (changes, word) =>
    expect(runOutcome(run(changes))).toBe(word),
  );

  it("tells what is known beside the path, and nothing that is not", () => {
    const names = (changes = {}): string[] => runFacts(run(changes)).map(({ name }) => name);
    expect(names()).toEqual(["Total", "gRPC", "From", "To", "Kind"]);
    expect(names({ total_us: null, grpc_status: null, local: null, remote: null, at_us: AT + 60_000 })).toEqual([
      "Late by",
      "Kind",
    ]);
    expect(runFacts(run({ ignored_records: 2 })).at(-1)).toMatchObject({ text: "2 records", tone: "warn" });
  });
});
