import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { ask, expect, openSample, playheadSeconds, test } from "./host";

interface Span {
  exchange_id: number;
  client: string;
  server: string;
  started_us: number;
  parent: number | null;
  inferred: boolean;
}
interface Answer {
  spans: Span[];
  participants: string[];
  total: number;
}

const messages = (page: Page) => page.getByRole("listbox", { name: "Messages in order of time" });
const tree = (page: Page) => page.getByRole("tree", { name: "Exchanges by what caused them" });
const detail = (page: Page) => page.getByRole("region", { name: "Selected exchange" });
const heading = (page: Page) => page.getByRole("heading", { name: "Sequence", exact: true });

/** An order that the gateway took: it calls several services. */
async function anOrder(page: Page): Promise<number> {
  const scope = { range: null, filter: "server:order-service method:POST status:<300" };
  const answer = (await ask(page, "exchanges", {
    scope,
    sort: "started_at",
    descending: false,
    offset: 0,
    limit: 1,
  })) as {
    rows: { exchange_id: number }[];
  };
  const id = answer.rows[0]?.exchange_id;
  if (id === undefined) throw new Error("The sample has no order.");
  return id;
}

async function show(page: Page, of: string): Promise<Answer> {
  const response = page.waitForResponse(/api\/sequence/);
  await page.evaluate((hash) => (window.location.hash = hash), `#/sequence?of=${encodeURIComponent(of)}`);
  const answer = (await (await response).json()) as Answer;
  await expect(heading(page)).toBeVisible();
  return answer;
}

test.beforeEach(async ({ app }) => {
  await openSample(app);
  await app.evaluate(() => (window.location.hash = "#/exchanges"));
});

test("of an exchange is reached from its detail, and left by Esc", async ({ app }) => {
  const id = await anOrder(app);
  await app.evaluate((hash) => (window.location.hash = hash), `#/exchanges?exchange=${id}`);
  await detail(app).getByRole("button", { name: "Call sequence" }).click();
  await app.getByRole("menuitem", { name: /^The calls around it/ }).click();
  await expect(heading(app)).toBeVisible();
  await expect(app).toHaveURL(new RegExp(`of=exchange:${id}`));
  await expect(messages(app).getByRole("option").first()).toBeVisible();
  await messages(app).focus();
  await app.keyboard.press("Escape");
  await expect(app.getByRole("heading", { name: "Exchanges", exact: true })).toBeVisible();
  await expect(detail(app)).toBeVisible();
});

test("lists every message of the call tree with both ends, requests and answers", async ({ app }) => {
  const { spans, participants } = await show(app, `exchange:${await anOrder(app)}`);
  expect(spans.length).toBeGreaterThan(2);
  await expect(messages(app).getByRole("option").first()).toHaveAttribute("aria-setsize", String(spans.length * 2));
  for (const { client, server } of spans) {
    const name = new RegExp(`request: ${client === "customers" ? "Customers" : client} to ${server}`);
    expect(await messages(app).getByRole("option", { name }).count()).toBeGreaterThan(0);
  }
  await expect(app.getByText(new RegExp(`${participants.length} services`))).toBeVisible();
  const inferred = spans.filter((span) => span.inferred).length;
  if (inferred > 0) await expect(app.getByText(`${inferred} inferred`, { exact: true })).toBeVisible();
});

test("a message moves the playhead and opens its exchange; the link opens it all again", async ({ app }) => {
  const { spans } = await show(app, `exchange:${await anOrder(app)}`);
  await messages(app).getByRole("option").nth(1).click();
  await expect(detail(app).getByText("Request headers")).toBeVisible();
  const at = await playheadSeconds(app);
  expect(spans.some(({ started_us }) => Math.abs(started_us / 1e6 - at) < 0.001)).toBe(true);
  await app.reload();
  await expect(detail(app).getByText("Request headers")).toBeVisible();
  await expect(messages(app).getByRole("option", { selected: true })).toHaveCount(2);
  await app.keyboard.press("Escape");
  await expect(detail(app)).toHaveCount(0);
});

test("as a waterfall is a tree by cause, zoomed by the wheel", async ({ app }) => {
  const { spans } = await show(app, `exchange:${await anOrder(app)}`);
  await app.getByRole("button", { name: "Waterfall" }).click();
  await expect(tree(app).getByRole("treeitem")).toHaveCount(spans.length);
  await expect(tree(app).getByRole("treeitem").first()).toHaveAttribute("aria-level", "1");
  const levels = await tree(app)
    .getByRole("treeitem")
    .evaluateAll((items) => items.map((item) => Number(item.getAttribute("aria-level"))));
  expect(Math.max(...levels)).toBeGreaterThan(1);
  await expect(
    tree(app)
      .getByRole("treeitem", { name: /on the critical path/ })
      .first(),
  ).toBeVisible();

  const ruler = tree(app).locator(".ruler");
  const before = await ruler.innerText();
  const box = await ruler.boundingBox();
  await app.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 60);
  for (let n = 0; n < 5; n += 1) await app.mouse.wheel(0, -300);
  await expect.poll(() => ruler.innerText()).not.toBe(before);
  await ruler.dblclick();
  await expect.poll(() => ruler.innerText()).toBe(before);

  await tree(app).focus();
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("Enter");
  await expect(detail(app)).toBeVisible();
  await app.keyboard.press("Escape");
  await app.getByRole("button", { name: "Diagram" }).click();
});

test("of an identity is reached from the grid, of a flow from its detail", async ({ app }) => {
  await app.evaluate(() => (window.location.hash = "#/exchanges?filter=identity:*"));
  const value = app
    .getByRole("grid")
    .getByTitle(/^Show all of .* in sequence$/)
    .first();
  const name = await value.innerText();
  await value.click();
  await expect(app).toHaveURL(/of=identity:/);
  await expect(heading(app)).toBeVisible();
  await expect(app.getByText(name, { exact: true }).first()).toBeVisible();
  await expect(messages(app).getByRole("option").first()).toBeVisible();

  await app.evaluate(() => (window.location.hash = "#/flows?filter=server:order-service%20status:200"));
  await app.getByRole("grid", { name: "Flows" }).locator('[aria-rowindex="2"]').click();
  await app.getByRole("region", { name: "Selected flow" }).getByRole("button", { name: "Call sequence" }).click();
  await expect(app).toHaveURL(/of=flow:\d+/);
  await expect(messages(app).getByRole("option").first()).toBeVisible();
});

test("of several hundred exchanges holds only the rows in view", async ({ app }) => {
  const scope = { range: null, filter: "" };
  const question = { scope, sort: "duration_us", descending: true, offset: 0, limit: 1 };
  const flows = (await ask(app, "flows", question)) as { rows: { flow_id: number }[] };
  const { spans } = await show(app, `flow:${flows.rows[0]?.flow_id}`);
  const shown = await messages(app).getByRole("option").count();
  expect(shown).toBeLessThan(40);
  await messages(app).focus();
  await app.keyboard.press("End");
  await expect(messages(app).locator(`[aria-posinset="${spans.length * 2}"]`)).toBeVisible();
});

test("is saved as SVG and PNG in either form", async ({ app }) => {
  await show(app, `exchange:${await anOrder(app)}`);
  await expect(messages(app).getByRole("option").first()).toBeVisible();
  for (const form of ["Diagram", "Waterfall"]) {
    await app.getByRole("button", { name: form }).click();
    for (const [kind, start] of [
      ["SVG", "<svg xmlns="],
      ["PNG", "\u0089PNG"],
    ] as const) {
      await app.getByRole("button", { name: "More for the sequence" }).click();
      const download = app.waitForEvent("download");
      await app.getByRole("menuitem", { name: `Save as ${kind}` }).click();
      const content = readFileSync(await (await download).path()).toString("latin1");
      expect(content.startsWith(start)).toBe(true);
      if (kind === "SVG") expect(content).toContain("order-service");
    }
  }
  await app.getByRole("button", { name: "Diagram" }).click();
});

test("says so when nothing belongs to it", async ({ app }) => {
  await show(app, "trace:00000000000000000000000000000001");
  await expect(app.getByText(/^No exchanges belong to trace/)).toBeVisible();
});
