// Probes in the window: a path added by the form, its hops, what breaks it, single probes, regions, and wrong values.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { Path, PROGRAM } from "./hop";
import { ask, closeRecording, dismissMessages, expect, test } from "./host";

interface Listed {
  total: number;
  rows: { probe: string; state: string }[];
}

const pane = (app: Page): Locator => app.getByRole("region", { name: "Probes", exact: true });
const list = (app: Page): Locator => pane(app).getByRole("listbox", { name: "Probes" });
const row = (app: Page, name: string): Locator => list(app).getByRole("option", { name: new RegExp(`^${name},`) });
const field = (app: Page, path: string): Locator => app.locator(`[data-path="probe.${path}"]`);
const input = (app: Page, path: string): Locator => field(app, path).locator("input, select, textarea").first();
const hopInput = (app: Page, n: number, what = "Hop"): Locator =>
  field(app, "path").getByRole("textbox", { name: `${what} of hop ${n}` });

const listed = async (app: Page): Promise<Listed> => (await ask(app, "probes", {})) as Listed;

async function save(app: Page, probe: Record<string, unknown>): Promise<void> {
  expect(await ask(app, "probe_save", { probe })).toEqual([]);
}

async function open(app: Page): Promise<void> {
  await app.keyboard.press("g");
  await app.keyboard.press("p");
  await expect(pane(app).getByRole("heading", { name: "Probes" })).toBeVisible();
}

/** No probe is left from another test. */
async function calm(app: Page, workspace: string): Promise<void> {
  if (workspace !== "") writeFileSync(join(workspace, "wirereel.json"), "{}");
  for (const { probe } of (await listed(app)).rows) await ask(app, "probe_remove", { probe });
  await expect.poll(async () => (await listed(app)).total).toBe(0);
}

const HOPS = ["Mediary A", "Mediary B", "Gateway B", "catalog"];
/** Often enough for a test that waits for probes. */
const OFTEN = "250ms";
/** A probe of the whole path, as in `wirereel.json`. */
const whole = (path: Path, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: "catalog",
  target: path.target,
  from: "A",
  to: { region: "B", service: "catalog" },
  path: HOPS.map((hop) => ({ hop })),
  interval: OFTEN,
  timeout: "2s",
  ...more,
});

/** One for all tests; what a test froze or ended is there again for the next one. */
const path = new Path();
test.use({ ownHostOf: "probes" });
test.skip(PROGRAM === undefined, "Hops are started with the program: set WIREREEL_BIN.");

test.beforeAll(() => path.start());
test.afterAll(() => path.end());
test.beforeEach(async ({ app, host }) => {
  await path.mend();
  await calm(app, host.workspace);
});

test("g p says what a probe is, also with nothing open, and leads to the form", async ({ app }) => {
  await closeRecording(app);
  await open(app);
  await expect(app).toHaveURL(/#\/probes$/);
  await expect(pane(app)).toContainText("Nothing is probed yet");
  await expect(pane(app)).toContainText("wirereel probe respond");
  await pane(app).getByRole("button", { name: "Add probe" }).click();
  await expect(app.getByRole("dialog", { name: "Add a probe" })).toBeVisible();
  await expect(input(app, "name")).toBeFocused();
  await app.keyboard.press("Escape");
  await expect(app.getByRole("dialog")).toHaveCount(0);
});

test("a path is added by the form, hop by hop, and every hop is seen", async ({ app }) => {
  test.setTimeout(60_000);
  await open(app);
  await pane(app).getByRole("button", { name: "Add probe" }).click();
  await input(app, "name").fill("catalog");
  await input(app, "target").fill(path.target);
  await input(app, "from").fill("A");
  await input(app, "to.region").fill("B");
  await input(app, "to.service").fill("catalog");
  await input(app, "interval").fill("1s");
  for (const [n, hop] of HOPS.entries()) {
    await field(app, "path").getByRole("button", { name: "Add hop" }).click();
    await expect(hopInput(app, n + 1)).toBeFocused();
    await app.keyboard.type(hop);
  }
  await app.keyboard.press("Control+Enter");
  await expect(app.getByRole("dialog")).toHaveCount(0);

  await expect(row(app, "catalog")).toHaveAttribute("aria-selected", "true");
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up.*4 hops, 1 does not report/, {
    timeout: 15_000,
  });
  const hops = pane(app).getByRole("table", { name: "Hops" });
  const line = (hop: string): Locator => hops.getByRole("row", { name: new RegExp(`^${hop} `) });
  await expect(line("Mediary A")).toContainText("yes", { timeout: 15_000 });
  await expect(line("Mediary B")).toContainText("no");
  await expect(line("Mediary B")).toContainText("unknown");
  await expect(line("Gateway B")).toContainText("yes");
  await expect(line("catalog")).toContainText(/\d (µs|ms)/);
  const bar = pane(app).getByRole("img", { name: /^Path of a probe/ });
  await expect(bar).toHaveAttribute(
    "aria-label",
    /Mediary A .*wire, Mediary B, wire .*Gateway B .*catalog answers \d[\d.]* (µs|ms)/,
  );
  await expect(pane(app)).toContainText("Time through Mediary B is known only as a sum");
});

test("the parts of the median probe sum up to its total", async ({ app }) => {
  await save(app, whole(path));
  await open(app);
  await pane(app).getByRole("button", { name: "Tables" }).click();
  const rows = pane(app).getByRole("region", { name: "Median probe" }).getByRole("row");
  await expect(rows.last()).toContainText("Total", { timeout: 15_000 });
  const us = (text: string): number => {
    const [, figure, unit] = /(\d+(?:\.\d+)?) (µs|ms|s)/.exec(text) ?? [];
    return Number(figure) * ({ µs: 1, ms: 1e3, s: 1e6 }[unit ?? ""] ?? NaN);
  };
  // The median changes with every probe: both are read at once.
  const times = await rows.evaluateAll((all) => all.slice(1).map((one) => one.children[2]?.textContent ?? ""));
  const total = us(times.at(-1) ?? "");
  const sum = times.slice(0, -1).reduce((all, text) => all + us(text), 0);
  // As far as three figures tell.
  expect(Math.abs(sum - total)).toBeLessThan(600);
  await pane(app).getByRole("button", { name: "Charts" }).click();
});

test("a service that is gone shows as down with its reason, a frozen one with the hop that saw the probe last", async ({
  app,
}) => {
  test.setTimeout(90_000);
  await save(app, whole(path, { timeout: "1s" }));
  await open(app);
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up/, { timeout: 15_000 });
  path.catalog.freeze();
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, down/, { timeout: 20_000 });
  await app.getByRole("tab", { name: "Probe runs" }).click();
  await pane(app).getByRole("button", { name: "Failing only" }).click();
  const runs = pane(app).getByRole("grid", { name: "Probes of catalog" });
  const late = runs.getByRole("row").filter({ hasText: "timeout" }).first();
  await expect(late).toBeVisible({ timeout: 15_000 });
  await expect(runs.getByRole("gridcell", { name: "OK", exact: true })).toHaveCount(0);
  await late.click();
  const detail = pane(app).getByRole("region", { name: "Chosen probe" });
  await expect(detail.locator(".reason")).toHaveClass(/err/);
  await expect(detail).toContainText(/Last seen: .*(Mediary A|Gateway B|catalog)/);
  await expect(app).toHaveURL(/probe=catalog.*of_probe=runs&failing_probes=1&run=/);

  path.catalog.wake();
  await path.catalog.kill();
  await pane(app).getByRole("button", { name: "Failing only" }).click();
  await expect(
    runs
      .getByRole("row")
      .filter({ hasText: /unavailable/i })
      .first(),
  ).toBeVisible({ timeout: 20_000 });
  await path.catalog.start();
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up/, { timeout: 20_000 });
});

test("a single probe has its waterfall, every part and its id, and is found again by its address", async ({ app }) => {
  await save(app, whole(path));
  await open(app);
  await app.getByRole("tab", { name: "Probe runs" }).click();
  const runs = pane(app).getByRole("grid", { name: "Probes of catalog" });
  await expect(runs.getByRole("row").nth(2)).toContainText("OK", { timeout: 15_000 });
  await runs.getByRole("row").nth(2).click();
  const detail = pane(app).getByRole("region", { name: "Chosen probe" });
  const held = detail.getByRole("list", { name: "How long each hop held the call" }).getByRole("listitem");
  // Connecting is a bar of its own, where there was no connection yet.
  const bars = held.filter({ hasNotText: "connect" });
  await expect(bars).toHaveCount(4);
  await expect(bars.nth(1)).toContainText("Mediary A");
  await expect(bars.nth(2)).toContainText("behind Mediary B, which did not report");
  await expect(bars.nth(3)).toContainText(/catalog\s+\d[\d.]* (µs|ms)/);
  await expect(detail).toContainText("each by one hop's own clock");
  await expect(detail).toContainText(/Probe id\s*[0-9a-f]{32}/);
  const time = await detail.locator(".head .mono").textContent();
  await app.reload();
  await expect(pane(app).getByRole("region", { name: "Chosen probe" }).locator(".head .mono")).toHaveText(time ?? "");
});

test("a wrong value says what is allowed, and hops are moved and removed by keys", async ({ app }) => {
  await open(app);
  await pane(app).getByRole("button", { name: "Add probe" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a probe" });
  const add = dialog.getByRole("button", { name: "Add probe" });
  await expect(add).toBeDisabled();
  await input(app, "name").fill("catalog");
  await input(app, "target").fill("gopher://x");
  await expect(field(app, "target")).toContainText("invalid");
  await expect(add).toBeDisabled();
  await input(app, "target").fill(path.target);
  await expect(field(app, "target")).not.toContainText("invalid");
  for (const hop of ["one", "two", "three"]) {
    await field(app, "path").getByRole("button", { name: "Add hop" }).click();
    await app.keyboard.type(hop);
  }
  await app.keyboard.press("Alt+ArrowUp");
  await expect(hopInput(app, 2)).toHaveValue("three");
  await expect(hopInput(app, 2)).toBeFocused();
  await field(app, "path").getByRole("button", { name: "Remove hop 1" }).press("Enter");
  await expect(hopInput(app, 1)).toHaveValue("three");
  await add.click();
  await expect(dialog).toHaveCount(0);
  const { config } = (await ask(app, "probe", { probe: "catalog", columns: 1 })) as { config: { path: unknown } };
  expect(config.path).toEqual([{ hop: "three" }, { hop: "two" }]);
});

test("a probe is edited, paused, woken and removed", async ({ app }) => {
  await save(app, whole(path));
  await open(app);
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up/, { timeout: 15_000 });
  const more = pane(app).getByRole("button", { name: "More for probes" });
  await more.click();
  await app.getByRole("menuitem", { name: "Pause" }).click();
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, paused/);
  await more.click();
  await app.getByRole("menuitem", { name: "Probe again" }).click();
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up/, { timeout: 15_000 });
  await more.click();
  await app.getByRole("menuitem", { name: "Edit" }).click();
  await input(app, "name").fill("renamed");
  await app.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(row(app, "renamed")).toHaveAttribute("aria-selected", "true");
  await expect(row(app, "catalog")).toHaveCount(0);
  await dismissMessages(app);
  await more.click();
  await app.getByRole("menuitem", { name: "Remove" }).click();
  await app.getByRole("dialog", { name: "Remove renamed?" }).getByRole("button", { name: "Remove" }).click();
  await expect(pane(app)).toContainText("Nothing is probed yet");
});

test("a target that a source found says so, is told as stale while its source fails, and the rail counts what is down", async ({
  app,
  host,
}) => {
  test.skip(host.workspace === "", "The file of the workspace is edited.");
  const targets = join(host.workspace, "targets.json");
  const found = [
    { address: path.catalog.address, service: "catalog", node: "n1", tags: ["grpc"] },
    { address: "127.0.0.1:1", service: "gone", node: "n2" },
  ];
  writeFileSync(targets, JSON.stringify(found));
  const source = {
    name: "catalogue",
    find: { file: { path: targets } },
    probe: { name: "{service} on {node}", target: "grpc://{address}", interval: OFTEN, timeout: "2s" },
  };
  writeFileSync(join(host.workspace, "wirereel.json"), JSON.stringify({ probe_sources: [source] }));
  await open(app);
  const one = row(app, "catalog on n1");
  await expect(one).toHaveAttribute("aria-label", /up.*; catalog on n1, found by catalogue, tagged grpc;/, {
    timeout: 15_000,
  });
  await expect(one).not.toContainText("stale");
  const rail = app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Probes" });
  await expect(rail).toHaveAttribute("title", /1 probe down/, { timeout: 15_000 });
  // It is not in the file: there is nothing to edit.
  await one.click();
  await pane(app).getByRole("button", { name: "More for probes" }).click();
  await expect(app.getByRole("menuitem", { name: "Remove" })).toBeDisabled();
  await app.keyboard.press("Escape");

  writeFileSync(targets, "[{");
  await expect(one).toContainText("stale", { timeout: 15_000 });
  await expect(one).toHaveAttribute("aria-label", /found by catalogue, tagged grpc; stale: /);
  writeFileSync(targets, JSON.stringify(found.slice(0, 1)));
  await expect(one).not.toContainText("stale", { timeout: 15_000 });
  await expect(row(app, "gone on n2")).toHaveCount(0, { timeout: 15_000 });
  await expect(rail).not.toHaveAttribute("title", /down/);
  writeFileSync(join(host.workspace, "wirereel.json"), "{}");
  await expect.poll(async () => (await listed(app)).total).toBe(0);
});

test("regions stand against each other, and a pair leads to its probes", async ({ app }) => {
  // What was measured of a probe by the same name before stays.
  await save(app, whole(path, { name: "between" }));
  await save(app, {
    name: "direct",
    target: path.catalog.url,
    from: "C",
    to: { region: "B" },
    interval: OFTEN,
  });
  await open(app);
  await pane(app).getByRole("group", { name: "Shown" }).getByRole("button", { name: "Regions" }).click();
  const table = pane(app).getByRole("table", { name: "Success and latency from region to region" });
  await expect(table.getByRole("button", { name: /^A to B, 100\.0% success/ })).toBeVisible({ timeout: 15_000 });
  await table.getByRole("button", { name: /^A to B/ }).focus();
  await app.keyboard.press("ArrowDown");
  await expect(table.getByRole("button", { name: /^C to B/ })).toBeFocused();
  await app.keyboard.press("Enter");
  const pair = pane(app).getByRole("complementary", { name: "Probes of the chosen pair" });
  await pair.getByRole("button", { name: /direct/ }).click();
  await expect(row(app, "direct")).toHaveAttribute("aria-selected", "true");
  await expect(app).toHaveURL(/#\/probes\?.*probe=direct/);
});

test("probes are found by a part of their name, and everything is reached by keys", async ({ app }) => {
  await save(app, whole(path));
  await save(app, { name: "quiet", target: path.target, paused: true });
  await open(app);
  await expect(row(app, "catalog")).toHaveAttribute("aria-label", /catalog, up/, { timeout: 15_000 });
  await pane(app).getByLabel("Find a probe").fill("cata");
  await expect(row(app, "quiet")).toHaveCount(0);
  await pane(app).getByLabel("Find a probe").fill("nothing like it");
  await expect(pane(app)).toContainText("No probe is like that");
  await pane(app).getByRole("button", { name: "Show all" }).click();
  await list(app).focus();
  await app.keyboard.press("End");
  await app.keyboard.press("Home");
  await expect(list(app).getByRole("option").first()).toHaveAttribute("aria-selected", "true");
  await row(app, "catalog").click();
  const bar = pane(app).getByRole("img", { name: /^Path of a probe/ });
  await bar.focus();
  await app.keyboard.press("ArrowRight");
  await app.keyboard.press("ArrowRight");
  await expect(bar).toHaveAttribute("aria-label", /Mediary A \d/);
  const columns = pane(app).getByRole("img", { name: /^The path over time/ });
  await columns.focus();
  await app.keyboard.press("End");
  await expect(pane(app).getByRole("region", { name: "Path over time" }).getByRole("status")).toContainText(/probe/);
  await app.getByRole("tab", { name: "Path" }).focus();
  await app.keyboard.press("ArrowRight");
  await expect(pane(app).getByRole("grid", { name: "Probes of catalog" })).toBeVisible();
});

test("test now shows every hop of one probe, and saves nothing", async ({ app }) => {
  await open(app);
  await pane(app).getByRole("button", { name: "Add probe" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a probe" });
  await input(app, "name").fill("trial");
  await input(app, "target").fill(path.target);
  await input(app, "to.region").fill("B");
  await input(app, "to.service").fill("catalog");
  await dialog.getByRole("button", { name: "Test now" }).click();
  const came = dialog.getByRole("status", { name: "What came of the test" });
  await expect(came).toContainText("OK", { timeout: 10_000 });
  for (const hop of ["Mediary A", "Gateway B", "catalog answers"]) await expect(came).toContainText(hop);
  await path.catalog.kill();
  await dialog.getByRole("button", { name: "Test now" }).click();
  await expect(came.locator(".reason")).toHaveClass(/err/, { timeout: 10_000 });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await listed(app)).total).toBe(0);
});
