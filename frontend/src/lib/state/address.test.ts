import { describe, expect, it } from "vitest";
import { NOTHING_COMPARED } from "./address_of_panes";
import { readAddress, readInstant, writeAddress, writeInstant, type Place } from "./address";

const nowhere: Place = {
  pane: "topology",
  range: null,
  atUs: null,
  filter: "",
  inspected: null,
  exchangeId: null,
  flowId: null,
  sourceId: null,
  compared: NOTHING_COMPARED,
  sequence: null,
  stage: null,
  whisperer: { id: null, tab: "status" },
  checks: { website: null, tab: "runs", failing: false },
  probes: { probe: null, list: "list", tab: "path", failing: false, runUs: null },
  alerts: { id: null, list: "alerts" },
  customers: { tab: "customers", by: "network", network: null },
};

describe("the address", () => {
  it("of an empty selection names only the pane", () => {
    expect(writeAddress(nowhere)).toBe("#/topology");
    expect(readAddress("#/topology")).toEqual(nowhere);
  });

  it("gives back every part of the selection", () => {
    const place: Place = {
      pane: "exchanges",
      range: { from_us: 1_795_257_360_000_000, to_us: 1_795_257_960_000_001 },
      atUs: 1_795_257_725_187_000,
      filter: 'path:"/a b&c=d#e+f" OR -status:>=500 host:bücher.example',
      inspected: { client: "order-service", server: "payment-service" },
      exchangeId: 4242,
      flowId: 3 * 2 ** 40 + 17,
      sourceId: 3,
      compared: {
        services: ["order-service", "payment", "203.0.113.24"],
        metric: "p95",
        before: { recording_id: null, range: { from_us: 1_795_256_760_000_000, to_us: 1_795_257_360_000_000 } },
        below: "incidents",
      },
      sequence: { by: "identity", identity: "alice:b~c" },
      stage: "transport",
      whisperer: { id: "w-1", tab: "capture" },
      checks: { website: "https://shop.test/a?b=c&d", tab: "heat", failing: true },
      probes: { probe: "catalog & co", list: "regions", tab: "runs", failing: true, runUs: 1_795_257_725_187_001 },
      alerts: { id: "01J9", list: "rules" },
      customers: { tab: "unresolved", by: "address", network: "2001:db8:4a::/48" },
    };
    expect(readAddress(writeAddress(place))).toEqual(place);
  });

  it("stays readable", () => {
    const place = { ...nowhere, filter: "status:500", range: { from_us: 0, to_us: 1_500_000 } };
    expect(writeAddress(place)).toBe(
      "#/topology?from=1970-01-01T00:00:00Z&to=1970-01-01T00:00:01.5Z&filter=status:500",
    );
  });

  it("tells a service from an edge", () => {
    expect(readAddress("#/topology?inspect=cart").inspected).toEqual({ client: null, server: "cart" });
    expect(readAddress("#/topology?inspect=order~payment").inspected).toEqual({ client: "order", server: "payment" });
  });

  it("does not take an id that no number can hold", () => {
    expect(readAddress("#/flows?flow=9007199254740993&source=-1&exchange=x")).toEqual({ ...nowhere, pane: "flows" });
  });

  it.each([
    "",
    "#",
    "#/",
    "#/nowhere",
    "#/topology?from=yesterday&to=now&at=1",
    "#/topology?from=2026-01-01T00:00:00Z",
  ])("takes %j as nothing selected", (hash) => {
    expect(readAddress(hash)).toEqual(nowhere);
  });

  it("does not take a reversed range", () => {
    expect(readAddress("#/sql?from=2026-01-01T00:00:02Z&to=2026-01-01T00:00:01Z")).toEqual({ ...nowhere, pane: "sql" });
  });
});

describe("instants", () => {
  it.each([0, 1, 999_999, 1_000_000, 1_795_257_725_187_001, -1])("%d survives", (us) => {
    expect(readInstant(writeInstant(us))).toBe(us);
  });
});
