import { afterEach, describe, expect, it } from "vitest";
import { pane, selection } from "../state";
import { customerColumns, startsDescending, UNRESOLVED_COLUMNS } from "./columns";
import { narrowed, showExchanges, showFlows } from "./opening";
import { customers, row, unresolved } from "./testkit";
import {
  addressOf,
  arriveWords,
  GROUPINGS,
  headWords,
  identityKind,
  inViewWords,
  listWords,
  namesWords,
  newShare,
  peersWords,
} from "./words";

describe("what the pane says", () => {
  it("names how many there are, and of what", () => {
    expect(headWords(customers([]), null)).toBe("1,204 addresses of 83 networks, in the recording");
    expect(headWords(customers([], { addresses: 1, networks: 1 }), 600e6)).toBe(
      "1 address of 1 network, in the selected 10 min",
    );
    expect(headWords(customers([], { addresses: 0 }), 600e6)).toBe("nobody in the selected 10 min");
  });

  it("gives no share of nobody", () => {
    expect(newShare(customers([]))).toBe("67.4%");
    expect(newShare(customers([], { addresses: 0, new_addresses: 0 }))).toBe("");
  });

  it("names the rows in view only where some are not", () => {
    expect(inViewWords(83, GROUPINGS.network.words, false, { first: 0, end: 83 })).toBe("83 networks");
    expect(inViewWords(1_204, GROUPINGS.address.words, false, { first: 10, end: 31 })).toBe(
      "1,204 addresses, rows 11 to 31 in view",
    );
    expect(inViewWords(1, GROUPINGS.identity.words, true, { first: 0, end: 1 })).toBe("1 match");
    expect(inViewWords(null, GROUPINGS.identity.words, true, { first: 0, end: 0 })).toBe("");
  });

  it("writes an address with the port that it serves", () => {
    expect(addressOf({ ip: "10.0.0.5", port: 5432 })).toBe("10.0.0.5:5432");
    expect(addressOf({ ip: "2001:db8::1", port: 443 })).toBe("[2001:db8::1]:443");
    expect(addressOf({ ip: "2001:db8::1", port: null })).toBe("2001:db8::1");
  });

  it("says how many more it talks with", () => {
    expect(peersWords(unresolved())).toBe("order, user");
    expect(peersWords(unresolved({ talks_to: ["customers", "cart"], talks_to_total: 1_302 }))).toBe(
      "Customers, cart and 1,300 more",
    );
  });

  it("says what a name would do, also when that is nothing", () => {
    expect(namesWords(1)).toBe("Names 1 address of this recording.");
    expect(namesWords(256)).toBe("Names 256 addresses of this recording.");
    expect(namesWords(0)).toContain("no address");
  });

  it("says where customers would arrive", () => {
    expect(arriveWords(["api-gateway", "web"])).toBe("Customers would arrive at api-gateway and web.");
    expect(arriveWords([])).toContain("nowhere");
    expect(listWords(["a", "b", "c"])).toBe("a, b and c");
    expect(listWords([])).toBe("");
  });

  it("names the kinds of identity, also one that it does not know", () => {
    expect([identityKind("jwt"), identityKind("basic"), identityKind("mtls"), identityKind(null)]).toEqual([
      "JWT",
      "Basic",
      "mtls",
      "",
    ]);
  });
});

describe("columns", () => {
  it("count addresses where a row is more than one", () => {
    const ids = (by: "network" | "address" | "identity") => customerColumns(by).map(({ id }) => id);
    expect(ids("network")).toContain("addresses");
    expect(ids("identity")).toContain("addresses");
    expect(ids("address")).not.toContain("addresses");
  });

  it("name who said nothing", () => {
    const name = customerColumns("identity")[0];
    expect(name?.text(row({ name: "" }))).toBe("no identity");
    expect(name?.text(row({ name: "anna" }))).toBe("anna");
  });

  it("begin with the largest figures, and with the first names and times", () => {
    expect(startsDescending("requests")).toBe(true);
    expect(startsDescending("last_seen")).toBe(true);
    expect(startsDescending("name")).toBe(false);
    expect(startsDescending("first_seen")).toBe(false);
  });

  it("sort unresolved addresses by everything but words that are made here", () => {
    expect(UNRESOLVED_COLUMNS.filter(({ sort }) => sort === undefined).map(({ id }) => id)).toEqual([
      "peers",
      "dns",
      "name",
    ]);
  });
});

describe("opening", () => {
  afterEach(() => {
    selection.clear();
    pane.show("topology");
  });

  it("keeps what is filtered, and reads OR as one", () => {
    expect(narrowed("", "client:a")).toBe("client:a");
    expect(narrowed("client:a", "client:a")).toBe("client:a");
    expect(narrowed("status:500", "client:a")).toBe("status:500 client:a");
    expect(narrowed("status:500 client:a", "client:a")).toBe("status:500 client:a");
    expect(narrowed("status:500 OR status:none", "client:a")).toBe("(status:500 OR status:none) client:a");
  });

  it("leads from a customer to its exchanges", () => {
    selection.filter = "method:GET";
    showExchanges(row({ filter: "(method:GET) client:customers client_ip:192.0.2.0/24" }));
    expect([pane.current, selection.filter]).toEqual([
      "exchanges",
      "(method:GET) client:customers client_ip:192.0.2.0/24",
    ]);
  });

  it("leads from an address that nobody could name to its flows", () => {
    showFlows(unresolved({ ip: "2001:db8::1" }));
    expect([pane.current, selection.filter]).toEqual(["flows", 'ip:"2001:db8::1" port:5432']);
  });
});
