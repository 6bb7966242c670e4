import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend, type ProbeDraft } from "../backend";
import { EntryForm } from "../form/entry_form.svelte";
import { mounted } from "../form/mounted.svelte";
import { PROBE } from "./probe_form";
import { run } from "./testkit";

/** As the host's, in short. */
const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", default: "" },
    target: { type: "string", default: "" },
    to: { type: "object", properties: { region: { type: "string", default: "" } } },
    path: { type: "array", items: { $ref: "#/$defs/HopConfig" }, default: [] },
  },
  $defs: {
    HopConfig: { type: "object", properties: { hop: { type: "string" }, address: { type: ["string", "null"] } } },
  },
};

async function form(original?: string, saved: Record<string, unknown> = {}) {
  const savedDrafts: ProbeDraft[] = [];
  const made: Partial<Backend> = {
    probeSchema: () => Promise.resolve(SCHEMA),
    probeCheck: ({ probe }) => {
      const hops = (probe["path"] ?? []) as { hop: string }[];
      const at = hops.findIndex(({ hop }) => hop === "");
      return Promise.resolve(at < 0 ? [] : [{ path: `path[${at}].hop`, found: "nothing", allowed: "a name" }]);
    },
    probeSave: (draft) => {
      savedDrafts.push(draft);
      return Promise.resolve([]);
    },
    probeTest: () => Promise.resolve({ problems: [], run: run() }),
  };
  useBackend(made as Backend);
  const shown = await mounted("probe", () => new EntryForm(PROBE, original, saved));
  return { ...shown, savedDrafts };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the form of a probe", () => {
  it("saves its hops in their order, with what was typed elsewhere", async () => {
    const { one, field, savedDrafts, rest, end } = await form();
    one.type(field("name"), "catalog");
    one.type(field("target"), "grpc://127.0.0.1:7400");
    one.type(field("to.region"), "B");
    one.choose(field("path"), [{ hop: "Mediary A", address: "10.0.0.1" }, { hop: "catalog" }]);
    one.left(field("to.region"));
    await rest();
    expect(one.ready).toBe(true);
    expect(await one.save()).toBe(true);
    expect(savedDrafts).toEqual([
      {
        probe: {
          name: "catalog",
          target: "grpc://127.0.0.1:7400",
          to: { region: "B" },
          path: [{ hop: "Mediary A", address: "10.0.0.1" }, { hop: "catalog" }],
        },
      },
    ]);
    end();
  });

  it("knows which hop a problem is in, and is not ready meanwhile", async () => {
    const { one, field, rest, end } = await form("catalog", { name: "catalog", target: "grpc://x:1" });
    one.choose(field("path"), [{ hop: "a" }, { hop: "" }]);
    await rest();
    expect(one.view(field("path"))).toMatchObject({ state: "invalid", wrong: { path: "probe.path[1].hop" } });
    expect(one.ready).toBe(false);
    one.choose(field("path"), [{ hop: "a" }, { hop: "b" }]);
    await rest();
    expect(one.view(field("path")).state).toBe("changed");
    expect(one.ready).toBe(true);
    end();
  });

  it("shows every hop of what came of trying it", async () => {
    const { one, field, rest, end } = await form();
    one.type(field("target"), "grpc://127.0.0.1:7400");
    void one.test();
    await rest();
    expect(one.tested?.hops.map(({ hop }) => hop)).toEqual(["Mediary A", "Mediary B", "Gateway B", "catalog"]);
    end();
  });
});
