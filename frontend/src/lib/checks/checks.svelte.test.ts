import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend, type WebsiteQuestion, type WebsitesQuestion } from "../backend";
import { checksView } from "../state";
import { ChecksModel, listing } from "./checks.svelte";
import { FRAME, website } from "./testkit";

/** A host with so many websites, called by their number. */
function host(total: number) {
  const asked: WebsitesQuestion[] = [];
  const details: WebsiteQuestion[] = [];
  let names = Array.from({ length: total }, (_, n) => `site-${n}`);
  const made: Partial<Backend> = {
    websites: (question) => {
      asked.push(question);
      const rows = names.slice(question.offset, question.offset + question.limit);
      return Promise.resolve({
        present: true,
        at_us: FRAME.told_us,
        total: names.length,
        matching: names.length,
        down: 0,
        up: names.length,
        unknown: 0,
        paused: 0,
        self_offline: 0,
        self_offline_since_us: null,
        frames: [{ ...FRAME, next_us: Date.now() * 1000 + 10e6 }],
        rows: rows.map((name) => website({ website: name })),
        down_rule: null,
        problems: [],
      });
    },
    website: (question) => {
      details.push(question);
      return new Promise(() => undefined);
    },
  };
  useBackend(made as Backend);
  let model!: ChecksModel;
  const end = $effect.root(() => {
    model = new ChecksModel();
  });
  const passMs = async (ms: number): Promise<void> => {
    flushSync();
    await vi.advanceTimersByTimeAsync(ms);
    flushSync();
  };
  return { asked, details, model, end, passMs, become: (next: string[]) => (names = next) };
}

beforeEach(() => {
  vi.useFakeTimers();
  checksView.place = { website: null, tab: "runs", failing: false };
  listing.all();
});
afterEach(() => vi.useRealTimers());

describe("the list of websites", () => {
  it("is asked for where it is in view, never more than the host gives", async () => {
    const { asked, model, passMs, end } = host(10_000);
    await passMs(200);
    expect(asked[0]).toMatchObject({ offset: 0, limit: 48 });
    model.want({ first: 5003, end: 5016 });
    await passMs(200);
    const { offset, limit } = asked.at(-1) ?? { offset: 0, limit: 0 };
    expect(offset).toBeLessThanOrEqual(5003 - 8);
    expect(offset + limit).toBeGreaterThanOrEqual(5016 + 8);
    expect([model.row(5003)?.website, model.row(0)?.website, model.row(7000)]).toEqual([
      "site-5003",
      "site-0",
      undefined,
    ]);
    model.want({ first: 0, end: 9999 });
    await passMs(200);
    expect(asked.at(-1)?.limit).toBe(200);
    end();
  });

  it("is asked for again when figures are due", async () => {
    const { asked, passMs, end } = host(3);
    await passMs(200);
    const before = asked.length;
    await passMs(5000);
    expect(asked.length).toBe(before);
    await passMs(6000);
    expect(asked.length).toBe(before + 1);
    end();
  });

  it("goes on looking at what stood first when nobody chose, however it is sorted later", async () => {
    const { model, passMs, become, end } = host(3);
    await passMs(200);
    expect(model.website).toBe("site-0");
    become(["site-2", "site-0", "site-1"]);
    model.again();
    await passMs(200);
    expect([model.website, model.index]).toEqual(["site-0", 1]);
    checksView.website = "site-1";
    expect(model.website).toBe("site-1");
    end();
  });

  it("forgets rows that are no longer there", async () => {
    const { model, passMs, become, end } = host(3);
    await passMs(200);
    become(["site-1"]);
    model.again();
    await passMs(200);
    expect([model.total, model.row(0)?.website, model.row(2)]).toEqual([1, "site-1", undefined]);
    end();
  });

  it("is asked once for what was typed, when typing rests", async () => {
    const { asked, passMs, end } = host(3);
    await passMs(200);
    const before = asked.length;
    for (const text of ["s", "sh", "shop"]) {
      listing.search = text;
      await passMs(40);
    }
    await passMs(200);
    expect(asked.slice(before)).toMatchObject([{ search: "shop" }]);
    end();
  });
});

describe("the order of the list", () => {
  it("begins with what is worst or longest, and turns round with the same column", () => {
    listing.by("response_max");
    expect([listing.sort, listing.descending]).toEqual(["response_max", true]);
    listing.by("response_max");
    expect(listing.descending).toBe(false);
    listing.by("availability");
    expect(listing.descending).toBe(false);
    listing.by("state");
    expect([listing.sort, listing.descending]).toEqual(["state", false]);
  });
});
