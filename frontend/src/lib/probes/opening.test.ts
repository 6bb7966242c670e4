import { beforeEach, describe, expect, it } from "vitest";
import type { AlertRow, AppState } from "../backend";
import { open } from "../alerts/opening";
import { pane, playhead, probesView, recording, selection } from "../state";
import { showExchanges } from "./opening";
import { AT, run } from "./testkit";

const DAY = { from_us: AT - 86_400e6, to_us: AT };

beforeEach(() => {
  const live = { recording_id: "live", name: "live", range: DAY, sources: [] };
  recording.app = { recording: live, recents: [], samples: [] } as unknown as AppState;
  pane.show("alerts");
  selection.clear();
  playhead.moveTo(null);
  playhead.settle();
  probesView.place = { probe: "another", list: "regions", tab: "path", failing: false, runUs: 5 };
});

describe("an alert about a probe", () => {
  it("leads to the failing runs of that probe, at its time", async () => {
    const evidence = { from_us: AT - 600e6, to_us: AT - 60e6 };
    const alert = { subject: { kind: "probe", name: "catalog" }, opened_us: AT - 300e6, evidence };
    await open(alert as AlertRow);
    expect(pane.current).toBe("probes");
    expect(probesView.place).toEqual({ probe: "catalog", list: "list", tab: "runs", failing: true, runUs: null });
    expect(selection.range).toEqual(evidence);
    expect(playhead.at).toBe(AT - 300e6);
  });
});

describe("a single probe", () => {
  it("leads to the exchanges of its trace", async () => {
    await showExchanges(run({ at_us: AT - 5e6, exchange_ids: [11, 12] }));
    expect(pane.current).toBe("exchanges");
    expect(selection.filter).toBe("trace_id:4bf92f3577b34da6a3ce929d0e0e4736");
    expect(selection.exchangeId).toBe(11);
    expect(playhead.at).toBe(AT - 5e6);
  });

  it("leads nowhere when nothing of it was captured", async () => {
    await showExchanges(run());
    expect([pane.current, selection.filter]).toEqual(["alerts", ""]);
  });
});
