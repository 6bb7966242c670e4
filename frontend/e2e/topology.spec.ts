import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { dragOnTrack, expect, openSample, test } from "./host";

interface Truth {
  services: string[];
  edges: { client: string; server: string }[];
}
const truth = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../sample-pcaps/shop-edges.json", import.meta.url)), "utf8"),
) as Truth;

const graph = (page: Page) => page.getByRole("listbox", { name: /^Services and their calls/ });
const card = (page: Page, name: string) => page.locator(".card").filter({ has: page.getByText(name, { exact: true }) });
const inspector = (page: Page) => page.getByRole("complementary", { name: /^Selected/ });

async function centreOf(page: Page, name: string): Promise<{ x: number; y: number }> {
  const box = await card(page, name).boundingBox();
  if (box === null) throw new Error(`${name} is not on the canvas.`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test.beforeEach(async ({ app }) => {
  await openSample(app);
  await app.evaluate(() => (window.location.hash = "#/topology"));
  await expect(card(app, "payment-service")).toBeVisible();
});

test("shows every service of the shop and every call between them, and no other", async ({ app }) => {
  const words = await graph(app).getByRole("option").allTextContents();
  for (const service of truth.services) expect(words.some((text) => text.startsWith(`${service}: `))).toBe(true);
  const calls = words.map((text) => /^(\S+) to (\S+): /.exec(text)).filter((match) => match !== null);
  const found = calls.map(([, client, server]) => `${client} ${server}`).sort();
  expect(found).toEqual(truth.edges.map(({ client, server }) => `${client} ${server}`).sort());
});

test("says which entry points are a guess", async ({ app }) => {
  await expect(app.getByText(/entry point api-gateway \(guessed\)/)).toBeVisible();
});

test("a click inspects a service, Esc closes the inspector", async ({ app }) => {
  const { x, y } = await centreOf(app, "payment-service");
  await app.mouse.click(x, y);
  await expect(inspector(app).getByRole("heading", { level: 2 })).toContainText("payment-service");
  await expect(inspector(app).getByText("p95", { exact: true }).first()).toBeVisible();
  await expect(inspector(app).getByRole("heading", { name: "Top endpoints" })).toBeVisible();
  await expect(inspector(app).getByRole("img")).toHaveAttribute("aria-label", /exchanges took/);
  await app.keyboard.press("Escape");
  await expect(inspector(app)).toHaveCount(0);
});

test("the keyboard reaches nodes and edges in reading order", async ({ app }) => {
  await graph(app).focus();
  await app.keyboard.press("Home");
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("Enter");
  await expect(inspector(app).getByRole("heading", { level: 2 })).toContainText("Customers");
  await expect(inspector(app).getByRole("heading", { level: 2 })).toContainText("api-gateway");
});

test("a double click filters, and what does not match stays where it is", async ({ app }) => {
  // The reel grows by a lane and the graph is fitted again: only the picture may not change.
  const slope = async () => {
    const [a, b] = [await centreOf(app, "shipping-service"), await centreOf(app, "api-gateway")];
    return (a.y - b.y) / (a.x - b.x);
  };
  const before = await slope();
  const { x, y } = await centreOf(app, "payment-service");
  await app.mouse.dblclick(x, y);
  await expect(app).toHaveURL(/filter=service:payment-service/);
  await app.keyboard.press("Escape");
  await expect(card(app, "search-service")).toContainText("no traffic");
  expect(await slope()).toBeCloseTo(before, 2);
});

test("a narrower range changes figures and moves no card", async ({ app }) => {
  const before = await centreOf(app, "payment-service");
  await dragOnTrack(app, 0.1, 0.3);
  await expect(app.getByText(/mean over the selected/)).toBeVisible();
  await expect(card(app, "payment-service")).toBeVisible();
  expect(await centreOf(app, "payment-service")).toEqual(before);
});

test("a dragged card stays where it was put, also after a reload", async ({ app }) => {
  const { x, y } = await centreOf(app, "analytics-service");
  await app.mouse.move(x, y);
  await app.mouse.down();
  await app.mouse.move(x - 20, y + 40, { steps: 5 });
  await app.mouse.up();
  await expect.poll(async () => Math.round((await centreOf(app, "analytics-service")).y - y)).toBe(40);
  await app.reload();
  await expect(card(app, "analytics-service")).toBeVisible();
  expect((await centreOf(app, "analytics-service")).y).not.toBeCloseTo(y, 0);
  await app.getByRole("button", { name: "More for the graph" }).click();
  await app.getByRole("menuitem", { name: /Tidy up/ }).click();
  await expect.poll(async () => Math.abs((await centreOf(app, "analytics-service")).y - y)).toBeLessThan(2);
});

test("finds a service by a part of its name", async ({ app }) => {
  await app.getByRole("button", { name: "Find a service" }).click();
  await app.getByRole("combobox", { name: "Name of a service" }).fill("ship");
  await app.keyboard.press("Enter");
  await expect(inspector(app).getByRole("heading", { level: 2 })).toContainText("shipping-service");
});

test("while the reel plays, the graph shows the instant", async ({ app }) => {
  await app.getByRole("button", { name: /^Play/ }).click();
  await expect(app.getByText(/10 s before \d\d:\d\d:\d\d/)).toBeVisible();
  await app.getByRole("button", { name: /^Pause/ }).click();
  await expect(app.getByText(/10 s before/)).toHaveCount(0);
});

test("saves the graph as SVG and PNG", async ({ app }) => {
  for (const [kind, start] of [
    ["SVG", "<svg xmlns="],
    ["PNG", "\u0089PNG"],
  ] as const) {
    await app.getByRole("button", { name: "More for the graph" }).click();
    const download = app.waitForEvent("download");
    await app.getByRole("menuitem", { name: `Save as ${kind}` }).click();
    const path = await (await download).path();
    expect(readFileSync(path).toString("latin1").startsWith(start)).toBe(true);
  }
});

test("a narrow window shows rings", async ({ app }) => {
  await app.setViewportSize({ width: 1024, height: 700 });
  await expect(app.locator(".ring svg").first()).toBeVisible();
  await expect(app.locator(".card")).toHaveCount(0);
  await expect(app.getByRole("button", { name: /Unresolved addresses/ })).toHaveAttribute("aria-expanded", "false");
});
