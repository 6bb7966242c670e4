import { describe, expect, test } from "vitest";
import type { CaptureStatus } from "../backend";
import { commandOf, startConfig } from "./capture.svelte";
import { about } from "./words";

const status: CaptureStatus = {
  state: "capturing",
  reason: null,
  interfaces: ["lo", "docker0"],
  since_us: 1,
  packets: 2100,
  bytes: 9,
  lost: 0,
  packets_per_s: 210,
  bytes_per_s: 1,
  cpu: 0,
  memory_bytes: 0,
};

describe("what live capture says", () => {
  test("it names the interfaces and how much comes, and never hides a loss", () => {
    expect(about(status)).toBe("lo, docker0, 210 packets/s");
    expect(about({ ...status, lost: 1200 })).toBe("lo, docker0, 210 packets/s, 1,200 lost");
    expect(about({ ...status, state: "stopped" })).toBe("");
  });

  test("of several whisperers it says how many capture", () => {
    const some = [{ state: "capturing" }, { state: "stopped" }, { state: "connecting" }] as const;
    expect(about(status, some)).toBe("1 of 3 whisperers");
    expect(about({ ...status, lost: 3 }, some)).toBe("1 of 3 whisperers, 3 lost");
    expect(about(status, some.slice(0, 1))).toBe("lo, docker0, 210 packets/s");
  });

  test("what was set for this machine stays when other interfaces are chosen", () => {
    const set = { filter: "tcp", interfaces: ["lo"] };
    expect(startConfig(set, ["eth0"])).toEqual({ filter: "tcp", interfaces: ["eth0"] });
    expect(startConfig(undefined, ["lo"])).toEqual({ interfaces: ["lo"] });
  });

  test("a command is told apart from the sentence around it", () => {
    const hindrance = "it may not capture here: sudo setcap cap_net_raw+ep /opt/wirereel-whisperer";
    expect(commandOf(hindrance)).toBe("sudo setcap cap_net_raw+ep /opt/wirereel-whisperer");
    expect(commandOf("no such device")).toBeNull();
  });
});
