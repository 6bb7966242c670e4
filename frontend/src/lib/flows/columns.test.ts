import { describe, expect, it } from "vitest";
import { COLUMNS, endTone, figureTone, openAt, SHOWN_AT_FIRST } from "./columns";
import { flow } from "./testkit";

/** A column of the view `flows`, as `FlowRow` names it, and what sorts by it. */
const asColumn = (field: string): string => field.replace(/^(opened|closed)_us$/, "$1_at");

describe("the columns", () => {
  it("have unique ids and a known first choice", () => {
    const ids = COLUMNS.map((column) => column.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SHOWN_AT_FIRST.every((id) => ids.includes(id))).toBe(true);
  });

  it("are all that a flow has, each of them sortable", () => {
    const sorts = COLUMNS.flatMap((column) => column.sort ?? []);
    // Figures that the host adds up over both ends.
    const sums = "bytes duration_us missed_bytes out_of_order packets retransmits zero_windows".split(" ");
    expect([...sorts].sort()).toEqual([...Object.keys(flow()).map(asColumn), ...sums].sort());
  });

  it("say what was not measured without a zero", () => {
    const text = (id: string) => COLUMNS.find((column) => column.id === id)?.text(flow());
    expect([text("rtt"), text("protocol"), text("vlan"), text("upgraded_client")]).toEqual(["none", "unknown", "", ""]);
    expect(text("serverAddress")).toBe("10.20.4.7:8080");
  });
});

describe("a flow", () => {
  it("is open from its first packet to its last", () => {
    const row = flow({ opened_us: 100, closed_us: 200, close_reason: "fin" });
    expect([99, 100, 200, 201].map((at) => openAt(row, at))).toEqual([false, true, true, false]);
  });

  it("that nothing closed stays open", () => {
    expect(openAt(flow({ opened_us: 100, closed_us: 200, close_reason: "open" }), 5000)).toBe(true);
  });

  it("that broke is drawn as an error", () => {
    expect(["rst", "refused", "unanswered", "fin", "idle", "open"].map(endTone)).toEqual([
      "err",
      "err",
      "warn",
      "t2",
      "t2",
      "t2",
    ]);
  });

  it("shows what should be zero and is not", () => {
    const row = flow({ client_retransmits: 2, server_retransmits: 1, server_missed_bytes: 1460, client_bytes: 10 });
    const drawn = (id: string): [string | undefined, string] => {
      const text = COLUMNS.find((column) => column.id === id)?.text(row);
      return [text, figureTone(id, text ?? "")];
    };
    expect(drawn("client_retransmits")).toEqual(["2", "warn"]);
    expect(drawn("retransmits")).toEqual(["3", "warn"]);
    expect(drawn("client_missed_bytes")).toEqual(["0", "t3"]);
    expect(drawn("missed_bytes")).toEqual(["1,460", "err"]);
    expect(drawn("client_bytes")).toEqual(["10", ""]);
  });
});
