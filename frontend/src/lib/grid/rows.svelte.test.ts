import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, useBackend, type Backend } from "../backend";
import { Rows, type Listing, type PageSpan } from "./rows.svelte";

beforeEach(() => {
  vi.useFakeTimers();
  useBackend({} as Backend);
});
afterEach(() => vi.useRealTimers());

/** A list of numbers whose pages come by hand. */
function listing() {
  const asked: { page: PageSpan; answer: (total: number) => void; refuse: (error: ApiError) => void }[] = [];
  let of = $state("a");
  let order = $state("up");
  let rows!: Rows<number>;
  const read: Listing<number>["read"] = (_, page) =>
    new Promise((resolve, refuse) => {
      const answer = (total: number): void => {
        const count = Math.max(0, Math.min(page.limit, total - page.offset));
        resolve({ total, rows: Array.from({ length: count }, (_, i) => page.offset + i) });
      };
      asked.push({ page, answer, refuse });
    });
  const end = $effect.root(() => {
    rows = new Rows<number>({
      lane: "test",
      listing: () => ({ of, question: { order }, read }),
      durationUs: (row) => row * 10,
    });
  });
  const passMs = async (ms: number): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(ms);
  };
  return {
    asked,
    rows,
    end,
    passMs,
    list: (next: string) => (of = next),
    sort: (next: string) => (order = next),
  };
}

describe("the rows of a grid", () => {
  it("are read where they are in view, a page at least", async () => {
    const { asked, rows, passMs, end } = listing();
    await passMs(0);
    expect(asked[0]?.page).toEqual({ offset: 0, limit: 200 });
    asked[0]?.answer(41_600_000);
    await passMs(0);
    expect([rows.total, rows.at(7), rows.at(500)]).toEqual([41_600_000, 7, undefined]);
    rows.want({ first: 20_000_000, end: 20_000_011 });
    await passMs(100);
    const page = asked.at(-1)?.page ?? { offset: 0, limit: 0 };
    expect(page.offset).toBeLessThanOrEqual(20_000_000);
    expect(page.offset + page.limit).toBeGreaterThanOrEqual(20_000_011);
    expect(page.limit).toBeLessThanOrEqual(1000);
    end();
  });

  it("give the longest duration that was read, for the shared scale", async () => {
    const { asked, rows, passMs, end } = listing();
    await passMs(0);
    asked[0]?.answer(30);
    await passMs(0);
    expect(rows.longestUs).toBe(290);
    end();
  });

  it("stay while another order comes, and are forgotten when they are another's", async () => {
    const { asked, rows, passMs, sort, list, end } = listing();
    await passMs(0);
    asked[0]?.answer(30);
    await passMs(0);
    sort("down");
    await passMs(0);
    expect([rows.outdated, rows.at(3)]).toEqual([true, 3]);
    asked[1]?.answer(30);
    await passMs(0);
    expect(rows.outdated).toBe(false);
    list("b");
    await passMs(0);
    expect([rows.total, rows.at(3)]).toEqual([null, undefined]);
    end();
  });

  it("keep what was read when an answer fails, and try again when told", async () => {
    const { asked, rows, passMs, end } = listing();
    await passMs(0);
    asked[0]?.answer(300);
    await passMs(0);
    rows.again();
    await passMs(0);
    asked.at(-1)?.refuse(new ApiError("internal", "The disk is full."));
    await passMs(0);
    expect([rows.error?.message, rows.at(3)]).toEqual(["The disk is full.", 3]);
    rows.again();
    await passMs(0);
    asked.at(-1)?.answer(300);
    await passMs(0);
    expect(rows.error).toBeNull();
    end();
  });

  it("are found when they come after there were none", async () => {
    const { asked, rows, passMs, end } = listing();
    await passMs(0);
    asked[0]?.answer(0);
    await passMs(1000);
    expect([rows.total, asked.length]).toEqual([0, 1]);
    rows.again();
    await passMs(0);
    asked[1]?.answer(12);
    await passMs(0);
    expect([rows.total, rows.at(11)]).toEqual([12, 11]);
    end();
  });

  it("are slow after 150 ms", async () => {
    const { asked, rows, passMs, end } = listing();
    await passMs(100);
    expect(rows.slow).toBe(false);
    await passMs(100);
    expect(rows.slow).toBe(true);
    asked[0]?.answer(1);
    await passMs(0);
    expect(rows.slow).toBe(false);
    end();
  });
});
