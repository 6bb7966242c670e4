import { describe, expect, it } from "vitest";
import type { Whisperer } from "../backend";
import { WHISPERER } from "./testkit";
import { attemptOf, isWanted, lostShare, perSecond, placeOf, programOf, progressOf } from "./words";

const stage: Whisperer = {
  ...WHISPERER,
  id: "w-1",
  name: "stage-node-1",
  command: "/usr/bin/ssh -p 2222 capture@stage wirereel-whisperer",
  host: "stage-node-1",
  config: { capture: { interfaces: ["ens5"] }, parsing: {} },
};
const NOW = 1_795_257_360_000_000;

describe("where a whisperer captures", () => {
  it("is said with the way there", () => {
    expect(placeOf(stage)).toBe("remote, ssh, ens5 on stage-node-1");
    expect(placeOf({ ...stage, host: null })).toBe("remote, ssh, ens5");
    expect(placeOf(WHISPERER, ["lo"])).toBe("local, lo on this machine");
    expect(placeOf({ ...stage, kind: "file", path: "/var/tmp/a.pcap" })).toBe(
      "remote, ssh, /var/tmp/a.pcap on stage-node-1",
    );
    expect(placeOf({ ...WHISPERER, kind: "upload" })).toBe("drop target");
    expect(programOf("")).toBe("");
  });
});

describe("what a whisperer does", () => {
  it("is said with the number of the attempt and the time until the next one", () => {
    const connecting: Whisperer = { ...stage, state: "connecting", attempt: 3, next_attempt_us: NOW + 12_200_000 };
    expect(progressOf(connecting, NOW)).toBe("attempt 3, in 12 s");
    expect(attemptOf({ ...connecting, next_attempt_us: NOW - 1 }, NOW)).toBe("attempt 3");
    expect(attemptOf({ ...connecting, attempt: 0 }, NOW)).toBe("");
  });

  it("never hides a loss", () => {
    const figures = { ...stage.figures, packets_per_s: 14_820, lost_in_kernel: 2, lost_in_queue: 1 };
    expect(progressOf({ ...stage, state: "capturing", figures }, NOW)).toBe("14,820 packets/s, 3 lost");
  });

  it("says why it does not capture", () => {
    const reason = "no interface named enp9s0";
    expect(progressOf({ ...stage, state: "wrong_configuration", reason }, NOW)).toBe(reason);
    expect(progressOf({ ...stage, state: "not_visible", figures: { ...stage.figures, updated_us: NOW } }, NOW)).toBe(
      "last seen 10:36:00",
    );
    expect(progressOf({ ...stage, state: "not_visible" }, NOW)).toBe("");
    const waiting: Whisperer = { ...stage, state: "not_visible", reason: "refused", attempt: 4 };
    expect(progressOf({ ...waiting, next_attempt_us: NOW + 8e6 }, NOW)).toBe("attempt 4, in 8 s: refused");
    expect([isWanted(waiting), isWanted({ ...waiting, attempt: 0 })]).toEqual([true, false]);
  });
});

describe("figures", () => {
  it.each([
    [0, "0"],
    [0.01, "<0.1"],
    [0.25, "0.3"],
    [9.96, "10.0"],
    [14_820.4, "14,820"],
  ])("%d packets/s are %s", (rate, text) => expect(perSecond(rate)).toBe(text));

  it("a loss is never rounded to nothing", () => {
    expect(lostShare(79_540, 72_300_000)).toBe("0.11%");
    expect(lostShare(1, 1e9)).toBe("<0.01%");
    expect(lostShare(1, 1)).toBe("50.0%");
  });
});
