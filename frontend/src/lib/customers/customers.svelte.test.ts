import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type AppState, type Backend, type CustomersQuestion, type UnresolvedQuestion } from "../backend";
import { customersView, recording, selection } from "../state";
import { CustomersModel } from "./customers.svelte";
import { naming } from "./naming.svelte";
import { AT, customers, point, row, unresolved } from "./testkit";
import { UnresolvedModel } from "./unresolved.svelte";

const open = (recording_id: string): void => {
  recording.app = {
    recording: { recording_id, range: { from_us: AT, to_us: AT + 600e6 } },
  } as unknown as AppState;
};

/** A host with so many networks and unresolved addresses. */
function host(total = 3) {
  const asked: CustomersQuestion[] = [];
  const curves: CustomersQuestion[] = [];
  const addresses: UnresolvedQuestion[] = [];
  const made: Partial<Backend> = {
    customers: (question) => {
      (question.points > 0 ? curves : asked).push(question);
      const { offset, limit } = question;
      const rows = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, n) =>
        row({ name: `10.0.${offset + n}.0/24` }),
      );
      return Promise.resolve(customers(question.points > 0 ? [point(3, 1)] : [], { total, rows }));
    },
    unresolved: (question) => {
      addresses.push(question);
      return Promise.resolve({ total: 9, matching: 1, rows: [unresolved()] });
    },
  };
  useBackend(made as Backend);
  let model!: CustomersModel;
  let others!: UnresolvedModel;
  const end = $effect.root(() => {
    model = new CustomersModel();
    others = new UnresolvedModel();
  });
  const pass = async (ms: number): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(ms);
    flushSync();
  };
  return { asked, curves, addresses, model, others, end, pass };
}

beforeEach(() => {
  vi.useFakeTimers();
  open("r");
  selection.clear();
  customersView.place = { tab: "customers", by: "network", network: null };
});
afterEach(() => vi.useRealTimers());

describe("customers of the selection", () => {
  it("are asked for by page, most requests first, and the curve apart from them", async () => {
    const { asked, curves, model, pass, end } = host();
    await pass(200);
    expect(asked[0]).toEqual({
      scope: { range: null, filter: "" },
      by: "network",
      sort: "requests",
      descending: true,
      offset: 0,
      limit: 200,
      points: 0,
    });
    expect(curves).toHaveLength(1);
    expect(curves[0]?.scope.range?.from_us).toBe(AT);
    expect([model.rows.total, model.totals?.addresses, model.curve?.points.length]).toEqual([3, 1_204, 1]);
    end();
  });

  it("of more rows than one answer holds are read in parts of 500", async () => {
    const { asked, model, pass, end } = host(2_000);
    await pass(200);
    model.rows.want({ first: 300, end: 900 });
    await pass(200);
    expect(asked.every(({ limit }) => limit <= 500)).toBe(true);
    expect(model.rows.at(899)?.name).toBe("10.0.899.0/24");
    end();
  });

  it("of a network are its addresses, and neither search nor network outlive leaving it", async () => {
    const { asked, curves, model, pass, end } = host();
    await pass(200);
    model.search = "10.0";
    await pass(200);
    expect(asked.at(-1)?.search).toBe("10.0");
    model.enter("10.0.1.0/24");
    await pass(200);
    expect(asked.at(-1)).toMatchObject({ by: "address", network: "10.0.1.0/24" });
    expect(asked.at(-1)?.search).toBeUndefined();
    expect(curves.at(-1)?.network).toBe("10.0.1.0/24");
    customersView.leave();
    await pass(200);
    expect(asked.at(-1)).toMatchObject({ by: "network" });
    expect(asked.at(-1)?.network).toBeUndefined();
    end();
  });

  it("are counted anew in another range, the curve is not: it shows what the reel shows", async () => {
    const { asked, curves, pass, end } = host();
    await pass(200);
    selection.setRange({ from_us: AT, to_us: AT + 60e6 });
    await pass(200);
    expect(asked.at(-1)?.scope.range).toEqual({ from_us: AT, to_us: AT + 60e6 });
    expect(curves).toHaveLength(1);
    end();
  });

  it("are asked for again when a name was given", async () => {
    const { asked, addresses, pass, end } = host();
    await pass(1000);
    const before = [asked.length, addresses.length];
    naming.revision += 1;
    await pass(1000);
    expect([asked.length, addresses.length]).toEqual(before.map((n) => n + 1));
    end();
  });

  it("of the recording before are forgotten at once", async () => {
    const { model, others, pass, end } = host();
    await pass(200);
    open("other");
    flushSync();
    expect([model.totals, model.curve, model.rows.total, others.total]).toEqual([null, null, null, null]);
    end();
  });

  it("turn round when they are sorted by the same again", () => {
    const { model, end } = host();
    model.sortBy("requests");
    expect([model.sort, model.descending]).toEqual(["requests", false]);
    model.sortBy("name");
    expect([model.sort, model.descending]).toEqual(["name", false]);
    model.sortBy("bytes");
    expect([model.sort, model.descending]).toEqual(["bytes", true]);
    end();
  });
});

describe("unresolved addresses", () => {
  it("have as many rows as match, and are counted whatever the search", async () => {
    const { addresses, others, pass, end } = host();
    others.search = " postgres ";
    await pass(200);
    expect(addresses.at(-1)).toMatchObject({ search: "postgres", sort: "flows", descending: true });
    expect([others.rows.total, others.total]).toEqual([1, 9]);
    end();
  });
});
