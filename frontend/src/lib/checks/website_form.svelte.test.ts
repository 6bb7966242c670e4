import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend, type WebsiteDraft } from "../backend";
import { EntryForm } from "../form/entry_form.svelte";
import { mounted } from "../form/mounted.svelte";
import { run } from "./testkit";
import { WEBSITE } from "./website_form";

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", default: "" },
    url: { type: "string", default: "" },
    interval: { type: "string", pattern: "^[0-9]+(ms|s|m|h|d)$", examples: ["10s"], default: "30s" },
    expect: {
      type: "object",
      properties: { status: { type: "array", items: { type: "string" }, default: ["200-299"] } },
    },
  },
};

async function form(original?: string, saved: Record<string, unknown> = {}) {
  const checked: WebsiteDraft[] = [];
  const savedDrafts: WebsiteDraft[] = [];
  const made: Partial<Backend> = {
    websiteSchema: () => Promise.resolve(SCHEMA),
    websiteCheck: (draft) => {
      checked.push(draft);
      const url = draft.website["url"];
      return Promise.resolve(
        url === "htp://x" ? [{ path: "url", found: '"htp://x"', allowed: "a URL such as https://example.org/" }] : [],
      );
    },
    websiteSave: (draft) => {
      savedDrafts.push(draft);
      return Promise.resolve([]);
    },
    websiteTest: () => Promise.resolve({ problems: [], run: run() }),
  };
  useBackend(made as Backend);
  const shown = await mounted("website", () => new EntryForm(WEBSITE, original, saved));
  return { ...shown, checked, savedDrafts };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the form of a new website", () => {
  it("does not call an empty URL a mistake before anything was typed", async () => {
    const { one, checked, end } = await form();
    expect([checked.length, one.invalid.length, one.ready]).toEqual([0, 0, false]);
    end();
  });

  it("is checked by the host while it is typed, and is ready when nothing is wrong", async () => {
    const { one, field, checked, rest, end } = await form();
    one.type(field("url"), "htp://x");
    await rest();
    expect(checked).toEqual([{ website: { url: "htp://x" } }]);
    expect(one.view(field("url"))).toMatchObject({
      state: "invalid",
      wrong: { allowed: "a URL such as https://example.org/" },
    });
    expect(one.ready).toBe(false);
    one.type(field("url"), "https://x/");
    one.left(field("url"));
    await rest();
    expect(one.view(field("url")).state).toBe("changed");
    expect(one.ready).toBe(true);
    end();
  });

  it("says by itself what a value must be like", async () => {
    const { one, field, rest, end } = await form();
    one.type(field("url"), "https://x/");
    one.type(field("interval"), "5x");
    await rest();
    expect(one.view(field("interval"))).toMatchObject({ state: "invalid", wrong: { allowed: "such as 10s" } });
    expect(one.draft.website).toEqual({ url: "https://x/" });
    end();
  });

  it("shows what came of trying it", async () => {
    const { one, field, rest, end } = await form();
    one.type(field("url"), "https://x/");
    void one.test();
    expect(one.testing).toBe(true);
    await rest();
    expect([one.testing, one.tested?.status]).toEqual([false, 200]);
    end();
  });
});

describe("the form of a website that is there", () => {
  it("saves it under its old name with what was changed, and leaves defaults out", async () => {
    const { one, field, savedDrafts, rest, end } = await form("shop", {
      name: "shop",
      url: "https://x/",
      interval: "10s",
    });
    expect(one.view(field("interval")).state).toBe("set");
    one.choose(field("expect.status"), ["200", "3xx"]);
    one.choose(field("interval"), "30s");
    await rest();
    expect(one.changes).toHaveLength(2);
    expect(await one.save()).toBe(true);
    expect(savedDrafts).toEqual([
      { original: "shop", website: { name: "shop", url: "https://x/", expect: { status: ["200", "3xx"] } } },
    ]);
    end();
  });
});
