import { describe, expect, it } from "vitest";
import type { FlowDetail, FlowRow } from "../backend";
import { flowFacts } from "./facts";
import { flow } from "./testkit";

const factsOf = (changes: Partial<FlowRow> = {}): Map<string, { text: string; tone?: string | undefined }> => {
  const detail = { row: flow(changes), source_name: "a.pcap" } as FlowDetail;
  return new Map(flowFacts(detail).map(({ name, text, tone }) => [name, { text, tone }]));
};

describe("the facts of a flow", () => {
  it("say in one line that nothing was lost", () => {
    expect(factsOf().get("Losses")).toEqual({ text: "none seen", tone: "ok" });
    expect(factsOf({ client_keep_alives: 3 }).get("Losses")?.text).toBe("none seen");
  });

  it("name what was lost, and only that", () => {
    const facts = factsOf({ client_retransmits: 2, server_missed_bytes: 1460 });
    expect(facts.get("Retransmits")).toEqual({ text: "2 client, 0 server", tone: "warn" });
    expect(facts.get("Missing")).toEqual({ text: "0 B client, 1.5 kB server", tone: "err" });
    expect([facts.has("Losses"), facts.has("Zero window")]).toEqual([false, false]);
  });

  it("tell the round trip of the handshake from those during life", () => {
    expect(factsOf().get("RTT")?.text).toBe("unknown");
    expect(factsOf({ rtt_us: 300 }).get("RTT")?.text).toBe("300 µs");
    const facts = factsOf({ rtt_us: 300, rtt_min_us: 200, rtt_mean_us: 400, rtt_max_us: 900 });
    expect(facts.get("RTT in life")?.text).toBe("200 µs to 900 µs, mean 400 µs");
  });

  it("of a datagram have no handshake", () => {
    const facts = factsOf({ transport: "udp", app_protocol: "dns" });
    expect(facts.get("Carries")?.text).toBe("dns over udp");
    expect([facts.has("Handshake"), facts.has("RTT"), facts.has("Losses")]).toEqual([false, false, false]);
  });
});
