import { describe, expect, it } from "vitest";
import type { ServiceName } from "../backend";
import {
  completions,
  draftFor,
  draftOf,
  entryDraftOf,
  entryOf,
  entryWords,
  fieldsOf,
  keyOf,
  matchWords,
  nameOf,
  networkOf,
  portTrouble,
  sameName,
  sameRules,
} from "./rules";
import { NO_RULES, unresolved } from "./testkit";

describe("the network of an address", () => {
  it.each([
    ["192.0.2.77", "192.0.2.0/24"],
    ["10.0.0.0", "10.0.0.0/24"],
    ["2001:db8:4a:1:2:3:4:5", "2001:db8:4a::/48"],
    ["2001:0DB8:004a::1c7", "2001:db8:4a::/48"],
    ["2001:db8::1", "2001:db8::/48"],
    ["2001::1", "2001::/48"],
    ["::1", "::/48"],
    ["fe80::1:2:3:4", "fe80::/48"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3::/48"],
    ["64:ff9b::192.0.2.33", "64:ff9b::/48"],
  ])("of %s is %s", (ip, network) => expect(networkOf(ip)).toBe(network));
});

describe("the form of a name", () => {
  const db: ServiceName = { name: "orders-db", address: "10.20.9.12", port: 5432 };

  it("gives back the name that it was filled with", () => {
    const whole: ServiceName = {
      name: "x",
      address: "10.0.0.0/8",
      port: 1,
      hostname: "*.internal",
      process: "cart.py",
    };
    for (const name of [db, whole]) expect(nameOf(draftOf(name))).toEqual(name);
  });

  it("begins with the address and the port that it serves", () => {
    expect(nameOf(draftFor(unresolved(), "address", "orders-db"))).toEqual(db);
    expect(nameOf(draftFor(unresolved({ port: null }), "address", "a"))).toEqual({ name: "a", address: "10.20.9.12" });
  });

  it("names a network without a port, and a hostname by what reverse DNS says", () => {
    expect(nameOf(draftFor(unresolved(), "network", "dbs"))).toEqual({ name: "dbs", address: "10.20.9.0/24" });
    const known = unresolved({ reverse_dns: "db-1.internal" });
    expect(nameOf(draftFor(known, "hostname", "db"))).toEqual({ name: "db", hostname: "db-1.internal" });
  });

  it("is not a name while nothing says what is called so, or the port cannot be one", () => {
    expect(nameOf(draftFor(unresolved(), "process", "cart"))).toBeNull();
    expect(nameOf({ ...draftOf(db), name: "  " })).toBeNull();
    expect(nameOf({ ...draftOf(db), port: "70000" })).toBeNull();
  });

  it("takes no blanks along", () => {
    expect(nameOf({ name: " db ", address: " 10.0.0.5 ", port: " 80 ", hostname: " ", process: "" })).toEqual({
      name: "db",
      address: "10.0.0.5",
      port: 80,
    });
  });

  it("shows the fields of its kind, and what else is filled in", () => {
    expect(fieldsOf("address", draftOf(db))).toEqual(["address", "port"]);
    expect(fieldsOf("process", draftOf(db))).toEqual(["address", "process", "port"]);
    expect(fieldsOf("hostname", draftFor(unresolved(), "hostname"))).toEqual(["hostname", "port"]);
  });

  it("knows by what a name is given", () => {
    expect(keyOf(db)).toBe("address");
    expect(keyOf({ address: "10.0.0.0/8" })).toBe("network");
    expect(keyOf({ hostname: "a" })).toBe("hostname");
    expect(keyOf({ process: "a" })).toBe("process");
    expect(keyOf({ port: 80 })).toBe("address");
  });

  it.each(["0", "65536", "-1", "80a", "1e3"])("takes %s for no port", (text) =>
    expect(portTrouble(text)).toBe(`${text} is no port from 1 to 65535.`),
  );
  it.each(["", " ", "1", "65535", " 443 "])("takes %j for a port or none", (text) =>
    expect(portTrouble(text)).toBeNull(),
  );
});

describe("an entry point", () => {
  it("is what its row says", () => {
    const entry = { service: "api-gateway", port: 8080 };
    expect(entryOf(entryDraftOf(entry))).toEqual(entry);
    expect(entryWords(entry)).toBe("api-gateway, port 8080");
    expect(entryWords({ hostname: "shop.example" })).toBe("hostname shop.example");
  });

  it("is none while its row is empty or its port cannot be one", () => {
    expect(entryOf(entryDraftOf({}))).toBeNull();
    expect(entryOf({ ...entryDraftOf({ service: "a" }), port: "x" })).toBeNull();
  });
});

describe("rules", () => {
  it("are the same in whatever order their keys were written", () => {
    const a = { ...NO_RULES, names: [{ name: "db", address: "10.0.0.5", port: 5432 }] };
    const b = { ...NO_RULES, names: [{ port: 5432, address: "10.0.0.5", name: "db", hostname: undefined }] };
    expect(sameRules(a, b as unknown as typeof a)).toBe(true);
    expect(sameName({ name: "db" }, { name: "db", port: 1 })).toBe(false);
  });

  it("are others in another order, with other entry points, or with reverse DNS", () => {
    const [a, b] = [
      { name: "a", port: 1 },
      { name: "b", port: 2 },
    ];
    expect(sameRules({ ...NO_RULES, names: [a, b] }, { ...NO_RULES, names: [b, a] })).toBe(false);
    expect(sameRules(NO_RULES, { ...NO_RULES, entry_points: [{ service: "a" }] })).toBe(false);
    expect(sameRules(NO_RULES, { ...NO_RULES, reverse_dns: true })).toBe(false);
  });

  it("say what they match", () => {
    expect(matchWords({ address: "10.0.0.0/8", port: 80, hostname: "*.a", process: "nginx" })).toBe(
      "10.0.0.0/8, port 80, hostname *.a, process nginx",
    );
  });
});

describe("completion", () => {
  const names = ["order", "reorder", "payment", "Order-db"];
  it("offers what begins so first, and not what is typed already", () => {
    expect(completions(names, "ord")).toEqual(["order", "Order-db", "reorder"]);
    expect(completions(names, "order")).toEqual(["Order-db", "reorder"]);
    expect(completions(names, "", 2)).toHaveLength(2);
  });
});
