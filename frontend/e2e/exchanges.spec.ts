import type { Page } from "@playwright/test";
import { ask, expect, openSample, playheadSeconds, showRows, test } from "./host";

const grid = (page: Page) => page.getByRole("grid", { name: "HTTP exchanges" });
const line = (page: Page, index: number) => grid(page).locator(`[aria-rowindex="${index + 2}"]`);
const drawer = (page: Page) => page.getByRole("region", { name: "Selected exchange" });
const heads = (page: Page) => grid(page).getByRole("columnheader");

test.beforeEach(async ({ app }) => {
  await openSample(app);
  await showRows(app, "exchanges");
});

test("lists every exchange of the recording and holds only the rows in view", async ({ app }) => {
  const { recording } = (await ask(app, "app_state", {})) as { recording: { exchanges: number } };
  await expect(grid(app)).toHaveAttribute("aria-rowcount", String(recording.exchanges + 1));
  expect(await grid(app).getByRole("row").count()).toBeLessThan(60);
});

test("goes to the last row and back by keys", async ({ app }) => {
  const rows = Number(await grid(app).getAttribute("aria-rowcount")) - 1;
  await grid(app).focus();
  await app.keyboard.press("End");
  await expect(
    line(app, rows - 1)
      .getByRole("gridcell")
      .first(),
  ).toBeVisible();
  await app.keyboard.press("Home");
  await expect(line(app, 0).getByRole("gridcell").first()).toBeVisible();
  await app.keyboard.press("PageDown");
  await app.keyboard.press("ArrowDown");
  await expect(grid(app)).toHaveAttribute("aria-activedescendant", /^exchange-\d+-0$/);
});

test("sorts on the host by any column", async ({ app }) => {
  const duration = heads(app).filter({ hasText: "Duration" });
  await duration.getByRole("button").click();
  await expect(duration).toHaveAttribute("aria-sort", "ascending");
  await duration.getByRole("button").click();
  await expect(duration).toHaveAttribute("aria-sort", "descending");
  const scope = { range: null, filter: "" };
  const page = (await ask(app, "exchanges", { scope, sort: "duration_us", descending: true, offset: 0, limit: 1 })) as {
    rows: { path: string }[];
  };
  await expect(line(app, 0)).toContainText(page.rows[0]?.path ?? "");
});

test("a filter leaves what matches and says how many", async ({ app }) => {
  await showRows(app, "exchanges", "status:>=500");
  await expect(app.getByText(/^[\d,]+ match, rows 1 to \d+ in view$/)).toBeVisible();
  await expect(line(app, 0)).toContainText(/5\d\d/);
});

test("says so when nothing matches, and clears the filter", async ({ app }) => {
  await app.evaluate(() => (window.location.hash = "#/exchanges?filter=path%3A%2Fno-such-path"));
  await expect(app.getByText("No exchanges match in the recording")).toBeVisible();
  await app.getByRole("button", { name: "Clear filter" }).first().click();
  await expect(line(app, 0).getByRole("gridcell").first()).toBeVisible();
});

test("a click opens the exchange and moves the playhead to its start", async ({ app }) => {
  await showRows(app, "exchanges", "server:order-service method:POST");
  const before = await playheadSeconds(app);
  await line(app, 2).click();
  await expect(line(app, 2)).toHaveAttribute("aria-selected", "true");
  await expect(drawer(app).getByText("Request headers")).toBeVisible();
  await expect(drawer(app).getByText("POST", { exact: false }).first()).toBeVisible();
  expect(await playheadSeconds(app)).toBeLessThan(before);
  await expect(grid(app).getByTitle("The playhead is here")).toBeVisible();
  await app.keyboard.press("Escape");
  await expect(drawer(app)).toHaveCount(0);
});

test("shows headers without secrets, the decoded body, timing and TCP facts", async ({ app }) => {
  await showRows(app, "exchanges", "server:product-catalog-service status:200");
  await line(app, 0).click();
  await expect(drawer(app).getByRole("region", { name: "Body of the response" })).toContainText("{");
  await expect(drawer(app).getByText(/^JSON, /)).toBeVisible();
  await expect(drawer(app).getByText("Response transfer")).toBeVisible();
  await expect(drawer(app).getByText("Retransmits")).toBeVisible();
});

test("secrets stay hidden, also in the copied command", async ({ app }) => {
  await app.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await showRows(app, "exchanges", "server:api-gateway identity:*");
  await line(app, 0).click();
  await expect(drawer(app).locator("dt", { hasText: /^authorization$/i })).toBeVisible();
  await drawer(app).getByRole("button", { name: "Copy as curl" }).click();
  await expect(app.getByText(/^Copied the request as a curl command\./)).toBeVisible();
  const command = await app.evaluate(() => navigator.clipboard.readText());
  expect(command).toMatch(/^curl \\\n {2}\S/);
  expect(command).toMatch(/authorization: .*<hidden>/i);
});

test("columns are chosen, moved and remembered", async ({ app }) => {
  await app.getByRole("button", { name: "Columns" }).click();
  const chooser = app.getByRole("complementary", { name: "Columns" });
  await chooser.getByRole("button", { name: "Reset" }).click();
  await chooser.getByRole("checkbox", { name: "Host" }).check();
  await chooser.getByRole("checkbox", { name: "Identity" }).uncheck();
  await chooser.getByRole("checkbox", { name: "Host" }).focus();
  await app.keyboard.press("Alt+ArrowUp");
  const titles = async () => (await heads(app).getByRole("button").allTextContents()).map((text) => text.trim());
  expect((await titles()).slice(0, 5)).toEqual(["Time", "Client", "Server", "Host", "Method"]);
  expect(await titles()).not.toContain("Identity");
  await app.reload();
  await expect(line(app, 0).getByRole("gridcell").first()).toBeVisible();
  expect((await titles()).slice(0, 5)).toEqual(["Time", "Client", "Server", "Host", "Method"]);
  await app.getByRole("button", { name: "Columns" }).click();
  await chooser.getByRole("button", { name: "Reset" }).click();
});

test("the drawer's height is changed by keys and remembered", async ({ app }) => {
  await line(app, 0).click();
  const handle = app.getByRole("separator", { name: "Height of the detail" });
  const before = Number(await handle.getAttribute("aria-valuenow"));
  await handle.focus();
  await app.keyboard.press("ArrowDown");
  await expect(handle).toHaveAttribute("aria-valuenow", String(before - 24));
  await app.reload();
  await expect(handle).toHaveAttribute("aria-valuenow", String(before - 24));
  await handle.focus();
  await app.keyboard.press("ArrowUp");
});
