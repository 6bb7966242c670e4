import { describe, expect, it } from "vitest";
import type { SequenceOf, TimeWindow } from "../backend";
import { readAddress, writeAddress, type Place } from "./address";
import { NOTHING_COMPARED, readSequence, writeSequence } from "./address_of_panes";

const compare: Place = { ...readAddress("#/compare"), pane: "compare" };

describe("the address of a comparison", () => {
  it("names nothing while the pane chooses by itself", () => {
    expect(writeAddress(compare)).toBe("#/compare");
    expect(readAddress("#/compare").compared).toEqual(NOTHING_COMPARED);
  });

  it("stays readable", () => {
    const place = {
      ...compare,
      compared: { ...NOTHING_COMPARED, services: ["order", "payment"], metric: "p99" as const },
    };
    expect(writeAddress(place)).toBe("#/compare?services=order~payment&metric=p99");
  });

  const range = { from_us: 0, to_us: 1_500_000 };
  it.each<TimeWindow>([
    { recording_id: null, range },
    { recording_id: "r-17", range: null },
    { recording_id: "r-17", range },
  ])("gives back the window before, %j", (before) => {
    const place = { ...compare, compared: { ...NOTHING_COMPARED, before } };
    expect(readAddress(writeAddress(place))).toEqual(place);
  });

  it("takes no more than eight services, each once", () => {
    const { services } = readAddress("#/compare?services=a~b~a~c~d~e~f~g~h~i").compared;
    expect(services).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"]);
  });

  it.each(["metric=speed", "before=yesterday", "before=", "below=nothing"])("leaves out %s", (query) => {
    expect(readAddress(`#/compare?${query}`).compared).toEqual(NOTHING_COMPARED);
  });
});

describe("the address of a sequence", () => {
  it.each<SequenceOf>([
    { by: "exchange", exchange_id: 42 },
    { by: "flow", flow_id: 3 * 2 ** 40 + 17 },
    { by: "trace", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" },
    { by: "identity", identity: "anna: of ~ \n the shop" },
  ])("gives back %j", (of) => {
    expect(readSequence(writeSequence(of))).toEqual(of);
    const place: Place = { ...compare, pane: "sequence", sequence: of };
    expect(readAddress(writeAddress(place))).toEqual(place);
  });

  it.each([null, "", "exchange:", "exchange:x", "trace:4bf9", "trace:00-x", "peer:a", "flow:9007199254740993"])(
    "takes %j as none",
    (text) => expect(readSequence(text)).toBeNull(),
  );
});

describe("the address of a probe", () => {
  const place: Place = {
    ...compare,
    pane: "probes",
    probes: { probe: "catalog from A", list: "regions", tab: "runs", failing: true, runUs: 1_500_000 },
  };

  it("names probe, view and single probe, and gives them back", () => {
    expect(writeAddress(place)).toBe(
      "#/probes?probe=catalog%20from%20A&by=regions&of_probe=runs&failing_probes=1&run=1970-01-01T00:00:01.5Z",
    );
    expect(readAddress(writeAddress(place))).toEqual(place);
  });

  it("names nothing while the first probe's path is shown", () => {
    const probes = { probe: null, list: "list", tab: "path", failing: false, runUs: null } as const;
    expect(writeAddress({ ...place, probes })).toBe("#/probes");
    expect(readAddress("#/probes?by=x&of_probe=y&run=z").probes).toEqual(probes);
  });

  it("does not mix with what is shown of websites", () => {
    expect(readAddress("#/probes?failing=1&show=heat").probes.failing).toBe(false);
    expect(readAddress("#/checks?failing_probes=1").checks.failing).toBe(false);
  });
});

describe("the address of customers", () => {
  it("names tab, grouping and network, and nothing while all networks are listed", () => {
    const place: Place = {
      ...compare,
      pane: "customers",
      customers: { tab: "unresolved", by: "address", network: "192.0.2.0/24" },
    };
    expect(writeAddress(place)).toBe("#/customers?customers=unresolved&customers_by=address&network=192.0.2.0/24");
    expect(readAddress(writeAddress(place))).toEqual(place);
    const all = { tab: "customers", by: "network", network: null } as const;
    expect(writeAddress({ ...place, customers: all })).toBe("#/customers");
    expect(readAddress("#/customers?customers=x&customers_by=y&network=").customers).toEqual(all);
  });
});

describe("the address of a whisperer", () => {
  it("names whisperer and tab, and nothing while the first one's status is shown", () => {
    const place: Place = { ...compare, pane: "whisperers", whisperer: { id: "w-2", tab: "parsing" } };
    expect(writeAddress(place)).toBe("#/whisperers?whisperer=w-2&tab=parsing");
    expect(readAddress(writeAddress(place))).toEqual(place);
    expect(writeAddress({ ...place, whisperer: { id: null, tab: "status" } })).toBe("#/whisperers");
  });

  it("takes a tab that does not exist as the first", () => {
    expect(readAddress("#/whisperers?tab=secrets").whisperer).toEqual({ id: null, tab: "status" });
  });
});
