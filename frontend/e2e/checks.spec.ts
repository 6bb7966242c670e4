// Website checks in the window: added with the keyboard, looked at in depth, wrong values, a test, a list, and a thousand of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { ask, closeRecording, dismissMessages, expect, test, tryAgain } from "./host";
import { Site } from "./site";

interface Listed {
  total: number;
  rows: { website: string; state: string }[];
}

const pane = (app: Page): Locator => app.getByRole("region", { name: "Checks", exact: true });
const table = (app: Page): Locator => pane(app).getByRole("grid", { name: "Websites" });
const row = (app: Page, name: string): Locator =>
  table(app).getByRole("row", { name: new RegExp(`^${escaped(name)},`) });
const field = (app: Page, path: string): Locator => app.locator(`[data-path="website.${path}"]`);
const input = (app: Page, path: string): Locator => field(app, path).locator("input, select, textarea").first();
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

const listed = async (app: Page, limit = 200): Promise<Listed> =>
  (await ask(app, "websites", { sort: "name", descending: false, offset: 0, limit })) as Listed;

async function save(app: Page, website: Record<string, unknown>): Promise<void> {
  expect(await ask(app, "website_save", { website })).toEqual([]);
}

async function open(app: Page): Promise<void> {
  await app.keyboard.press("g");
  await app.keyboard.press("k");
  await expect(pane(app).getByRole("heading", { name: "Checks" })).toBeVisible();
}

/** As they are by default, but told anew every second. */
const FRAMES = ["10m", "1h"].map((past) => ({ past, every: "1s" }));
/** Often enough for a test that waits for checks. */
const OFTEN = "250ms";

/** No website is left from another test. A thousand are gone at once where the host's folder is known. */
async function calm(app: Page, workspace: string): Promise<void> {
  if (workspace !== "") {
    writeFileSync(join(workspace, "wirereel.json"), JSON.stringify({ check_frames: FRAMES }));
    await expect.poll(async () => (await listed(app)).total).toBe(0);
  }
  for (let all = await listed(app); all.total > 0; all = await listed(app)) {
    for (const { website } of all.rows) await ask(app, "website_remove", { website });
  }
}

let site: Site;
test.use({ ownHostOf: "checks" });

test.beforeEach(async ({ app, host }) => {
  await calm(app, host.workspace);
  site = await new Site().open();
});
test.afterEach(async () => {
  await site.close();
});

test("g k says what an empty list is for, also with nothing open, and leads to the form", async ({ app }) => {
  await closeRecording(app);
  await open(app);
  await expect(app).toHaveURL(/#\/checks$/);
  await expect(pane(app)).toContainText("No website is checked yet");
  await expect(pane(app).getByRole("button", { name: "Import a list" })).toBeVisible();
  await pane(app).getByRole("button", { name: "Add website" }).click();
  await expect(app.getByRole("dialog", { name: "Add a website" })).toBeVisible();
  await expect(input(app, "url")).toBeFocused();
  await app.keyboard.press("Escape");
  await expect(app.getByRole("dialog")).toHaveCount(0);
});

test("a website is added, chosen and looked at by keys alone", async ({ app }) => {
  await save(app, { name: "first", url: `${site.url}/first`, interval: OFTEN });
  await open(app);
  await pane(app).getByRole("button", { name: "Add website" }).focus();
  await app.keyboard.press("Enter");
  await expect(input(app, "url")).toBeFocused();
  await app.keyboard.type(`${site.url}/second`);
  await app.keyboard.press("Shift+Tab");
  await app.keyboard.press("Shift+Tab");
  await expect(input(app, "name")).toBeFocused();
  await app.keyboard.type("second");
  await input(app, "interval").focus();
  await app.keyboard.press("Control+a");
  await app.keyboard.type("1s");
  await expect(field(app, "interval")).toContainText("being edited");
  await app.keyboard.press("Enter");
  await expect(field(app, "interval")).toContainText("changed");
  await app.keyboard.press("Control+Enter");
  await expect(app.getByRole("dialog")).toHaveCount(0);
  await expect(row(app, "second")).toHaveAttribute("aria-selected", "true");
  await expect(row(app, "second")).toHaveAttribute("aria-label", /second, up/, { timeout: 10_000 });

  await table(app).focus();
  await app.keyboard.press("Home");
  await expect(row(app, "first")).toHaveAttribute("aria-selected", "true");
  await app.keyboard.press("ArrowDown");
  await expect(row(app, "second")).toHaveAttribute("aria-selected", "true");
  await expect(app).toHaveURL(/website=second/);

  const checks = pane(app).getByRole("grid", { name: "Checks of second" });
  await expect(checks.getByRole("row").nth(2)).toContainText("200", { timeout: 10_000 });
  await app.getByRole("tab", { name: "Check runs" }).focus();
  await app.keyboard.press("ArrowRight");
  await expect(pane(app).getByRole("img", { name: /by how long they took/ })).toBeVisible();
  await app.keyboard.press("ArrowRight");
  await expect(pane(app).getByRole("rowheader", { name: "200" })).toBeVisible();
  await expect(app).toHaveURL(/show=codes/);
  await app.keyboard.press("ArrowRight");
  await expect(pane(app).getByRole("columnheader", { name: "Available" })).toBeVisible();
  await app.keyboard.press("ArrowRight");
  await expect(pane(app).getByRole("img", { name: "Chart of response time" })).toBeVisible();
  await app.reload();
  await expect(app.getByRole("tab", { name: "Compare" })).toHaveAttribute("aria-selected", "true");
});

test("figures of both frames stand in the list: availability, times, status codes", async ({ app }) => {
  await save(app, { name: "shop", url: `${site.url}/shop`, interval: OFTEN });
  await open(app);
  await expect(row(app, "shop")).toHaveAttribute("aria-label", /past 10 min: 100\.0% available.*past 1 h/, {
    timeout: 20_000,
  });
  await expect(row(app, "shop")).toContainText("10 min");
  await expect(row(app, "shop")).toContainText("1 h");
  await expect(row(app, "shop")).toContainText(/200 ×\d/);
  await expect(pane(app)).toContainText(/10 min figures of \d\d:\d\d:\d\d, next in \d+ s/);
  await expect(row(app, "shop").locator("svg path.ok").first()).toHaveAttribute("d", /^M/);
});

test("a wrong value says what is allowed, and nothing can be saved meanwhile", async ({ app }) => {
  await open(app);
  await pane(app).getByRole("button", { name: "Add website" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a website" });
  const add = dialog.getByRole("button", { name: "Add website" });
  await expect(add).toBeDisabled();
  await input(app, "url").fill("htp://shop");
  await expect(field(app, "url")).toContainText("invalid");
  await expect(field(app, "url")).toContainText(/htp:\/\/shop.* is not /);
  await expect(add).toBeDisabled();
  await input(app, "interval").fill("5x");
  await expect(field(app, "interval")).toContainText('"5x" is not such as 10s or 5m.');
  await input(app, "expect.status").fill("200, 20x");
  await expect(field(app, "expect.status")).toContainText("invalid");
  await expect(input(app, "expect.status")).toHaveAttribute("aria-invalid", "true");
  await input(app, "url").fill(`${site.url}/`);
  await input(app, "interval").fill("10s");
  await input(app, "expect.status").fill("200, 3xx");
  await input(app, "headers").fill("Accept: text/html");
  await expect(field(app, "headers")).toContainText("being edited");
  await input(app, "url").focus();
  await expect(field(app, "headers")).toContainText("changed");
  await expect(add).toBeEnabled();
  await add.click();
  await expect(dialog).toHaveCount(0);
  await expect.poll(async () => (await listed(app)).rows.map(({ website }) => website)).toEqual([`${site.url}/`]);
  const { config } = (await ask(app, "website", { website: `${site.url}/`, points: 1 })) as {
    config: Record<string, unknown>;
  };
  expect(config).toMatchObject({ interval: "10s", headers: { Accept: "text/html" } });
});

test("test now shows every phase of one check, and why it would be down, without saving anything", async ({ app }) => {
  site.delayMs = 300;
  await open(app);
  await pane(app).getByRole("button", { name: "Add website" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a website" });
  await input(app, "url").fill(`${site.url}/from`);
  await dialog.getByRole("button", { name: "Test now" }).click();
  const came = dialog.getByRole("status", { name: "What came of the test" });
  await expect(came).toContainText("200", { timeout: 10_000 });
  for (const phase of ["connect", "write", "TTFB", "transfer"]) await expect(came).toContainText(phase);
  await expect(came.locator("dl div", { hasText: "TTFB" })).toContainText(/([3-9]\d\d ms|\d\.\d+ s)/);
  await expect(came.locator("dl div", { hasText: "TLS" }).first()).toContainText("none");
  await expect(came.getByRole("listitem").nth(0)).toContainText("302");
  await expect(came.getByRole("listitem").nth(1)).toContainText("/to");

  site.status = 503;
  await dialog.getByRole("button", { name: "Test now" }).click();
  await expect(came).toContainText(/503/, { timeout: 10_000 });
  await expect(came.locator(".reason")).toHaveClass(/err/);
  await site.close();
  await dialog.getByRole("button", { name: "Test now" }).click();
  await expect(came).toContainText(/refused/i, { timeout: 10_000 });
  await site.open();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await listed(app)).total).toBe(0);
});

test("a website is edited, paused, woken and removed", async ({ app }) => {
  await save(app, { name: "shop", url: `${site.url}/shop`, interval: OFTEN });
  await open(app);
  await expect(row(app, "shop")).toHaveAttribute("aria-label", /shop, up/, { timeout: 10_000 });
  const more = pane(app).getByRole("button", { name: "More for websites" });
  await more.click();
  await app.getByRole("menuitem", { name: "Pause" }).click();
  await expect(row(app, "shop")).toHaveAttribute("aria-label", /shop, paused/);
  await more.click();
  await app.getByRole("menuitem", { name: "Check again" }).click();
  await expect(row(app, "shop")).toHaveAttribute("aria-label", /shop, up/, { timeout: 10_000 });

  await more.click();
  await app.getByRole("menuitem", { name: "Edit" }).click();
  await input(app, "name").fill("renamed");
  await app.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(row(app, "renamed")).toHaveAttribute("aria-selected", "true");
  await expect(row(app, "shop")).toHaveCount(0);

  await dismissMessages(app);
  await more.click();
  await app.getByRole("menuitem", { name: "Remove" }).click();
  await app.getByRole("dialog", { name: "Remove renamed?" }).getByRole("button", { name: "Remove" }).click();
  await expect(pane(app)).toContainText("No website is checked yet");
});

test("a list is shown before it is taken over; what is there already stays as it is", async ({ app }) => {
  await save(app, { url: `${site.url}/known`, interval: OFTEN });
  await open(app);
  await pane(app).getByRole("button", { name: "More for websites" }).click();
  await app.getByRole("menuitem", { name: "Import a list" }).click();
  const dialog = app.getByRole("dialog", { name: "Import a list of websites" });
  await dialog.getByLabel("The list").fill(`${site.url}/known\n${site.url}/one\nnonsense\n${site.url}/two\n`);
  await expect(dialog.getByRole("list", { name: "Websites found" })).toContainText("/two");
  await expect(dialog.getByRole("list", { name: "Websites found" })).toContainText("there already");
  await expect(dialog.getByRole("list", { name: "What cannot be taken over" })).toContainText("nonsense");
  expect((await listed(app)).total).toBe(1);
  await dialog.getByRole("button", { name: "Add 2 websites" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(app, `${site.url}/two`)).toBeVisible();
  expect((await listed(app)).total).toBe(3);
});

test("websites are found by name, by state, and in any order", async ({ app }) => {
  await save(app, { name: "alpha", url: `${site.url}/a`, interval: OFTEN });
  await save(app, { name: "beta", url: `${site.url}/b`, interval: OFTEN, paused: true });
  await save(app, { name: "gamma", url: `${site.url}/c`, interval: OFTEN, expect: { status: [404] } });
  await open(app);
  await expect(row(app, "gamma")).toHaveAttribute("aria-label", /gamma, down/, { timeout: 10_000 });
  // The worst stands on top.
  await expect(table(app).getByRole("row").nth(1)).toHaveAttribute("aria-label", /^gamma/);
  await table(app).getByRole("button", { name: "Website", exact: true }).click();
  await expect(table(app).getByRole("row").nth(1)).toHaveAttribute("aria-label", /^alpha/);
  await table(app).getByRole("button", { name: "Website", exact: true }).click();
  await expect(table(app).getByRole("row").nth(1)).toHaveAttribute("aria-label", /^gamma/);
  await pane(app).getByLabel("Find a website").fill("alph");
  await expect(row(app, "alpha")).toBeVisible();
  await expect(row(app, "gamma")).toHaveCount(0);
  await pane(app).getByLabel("Find a website").fill("");
  await pane(app).getByRole("button", { name: "State: all" }).click();
  await app.getByRole("menuitem", { name: /^Paused/ }).click();
  await expect(row(app, "beta")).toBeVisible();
  await expect(row(app, "alpha")).toHaveCount(0);
  await pane(app).getByLabel("Find a website").fill("nothing like it");
  await expect(pane(app)).toContainText("No website is like that");
  await pane(app).getByRole("button", { name: "Show all" }).click();
  await expect(row(app, "alpha")).toBeVisible();
});

test("a check shows its redirects hop by hop and its reason, and failing ones stand alone where asked", async ({
  app,
}) => {
  await save(app, { name: "moved", url: `${site.url}/from`, interval: OFTEN });
  await open(app);
  const checks = pane(app).getByRole("grid", { name: "Checks of moved" });
  await expect(checks.getByRole("row").nth(1)).toContainText("200", { timeout: 10_000 });
  const detail = pane(app).getByRole("region", { name: "Chosen check" });
  await expect(detail.getByRole("listitem").nth(0)).toContainText("302");
  await expect(detail.getByRole("listitem").nth(1)).toContainText("/to");
  await expect(detail).toContainText("unattributed");
  site.status = 500;
  await expect(row(app, "moved")).toHaveAttribute("aria-label", /moved, down/, { timeout: 10_000 });
  await pane(app).getByRole("button", { name: "Failing only" }).click();
  await expect(checks.getByRole("row").nth(1)).toContainText("500");
  await expect(checks.getByRole("gridcell", { name: "200", exact: true })).toHaveCount(0);
  await expect(detail.locator(".reason")).toContainText("500");
});

test(
  "a thousand websites scroll smoothly: only rows in view exist, and the last one is a key away",
  { tag: "@alone" },
  async ({ app }) => {
    test.setTimeout(90_000);
    const name = (n: number): string => `site-${String(n).padStart(4, "0")}`;
    const text = ["name,url", ...Array.from({ length: 1000 }, (_, n) => `${name(n)},${site.url}/${n}`)].join("\n");
    expect(await ask(app, "websites_import", { text, save: true })).toMatchObject({ saved: 1000 });
    await open(app);
    await table(app).getByRole("button", { name: "Website", exact: true }).click();
    await expect(table(app)).toHaveAttribute("aria-rowcount", "1001", { timeout: 10_000 });
    await expect(row(app, name(0))).toBeVisible();
    expect(await table(app).getByRole("row").count()).toBeLessThan(40);

    // Every frame of two seconds of scrolling: none takes so long that it is seen to stop.
    const longest = await table(app).evaluate(async (element) => {
      let most = 0;
      let before = performance.now();
      const end = before + 2000;
      while (performance.now() < end) {
        element.scrollTop += 240;
        await new Promise((next) => requestAnimationFrame(next));
        most = Math.max(most, performance.now() - before);
        before = performance.now();
      }
      return most;
    });
    test.info().annotations.push({ type: "longest frame", description: `${Math.round(longest)} ms` });
    expect(longest).toBeLessThan(600);
    expect(await table(app).getByRole("row").count()).toBeLessThan(40);

    await table(app).focus();
    await app.keyboard.press("End");
    await expect(row(app, name(999))).toHaveAttribute("aria-selected", "true");
    await app.keyboard.press("PageUp");
    await app.keyboard.press("Home");
    await expect(row(app, name(0))).toHaveAttribute("aria-selected", "true");
    await pane(app).getByLabel("Find a website").fill(name(700));
    await expect(row(app, name(700))).toBeVisible();
  },
);

test("below 1180 pixels the alert history is a tab, and what is below the list folds away", async ({ app }) => {
  await app.setViewportSize({ width: 1024, height: 700 });
  await save(app, { name: "shop", url: `${site.url}/shop`, interval: OFTEN });
  await open(app);
  await expect(row(app, "shop")).toBeVisible();
  await expect(pane(app).getByRole("complementary", { name: "Availability and alert history" })).toHaveCount(0);
  await app.getByRole("tab", { name: "Alerts" }).click();
  await expect(pane(app).getByRole("list", { name: "Alert history" })).toBeVisible();
  await pane(app).getByRole("button", { name: "Close" }).click();
  await expect(pane(app).getByRole("list", { name: "Alert history" })).toHaveCount(0);
  await app.getByRole("tab", { name: "Check runs" }).click();
  await expect(pane(app).getByRole("grid", { name: "Checks of shop" })).toBeVisible();
  await app.setViewportSize({ width: 1440, height: 900 });
});

test("when the host does not answer, the figures stay with their age and one way forward", async ({ app }) => {
  await save(app, { name: "shop", url: `${site.url}/shop`, interval: OFTEN });
  await open(app);
  await expect(row(app, "shop")).toBeVisible();
  await app.route("**/api/websites", (route) =>
    route.fulfill({ status: 500, json: { code: "internal", message: "The store is busy.", detail: "" } }),
  );
  await expect(pane(app).getByRole("alert")).toContainText("The store is busy.", { timeout: 20_000 });
  await expect(pane(app)).toContainText(/The figures are those of \d\d:\d\d:\d\d/);
  await expect(row(app, "shop")).toBeVisible();
  await app.unroute("**/api/websites");
  await tryAgain(pane(app));
});
