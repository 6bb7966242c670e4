// Alerts in the window: a website breaks and recovers, and what people do about it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { ask, expect, test } from "./host";
import { Site } from "./site";

const pane = (app: Page): Locator => app.getByRole("region", { name: "Alerts", exact: true });
const checks = (app: Page): Locator => app.getByRole("region", { name: "Checks", exact: true });
const list = (app: Page): Locator => pane(app).getByRole("listbox", { name: "Alerts" });
const detail = (app: Page): Locator => pane(app).getByRole("complementary", { name: "Chosen alert" });
const website = (app: Page, name: string): Locator => checks(app).getByRole("row", { name: new RegExp(`^${name},`) });
const rail = (app: Page, name: string): Locator =>
  app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name });

/** Two minutes are long for a test: down when at most 80% of the last three seconds are good, of twelve checks. */
const rules = [
  {
    id: "website-down",
    name: "Website down",
    subject: { kind: "website" },
    metric: "up",
    when: { kind: "availability", percent: 80, over: "3s", min_records: 4 },
  },
];
const FIGURES = "availability=[\\d.]+%, time=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";
const down = (name: string): RegExp => new RegExp(`Website ${name} is down\\. ${FIGURES}`);
const up = (name: string): RegExp => new RegExp(`Website ${name} is up again\\. ${FIGURES}, it was down for \\d+ s`);

let site: Site;
/** Each test has a website of its own: an alert stays open beyond the test that opened it. */
let name = "";
let tests = 0;
/** Who is told. */
let receiver: Site;

async function configure(app: Page, workspace: string, websites: object[]): Promise<void> {
  const target = `team-${tests}`;
  const targets = [{ id: target, to: { kind: "webhook", url: `${receiver.url}/hook`, format: "generic" } }];
  writeFileSync(join(workspace, "wirereel.json"), JSON.stringify({ websites, alerts: { rules, targets } }));
  // It is read within about a second.
  const inForce = async (): Promise<string[]> => {
    const told = await ask(app, "alerts", { which: "all", offset: 0, limit: 1 });
    return (told as { targets: { target: string }[] }).targets.map((one) => one.target);
  };
  await expect.poll(inForce).toEqual([target]);
}

async function open(app: Page): Promise<void> {
  await app.keyboard.press("g");
  await app.keyboard.press("a");
  await expect(pane(app).getByRole("heading", { name: "Alerts" })).toBeVisible();
}

async function breaks(app: Page): Promise<void> {
  await app.keyboard.press("g");
  await app.keyboard.press("k");
  await expect(website(app, name)).toHaveAttribute("aria-label", /, up/, { timeout: 15_000 });
  site.status = 503;
  await expect(website(app, name)).toHaveAttribute("aria-label", /, down/, { timeout: 10_000 });
}

test.use({ ownHostOf: "alerts" });

test.beforeEach(async ({ app, host }) => {
  test.skip(host.workspace === "", "The host's folder is not known.");
  site = await new Site().open();
  receiver = await new Site().open();
  tests += 1;
  name = `shop-${tests}`;
  await configure(app, host.workspace, [{ name, url: `${site.url}/shop`, interval: "250ms" }]);
});
test.afterEach(async () => {
  await site.close();
  await receiver.close();
});

test("a website breaks: it goes down, the alert has the exact text, it recovers, and its duration is shown", async ({
  app,
}) => {
  test.setTimeout(90_000);
  await breaks(app);
  // Shown wherever somebody looks.
  await expect(app.locator(".toast").filter({ hasText: down(name) })).toBeVisible({ timeout: 20_000 });
  await expect(rail(app, "Alerts")).toHaveAttribute("title", /1 open alert/);
  await expect(rail(app, "Checks")).toHaveAttribute("title", /1 website down/);
  await expect(app.getByRole("button", { name: "Alerts, 1 open" })).toBeVisible();
  await expect(checks(app).getByRole("list", { name: "Alert history" })).toContainText(down(name));

  await app
    .locator(".toast")
    .filter({ hasText: down(name) })
    .getByRole("button", { name: "Show" })
    .click();
  await expect(list(app).getByRole("option").first()).toContainText(down(name));
  await expect(list(app).getByRole("option").first()).toContainText(/open for \d+/);
  await expect(detail(app)).toContainText(down(name));
  await expect(detail(app).getByRole("list", { name: "Deliveries" })).toContainText(/team.*opened.*sent/, {
    timeout: 10_000,
  });
  await expect.poll(() => receiver.bodies.some((body) => down(name).test(body))).toBe(true);

  await rail(app, "Health").click();
  site.status = 200;
  const recovered = app.locator(".toast").filter({ hasText: up(name) });
  await expect(recovered).toBeVisible({ timeout: 30_000 });
  await recovered.getByRole("button", { name: "Show" }).click();
  await expect(detail(app)).toContainText(up(name));
  await expect(list(app).getByRole("option").first()).toContainText(/lasted \d+/);
  await expect(pane(app)).toContainText("none open");
  await expect(app.getByRole("button", { name: "Alerts, 0 open" })).toBeVisible();
  await expect(rail(app, "Checks")).not.toHaveAttribute("title", /down/);
});

test("an alert is acknowledged, has a note, and its subject is silenced", async ({ app }) => {
  test.setTimeout(90_000);
  await breaks(app);
  await open(app);
  await expect(list(app).getByRole("option").first()).toContainText(down(name), { timeout: 20_000 });
  await detail(app).getByRole("button", { name: "Acknowledge" }).click();
  await expect(detail(app).getByRole("button", { name: "Acknowledged" })).toHaveAttribute("aria-pressed", "true");
  await expect(list(app).getByRole("option").first()).toContainText("acknowledged");
  await expect(pane(app)).toContainText("all acknowledged");

  await detail(app).getByLabel("Note").fill("The database was full.");
  await detail(app).getByRole("button", { name: "Save note" }).click();
  await expect(detail(app).getByRole("button", { name: "Save note" })).toHaveCount(0);
  await app.reload();
  await expect(detail(app).getByLabel("Note")).toHaveValue("The database was full.");

  await detail(app).getByRole("button", { name: "Silence" }).click();
  await app.getByRole("menuitem", { name: "For another time" }).click();
  const dialog = app.getByRole("dialog", { name: `Silence ${name}` });
  await dialog.getByLabel("For how long").fill("soon");
  await expect(dialog.getByRole("button", { name: "Silence" })).toBeDisabled();
  await dialog.getByLabel("For how long").fill("90m");
  await dialog.getByRole("button", { name: "Silence" }).click();
  await expect(detail(app)).toContainText("Silenced");
  await app.getByRole("tab", { name: /^Rules/ }).click();
  await expect(pane(app).getByRole("list", { name: "Silences" })).toContainText(name);
  await pane(app).getByRole("list", { name: "Silences" }).getByRole("button", { name: "End" }).click();
  await expect(pane(app).getByRole("list", { name: "Silences" })).toHaveCount(0);
});

test("an alert opens what matters: the failing checks of its time", async ({ app }) => {
  test.setTimeout(60_000);
  await breaks(app);
  await open(app);
  await expect(list(app).getByRole("option").first()).toContainText(down(name), { timeout: 20_000 });
  await list(app).focus();
  await app.keyboard.press("Home");
  await app.keyboard.press("Enter");
  await expect(checks(app)).toBeVisible();
  await expect(checks(app).getByRole("button", { name: "Failing only" })).toHaveAttribute("aria-pressed", "true");
  const runs = checks(app).getByRole("grid", { name: `Checks of ${name}` });
  await expect(runs.getByRole("row").nth(1)).toContainText("503");
  await expect(runs.getByRole("gridcell", { name: "200", exact: true })).toHaveCount(0);
});

test("rules say when they open and when they are over; targets are tried, and say why it failed", async ({ app }) => {
  await open(app);
  await app.getByRole("tab", { name: /^Rules/ }).click();
  const rule = pane(app).getByRole("list", { name: "Rules" }).getByRole("listitem").first();
  await expect(rule).toContainText("Website down");
  await expect(rule).toContainText(/80\s?%/);
  await expect(pane(app)).toContainText("between the two nothing changes");
  await app.getByRole("tab", { name: /^Targets/ }).click();
  const target = pane(app).getByRole("list", { name: "Targets" }).getByRole("listitem").first();
  await expect(target).toContainText("team");
  await target.getByRole("button", { name: "Send a test" }).click();
  await expect(target).toContainText("The test arrived.");
  expect(receiver.seen.get("/hook")).toBeGreaterThan(0);
  receiver.status = 500;
  await target.getByRole("button", { name: "Send a test" }).click();
  await expect(target).toContainText("500");
  await expect(target).not.toContainText("The test arrived.");
});

test(
  "alerts stand on the reel of what is captured live, and the arrows stop at them",
  { tag: "@alone" },
  async ({ app }) => {
    test.setTimeout(90_000);
    const { hindrance } = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
    test.skip(hindrance !== null, hindrance ?? "");
    await ask(app, "capture_start", { config: { interfaces: ["lo"] } });
    await expect(app.locator("button.source")).toContainText(/live/i, { timeout: 15_000 });
    await breaks(app);
    await expect(app.locator(".toast").filter({ hasText: down(name) })).toBeVisible({ timeout: 20_000 });
    await expect(app.locator("#reel-summary")).toContainText(`${name}: Website down`, { timeout: 15_000 });

    await app.getByRole("button", { name: "What steps stop at" }).click();
    await app.getByRole("menuitem", { name: "Alert" }).click();
    await app.getByRole("button", { name: "Previous alert" }).click();
    await expect(app).toHaveURL(/[?&]at=/);
    // The list follows the playhead: its figures are of that moment.
    await expect(checks(app)).toContainText("the playhead's moment");

    // The failing check's own packets were captured.
    await open(app);
    await detail(app).getByRole("button", { name: "Packets" }).click({ timeout: 15_000 });
    await expect(app.getByRole("region", { name: "Flows", exact: true })).toBeVisible();
    await expect(app).toHaveURL(/[?&]flow=\d+/);
    await ask(app, "capture_stop", {});
  },
);
