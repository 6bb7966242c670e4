// Customers in the window: counted, grouped, opened; addresses without a name, named and taken back; where customers arrive.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Locator, Page } from "@playwright/test";
import { ask, closeRecording, dismissMessages, dragOnTrack, expect, openSample, test } from "./host";

interface Rules {
  names: { name: string; address?: string; port?: number }[];
  entry_points: { service?: string }[];
  reverse_dns: boolean;
}

const NONE: Rules = { names: [], entry_points: [], reverse_dns: false };
/** The one address of the sample that nothing names. */
const RESOLVER = "10.42.0.53:53";

const pane = (app: Page): Locator => app.getByRole("region", { name: "Customers", exact: true });
const grid = (app: Page, by = "network"): Locator => pane(app).getByRole("grid", { name: `Customers by ${by}` });
const unresolved = (app: Page): Locator => pane(app).getByRole("grid", { name: "Unresolved addresses" });
const dialog = (app: Page): Locator => app.getByRole("dialog");
const toast = (app: Page, text: string | RegExp): Locator => app.locator(".toast").filter({ hasText: text });
const tab = (app: Page, name: RegExp): Locator => pane(app).getByRole("tab", { name });
const graph = (app: Page): Locator => app.getByRole("listbox", { name: /^Services and their calls/ });
const node = (app: Page, name: string): Locator =>
  graph(app)
    .getByRole("option")
    .filter({ hasText: new RegExp(`^${name}: `) });

/** A figure above the curve. */
async function figure(app: Page, name: string): Promise<number> {
  const tile = pane(app).locator(".figures > div").filter({ hasText: name });
  await expect(tile.locator("dd")).toContainText(/\d/);
  // A share may stand beside it.
  const text = await tile.locator("dd").evaluate((dd) =>
    [...dd.childNodes]
      .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
      .map(({ textContent }) => textContent)
      .join(""),
  );
  return numberOf(text);
}

/** What a row of the grid says in a column. */
async function cell(list: Locator, row: number, column: string): Promise<string> {
  const heads = await list.getByRole("columnheader").allTextContents();
  const at = heads.findIndex((head) => head.trim().startsWith(column));
  const found = list
    .getByRole("row")
    .nth(row + 1)
    .getByRole("gridcell")
    .nth(at);
  await expect(found).toHaveText(/\S/);
  return ((await found.textContent()) ?? "").trim();
}

const numberOf = (text: string): number => Number(text.replaceAll(",", ""));

const rules = async (app: Page): Promise<Rules> => ((await ask(app, "naming", {})) as { rules: Rules }).rules;
async function setRules(app: Page, after: Rules): Promise<void> {
  const before = await rules(app);
  // To save what is in force anyway has every pane ask again.
  if (!isDeepStrictEqual(before, after)) await ask(app, "naming_save", { before, after });
}

/** What the files called `wirereel.json` below a folder say of names. */
function written(folder: string): string[] {
  const names: string[] = [];
  const look = (at: string): void => {
    for (const entry of readdirSync(at)) {
      const path = join(at, entry);
      if (statSync(path).isDirectory()) look(path);
      else if (entry === "wirereel.json") {
        const { names: own = [] } = JSON.parse(readFileSync(path, "utf8")) as Partial<Rules>;
        names.push(...own.map(({ name }) => name));
      }
    }
  };
  look(folder);
  return names;
}

async function open(app: Page, query = ""): Promise<void> {
  await app.evaluate((to) => (window.location.hash = to), `#/customers${query}`);
  await expect(pane(app)).toBeVisible();
}

// Names and entry points stay in the recording's folder.
test.use({ ownHostOf: "customers" });

test.beforeEach(async ({ app }) => {
  await openSample(app);
  await setRules(app, NONE);
});

test("counts the customers of the sample as the graph does, and their requests as the exchanges", async ({ app }) => {
  const scope = { range: null, filter: "" };
  const { nodes } = (await ask(app, "topology", scope)) as { nodes: { kind: string; address_count: number }[] };
  const known = nodes.find(({ kind }) => kind === "customers")?.address_count ?? 0;
  expect(known).toBeGreaterThan(100);
  const { total } = (await ask(app, "exchanges", {
    scope: { range: null, filter: "client:customers" },
    sort: "started_at",
    descending: false,
    offset: 0,
    limit: 1,
  })) as { total: number };
  await app.keyboard.press("g");
  await app.keyboard.press("u");
  await expect(app).toHaveURL(/#\/customers/);
  expect(await figure(app, "Distinct addresses")).toBe(known);
  expect(await figure(app, "Requests")).toBe(total);
  // All of them are new: the range is the whole recording.
  expect(await figure(app, "New")).toBe(known);
  expect(await figure(app, "Returning")).toBe(0);
  await expect(pane(app)).toContainText(/Arrive at\s*api-gateway\s*guessed/);
  await expect(grid(app).getByRole("row").nth(1)).toContainText("/24");
});

test("rows are sorted and searched by the host", async ({ app }) => {
  await open(app);
  await expect(grid(app).getByRole("row").nth(1)).toBeVisible();
  const first = numberOf(await cell(grid(app), 0, "Requests"));
  expect(first).toBeGreaterThanOrEqual(numberOf(await cell(grid(app), 1, "Requests")));
  await grid(app)
    .getByRole("columnheader", { name: /^Requests/ })
    .getByRole("button")
    .click();
  await expect(grid(app).getByRole("columnheader", { name: /^Requests/ })).toHaveAttribute("aria-sort", "ascending");
  await expect.poll(async () => numberOf(await cell(grid(app), 0, "Requests"))).toBeLessThan(first);
  const name = await cell(grid(app), 0, "Network");
  await pane(app).getByLabel("Find a customer").fill(name);
  await expect(grid(app).getByRole("row")).toHaveCount(2);
  await expect(pane(app).getByRole("status").filter({ hasText: "1 match" })).toBeVisible();
  await pane(app).getByLabel("Find a customer").fill("nothing like it");
  await expect(pane(app)).toContainText("No network is like that");
  await pane(app).getByRole("button", { name: "Show all" }).click();
  await expect(grid(app).getByRole("row").nth(2)).toBeVisible();
});

test("a network opens to its addresses, and those to as many exchanges as they count", async ({ app }) => {
  await open(app);
  const [network, addresses] = [await cell(grid(app), 0, "Network"), await cell(grid(app), 0, "Addresses")];
  await grid(app).getByRole("button", { name: addresses, exact: true }).first().click();
  await expect(app).toHaveURL(/customers_by=address&network=/);
  await expect(pane(app).getByRole("status").filter({ hasText: "addresses" })).toContainText(`${addresses} addresses`);
  expect(await figure(app, "Distinct addresses")).toBe(numberOf(addresses));
  const list = grid(app, "address");
  await list.focus();
  await app.keyboard.press("ArrowDown");
  await expect(list.getByRole("row").nth(2)).toHaveAttribute("aria-selected", "true");
  const requests = await cell(list, 1, "Requests");
  await app.keyboard.press("Enter");
  await expect(app).toHaveURL(/#\/exchanges/);
  await expect(app.getByRole("region", { name: "Exchanges" })).toContainText(`${requests} match`);
  await app.goBack();
  await expect(grid(app, "address")).toBeVisible();
  await pane(app).getByRole("button", { name: "List all networks" }).click();
  await expect(grid(app).getByRole("row").nth(1)).toContainText(network);
});

test("a double click on an identity leads to its exchanges, beside what is filtered already", async ({ app }) => {
  await open(app, "?filter=method:GET");
  await pane(app).getByRole("group", { name: "Grouped by" }).getByRole("button", { name: "Identity" }).click();
  const list = grid(app, "identity");
  const row = list
    .getByRole("row")
    .filter({ hasText: /JWT|Basic/ })
    .first();
  await expect(row).toBeVisible();
  const at = numberOf((await row.getAttribute("aria-rowindex")) ?? "") - 2;
  const requests = await cell(list, at, "Requests");
  await row.dblclick();
  await expect(app).toHaveURL(/#\/exchanges\?.*filter=\(method:GET\)/);
  await expect(app.getByRole("region", { name: "Exchanges" })).toContainText(`${requests} match`);
});

test("the selected range is counted, the curve shows what the reel shows", async ({ app }) => {
  await open(app);
  const all = await figure(app, "Distinct addresses");
  await dragOnTrack(app, 0.5, 0.75);
  await expect(pane(app).locator(".sub")).toContainText("in the selected");
  await expect.poll(() => figure(app, "Distinct addresses")).toBeLessThan(all);
  const [here, fresh] = [await figure(app, "Distinct addresses"), await figure(app, "New")];
  expect(fresh).toBeLessThan(here);
  expect(await figure(app, "Returning")).toBe(here - fresh);
  const curve = pane(app).getByRole("region", { name: "Distinct addresses over time" });
  await expect(curve.getByRole("img")).toHaveAttribute("aria-label", /addresses? within .* at most/);
  const box = await curve.getByRole("img").boundingBox();
  if (box === null) throw new Error("The curve is not visible.");
  await app.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await expect(curve.locator(".tip")).toContainText(/addresses\s*\d+\s*new\s*\d+\s*returning\s*\d+\s*requests\s*\d+/);
  await curve.getByRole("button", { name: "Show the chart as a table" }).click();
  await expect(curve.getByRole("columnheader", { name: "Returning" })).toBeVisible();
});

test("a name for an unresolved address is in the graph and in wirereel.json at once, and taken back from both", async ({
  app,
  host,
}) => {
  await open(app, "?customers=unresolved");
  await expect(unresolved(app).getByRole("row").nth(1)).toContainText(RESOLVER);
  await expect(unresolved(app).getByRole("row").nth(1)).toContainText("DNS");
  await unresolved(app).focus();
  await app.keyboard.press("Enter");
  await expect(dialog(app).getByRole("heading", { name: `Name ${RESOLVER}` })).toBeVisible();
  await expect(dialog(app).getByRole("button", { name: "Name it" })).toBeDisabled();
  await expect(dialog(app)).toContainText("Names 1 address of this recording.");
  await dialog(app).getByRole("combobox", { name: "Name" }).fill("resolver");
  await dialog(app).getByLabel("Port it listens on").fill("70000");
  await expect(dialog(app)).toContainText("70000 is no port from 1 to 65535.");
  await expect(dialog(app).getByRole("button", { name: "Name it" })).toBeDisabled();
  await dialog(app).getByLabel("Port it listens on").fill("53");
  await dialog(app).getByRole("button", { name: "Name it" }).click();
  await expect(dialog(app)).toHaveCount(0);
  await expect(pane(app)).toContainText("Every address has a name");
  await expect(toast(app, "10.42.0.53, port 53 is called resolver now.")).toBeVisible();
  expect(written(host.workspace)).toEqual(["resolver"]);

  await tab(app, /Names/).click();
  const names = pane(app).getByRole("region", { name: "Names that were given" });
  await expect(names.getByRole("row").nth(1)).toContainText(/resolver\s*10\.42\.0\.53, port 53\s*1/);
  await app.evaluate(() => (window.location.hash = "#/topology"));
  await expect(node(app, "resolver")).toHaveCount(1);
  await expect(app.getByRole("button", { name: /Unresolved addresses/ })).toHaveCount(0);

  // The message is gone by now; the way back is not, also after the page was loaded anew.
  await app.reload();
  await open(app, "?customers=names");
  await pane(app).getByRole("button", { name: "Undo" }).click();
  await expect(toast(app, "Taken back.")).toBeVisible();
  await expect(pane(app)).toContainText("No names were given yet");
  await expect(pane(app).getByRole("button", { name: "Undo" })).toHaveCount(0);
  expect(written(host.workspace)).toEqual([]);
  await app.evaluate(() => (window.location.hash = "#/topology"));
  await expect(app.getByRole("button", { name: /Unresolved addresses \(1\)/ })).toBeVisible();
  await expect(node(app, "resolver")).toHaveCount(0);
});

test("the panel beside the graph names an address too, and leads to all of them", async ({ app, host }) => {
  await app.evaluate(() => (window.location.hash = "#/topology"));
  const panel = app.getByRole("region", { name: "Unresolved addresses" });
  await expect(panel).toContainText(RESOLVER);
  await panel.getByRole("button", { name: `Name it: ${RESOLVER}` }).focus();
  await app.keyboard.press("Enter");
  await dialog(app).getByRole("combobox", { name: "Name" }).fill("cart");
  await expect(dialog(app).getByRole("option", { name: "cart-service" })).toBeVisible();
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("Enter");
  await expect(dialog(app).getByRole("combobox", { name: "Name" })).toHaveValue("cart-service");
  await dialog(app).getByRole("combobox", { name: "Name" }).fill("resolver");
  await dialog(app).getByRole("group", { name: "Matched by" }).getByRole("button", { name: "Network" }).click();
  await expect(dialog(app).getByLabel("Address or network")).toHaveValue("10.42.0.0/24");
  await dialog(app).getByRole("group", { name: "Matched by" }).getByRole("button", { name: "Address" }).click();
  await dialog(app).getByRole("button", { name: "Name it" }).click();
  await expect(node(app, "resolver")).toHaveCount(1);
  await expect(panel).toHaveCount(0);
  await toast(app, "is called resolver now.").getByRole("button", { name: "Undo" }).click();
  await expect(panel).toContainText(RESOLVER);
  expect(written(host.workspace)).toEqual([]);
  await panel.getByRole("button", { name: "As a table" }).click();
  await expect(unresolved(app)).toContainText(RESOLVER);
});

test("names are changed, moved and removed, and a change elsewhere is told and not written over", async ({ app }) => {
  await setRules(app, { ...NONE, names: [{ name: "resolver", address: "10.42.0.53" }] });
  await open(app, "?customers=names");
  const names = pane(app).getByRole("region", { name: "Names that were given" });
  await expect(names.getByRole("row").nth(1)).toContainText("resolver");
  await pane(app).getByRole("button", { name: "Give a name" }).click();
  await dialog(app).getByRole("combobox", { name: "Name" }).fill("others");
  await dialog(app).getByLabel("Address or network").fill("10.42.0.300");
  await expect(dialog(app)).toContainText("is not an address");
  await expect(dialog(app).getByRole("button", { name: "Name it" })).toBeDisabled();
  await dialog(app).getByLabel("Address or network").fill("10.42.0.53/32");
  await expect(dialog(app)).toContainText("Names no address of this recording");
  await dialog(app).getByRole("button", { name: "Name it" }).click();
  await expect(names.getByRole("row")).toHaveCount(3);
  await names.getByRole("button", { name: "Try others earlier" }).click();
  await expect(names.getByRole("row").nth(1)).toContainText(/others\s*10\.42\.0\.53\s*1/);
  await expect(names.getByRole("row").nth(2)).toContainText("none");

  await names.getByRole("button", { name: "Change" }).first().click();
  await expect(dialog(app).getByRole("heading", { name: "Change others" })).toBeVisible();
  await dialog(app).getByRole("combobox", { name: "Name" }).fill("dns");
  // Somebody else is a moment faster.
  let faster = false;
  await app.route("**/api/naming_save", async (route) => {
    if (faster) return route.continue();
    faster = true;
    await setRules(app, { ...NONE, names: [{ name: "elsewhere", address: "10.42.0.53" }] });
    return route.continue();
  });
  await dialog(app).getByRole("button", { name: "Save" }).click();
  await expect(dialog(app).getByRole("alert")).toContainText("Nothing of yours was saved");
  expect((await rules(app)).names.map(({ name }) => name)).toEqual(["elsewhere"]);
  await dialog(app).getByRole("button", { name: "Cancel" }).click();
  await names.getByRole("button", { name: "Take the name elsewhere away" }).click();
  await expect.poll(async () => (await rules(app)).names.some(({ name }) => name === "elsewhere")).toBe(false);
});

test("another entry point makes other customers of the same recording, and is taken back", async ({ app }) => {
  await open(app);
  const all = await figure(app, "Distinct addresses");
  await pane(app).getByRole("button", { name: "Entry points…" }).click();
  await expect(dialog(app)).toContainText("Nothing is given, so it is guessed: Customers would arrive at api-gateway.");
  const service = dialog(app).getByRole("combobox", { name: "Service of entry point 1" });
  await service.fill("nowhere");
  await expect(dialog(app)).toContainText("no service is like that");
  await service.fill("auth");
  await expect(dialog(app).getByRole("option", { name: "auth-service" })).toBeVisible();
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("Enter");
  await expect(service).toHaveValue("auth-service");
  await expect(dialog(app)).toContainText("Customers would arrive at auth-service.");
  await dialog(app).getByRole("button", { name: "Add entry point" }).click();
  await app.keyboard.type("cart-service");
  await dialog(app).getByLabel("Address or network of entry point 2").fill("nonsense");
  await expect(dialog(app)).toContainText("is not an address");
  await dialog(app).getByRole("button", { name: "Remove entry point 2" }).click();
  await dialog(app).getByRole("button", { name: "Save" }).click();
  await expect(dialog(app)).toHaveCount(0);
  // Only services call it: nobody is a customer any more, and who was one is without a name.
  await expect(pane(app)).toContainText("Customers arrive at auth-service, and nobody without a name called there.");
  await expect(pane(app)).toContainText(/Arrive at\s*auth-service/);
  await expect(pane(app).locator(".pane-head")).not.toContainText("guessed");
  expect(await figure(app, "Distinct addresses")).toBe(0);
  await expect(tab(app, /Unresolved/)).toContainText(String(all + 1));
  await dismissMessages(app);
  await pane(app).getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => figure(app, "Distinct addresses")).toBe(all);
  await expect(pane(app).locator(".pane-head")).toContainText("guessed");
  expect((await rules(app)).entry_points).toEqual([]);
});

test("reverse DNS is off, says whom it tells what, and is remembered when it is allowed", async ({ app }) => {
  await open(app, "?customers=unresolved");
  await expect(unresolved(app).getByRole("columnheader", { name: "Reverse DNS" })).toHaveCount(0);
  await pane(app).getByRole("button", { name: "Reverse DNS off" }).click();
  const allow = app.getByRole("switch", { name: "Ask reverse DNS about these addresses" });
  await expect(app.getByText("is told which addresses were seen")).toBeVisible();
  expect((await rules(app)).reverse_dns).toBe(false);
  await allow.check();
  await expect(unresolved(app).getByRole("columnheader", { name: "Reverse DNS" })).toBeVisible();
  expect((await rules(app)).reverse_dns).toBe(true);
  await expect(allow).toBeChecked();
  await allow.uncheck();
  await expect(pane(app).getByRole("button", { name: "Reverse DNS off" })).toBeVisible();
});

test("the customers of the graph lead to their pane", async ({ app }) => {
  await app.evaluate(() => (window.location.hash = "#/topology"));
  await graph(app).focus();
  await app.keyboard.press("Home");
  await app.keyboard.press("Enter");
  await app
    .getByRole("complementary", { name: /^Selected/ })
    .getByRole("button", { name: "Show customers" })
    .click();
  await expect(grid(app)).toBeVisible();
});

test("says why there is nobody, and fits a narrow window", async ({ app }) => {
  await open(app, "?filter=method:DELETE path:/nowhere");
  await expect(pane(app)).toContainText("No customers in the recording match the filter");
  await pane(app).getByRole("button", { name: "Clear filter" }).click();
  await expect(grid(app)).toBeVisible();
  await app.setViewportSize({ width: 900, height: 640 });
  await expect(pane(app).getByRole("button", { name: "Entry points…" })).toBeVisible();
  const overflows = await app.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(overflows).toBe(false);
  await closeRecording(app);
});
