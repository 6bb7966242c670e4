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
