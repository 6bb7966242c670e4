// Whisperers in the window: the list, a real capture on the loopback, its figures, and its configuration changed wrongly and rightly.

import type { Locator, Page } from "@playwright/test";
import { ask, dismissMessages, expect, test } from "./host";
import { request, serve } from "./traffic";

interface Told {
  id: string;
  name: string;
  state: string;
  resume: boolean;
  restart_needed: boolean;
  hindrance: string | null;
  config: { capture: Record<string, unknown>; parsing: Record<string, unknown> };
  figures: { packets: number };
}

const told = async (app: Page, id = "local"): Promise<Told> => {
  const all = (await ask(app, "whisperers", {})) as Told[];
  const found = all.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is no whisperer ${id}.`);
  return found;
};
const stateOf = async (app: Page): Promise<string> => (await told(app)).state;

const pane = (app: Page): Locator => app.getByRole("region", { name: "Whisperers" });
const option = (app: Page, name: string): Locator => app.getByRole("option", { name: new RegExp(`^${name}`) });
const setting = (app: Page, name: string): Locator =>
  app.getByLabel(name, { exact: true }).and(app.locator("input, select"));
const row = (app: Page, path: string): Locator => app.locator(`[data-path="${path}"]`);

/** The pane, with this machine's whisperer chosen and nothing set. */
async function open(app: Page): Promise<void> {
  await app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Whisperers" }).click();
  await expect(option(app, "This machine")).toBeVisible();
  await option(app, "This machine").click();
  await app.getByRole("tab", { name: /^Capture config/ }).click();
}

/** No capture and no setting is left from another test. */
async function calm(app: Page): Promise<void> {
  await ask(app, "whisperer_stop", { id: "local" });
  await expect.poll(() => stateOf(app), { timeout: 10_000 }).not.toMatch(/capturing|connecting/);
  await ask(app, "whisperer_save", { id: "local", config: { capture: {}, parsing: {} } });
  await ask(app, "whisperer_resume", { id: "local", resume: false });
}

test.beforeEach(async ({ app }) => {
  await calm(app);
  const { hindrance } = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
  test.skip(hindrance !== null, hindrance ?? "");
});

test("g w leads to this machine's whisperer, and the address keeps whisperer and tab", async ({ app }) => {
  await app.keyboard.press("g");
  await app.keyboard.press("w");
  await expect(pane(app)).toBeVisible();
  await expect(option(app, "This machine")).toHaveAttribute("aria-selected", "true");
  await option(app, "This machine").click();
  await app.getByRole("tab", { name: /^Parsing config/ }).click();
  await expect(app).toHaveURL(/#\/whisperers\?whisperer=local&tab=parsing$/);
  await app.reload();
  await expect(app.getByRole("tab", { name: /^Parsing config/ })).toHaveAttribute("aria-selected", "true");
});

test(
  "a capture starts, shows its figures within seconds, stops, and is remembered",
  { tag: "@alone" },
  async ({ app }) => {
    await open(app);
    const { web, port } = await serve();
    const list = option(app, "This machine");
    const clicked = Date.now();
    await pane(app).getByRole("button", { name: "START CAPTURE", exact: true }).click();
    await expect(list).toContainText("Capturing", { timeout: 5000 });
    test.info().annotations.push({ type: "capturing after", description: `${Date.now() - clicked} ms` });
    await expect(app.getByRole("group", { name: "Capture" })).toContainText("Capturing");

    const timer = setInterval(() => void request(port).catch(() => undefined), 20);
    await expect(list).toContainText(/[1-9][\d,.]* packets\/s/, { timeout: 5000 });
    await expect(pane(app).getByText("Circuit breaker closed")).toBeVisible();
    await expect(pane(app).locator(".tile", { hasText: "Packets" }).first()).toContainText(/[1-9][\d,.]*packets\/s/);
    await expect(pane(app).locator(".tile path.line").first()).toBeAttached({ timeout: 15_000 });
    clearInterval(timer);

    await pane(app).getByLabel("Capture again when Wirereel starts").check();
    await expect.poll(async () => (await told(app)).resume).toBe(true);

    await pane(app).getByRole("button", { name: "STOP CAPTURE" }).click();
    await expect(list).toContainText("Stopped", { timeout: 10_000 });
    await expect(pane(app).getByRole("list", { name: "Events" })).toContainText("capturing");
    expect((await told(app)).figures.packets).toBeGreaterThan(0);
    web.close();
  },
);

test("the chart's click moves the playhead, and its table holds the same", { tag: "@alone" }, async ({ app }) => {
  await open(app);
  await pane(app).getByRole("button", { name: "START CAPTURE", exact: true }).click();
  await expect(option(app, "This machine")).toContainText("Capturing");
  const { web, port } = await serve();
  for (let n = 0; n < 40; n += 1) await request(port);
  const chart = pane(app).getByRole("img", { name: /packets per second/ });
  await expect(chart.locator("path.selected")).toHaveAttribute("d", /M/, { timeout: 10_000 });
  await expect(app.getByRole("slider", { name: "Playhead" })).toHaveAttribute("tabindex", "0", { timeout: 10_000 });
  const box = await chart.boundingBox();
  if (box === null) throw new Error("The chart is not visible.");
  await app.mouse.click(box.x + box.width - 2, box.y + 40);
  await expect(app).toHaveURL(/[?&]at=/);
  await pane(app).getByRole("button", { name: "Show the chart as a table" }).click();
  await expect(pane(app).getByRole("columnheader", { name: "Lost in kernel" })).toBeVisible();
  await pane(app).getByRole("button", { name: "Show the chart as a table" }).click();
  await pane(app).getByRole("button", { name: "STOP CAPTURE" }).click();
  web.close();
});

test("a wrong value says what is allowed and keeps everything from being applied", async ({ app }) => {
  await open(app);
  const interfaces = row(app, "capture.interfaces");
  await expect(interfaces).toContainText("default");
  await setting(app, "Interfaces").fill("nope0");
  await expect(interfaces).toContainText("invalid");
  await expect(interfaces).toContainText(/"nope0" is not one of .*lo/);
  await expect(setting(app, "Interfaces")).toHaveAttribute("aria-invalid", "true");
  await setting(app, "Snap length").fill("9");
  await expect(row(app, "capture.snap_length")).toContainText("9 is not a whole number from 64 to 262,144.");
  await expect(app.getByRole("tab", { name: /^Capture config/ })).toContainText("2 invalid");
  await expect(pane(app).getByRole("button", { name: /^Apply/ })).toBeDisabled();

  await app.getByRole("tab", { name: /^Parsing config/ }).click();
  await pane(app).getByRole("button", { name: "Fix Interfaces, Snap length" }).click();
  await expect(setting(app, "Interfaces")).toBeFocused();
  await interfaces.getByRole("group", { name: "Interfaces of its host" }).getByRole("button", { name: /^any/ }).click();
  await expect(interfaces).toContainText("changed");
  await setting(app, "Snap length").press("Escape");
  await expect(row(app, "capture.snap_length")).toContainText("default");
  await pane(app).getByRole("button", { name: "Revert" }).click();
  await expect(interfaces).toContainText("default");
  expect((await told(app)).config.capture).toEqual({});
});

test("a filter that cannot be read is underlined from where on it cannot", async ({ app }) => {
  await open(app);
  const filter = row(app, "capture.filter");
  await setting(app, "Capture filter").fill("tcp port 80 or tcp prt 81");
  await expect(filter).toContainText("invalid", { timeout: 10_000 });
  await expect(filter.locator(".unread")).toHaveText("prt 81");
  await setting(app, "Capture filter").fill("tcp port 80");
  await expect(filter).toContainText("being edited");
  await setting(app, "Capture filter").press("Enter");
  await expect(filter).toContainText("changed", { timeout: 10_000 });
});

test(
  "while capturing, a filter takes effect at once and a buffer after the capture started again",
  { tag: "@alone" },
  async ({ app }) => {
    await open(app);
    await pane(app).getByRole("button", { name: "START CAPTURE", exact: true }).click();
    await expect(option(app, "This machine")).toContainText("Capturing");

    await setting(app, "Capture filter").fill("tcp");
    await expect(pane(app)).toContainText("Takes effect at once, no packet is lost");
    await pane(app).getByRole("button", { name: "Apply 1 change" }).click();
    await expect(row(app, "capture.filter")).toContainText("set");
    expect(await told(app)).toMatchObject({ config: { capture: { filter: "tcp" } }, restart_needed: false });

    await setting(app, "Buffer size").fill("32");
    await expect(pane(app)).toContainText("Buffer size takes effect when the capture starts again");
    await pane(app).getByRole("button", { name: "Apply 1 change" }).click();
    const restart = pane(app).getByRole("button", { name: "Restart capture" });
    await expect(restart).toBeVisible();
    await expect.poll(async () => (await told(app)).restart_needed).toBe(true);
    await dismissMessages(app);
    await restart.click();
    await expect(restart).toHaveCount(0, { timeout: 10_000 });
    await expect.poll(() => stateOf(app), { timeout: 10_000 }).toBe("capturing");
    expect((await told(app)).restart_needed).toBe(false);

    await pane(app).getByRole("button", { name: "Reset to defaults" }).click();
    await pane(app).getByRole("button", { name: "Apply 2 changes" }).click();
    await expect.poll(async () => (await told(app)).config.capture).toEqual({});
  },
);

test("a change made elsewhere shows, and leaves alone what is being edited", async ({ app }) => {
  await open(app);
  await setting(app, "Snap length").fill("200");
  const elsewhere = { capture: { snap_length: 128, queue_mib: 64 }, parsing: {} };
  expect(await ask(app, "whisperer_save", { id: "local", config: elsewhere })).toMatchObject({ problems: [] });
  await expect(setting(app, "Queue size")).toHaveValue("64");
  await expect(row(app, "capture.queue_mib")).toContainText("set");
  await expect(setting(app, "Snap length")).toHaveValue("200");
  const snap = row(app, "capture.snap_length");
  await expect(snap).toContainText("Changed elsewhere to 128 in the meantime.");
  await snap.getByRole("button", { name: "Take it" }).click();
  await expect(setting(app, "Snap length")).toHaveValue("128");
  await expect(snap).toContainText("set");
});

test("another whisperer is added, renamed, found wrong, fixed and removed", { tag: "@alone" }, async ({ app }) => {
  await open(app);
  await pane(app).getByRole("button", { name: "Add", exact: true }).click();
  const adding = app.getByRole("dialog", { name: "Add a whisperer" });
  await adding.getByLabel("Name").fill("second");
  await expect(adding.getByRole("button", { name: "docker exec -i" })).toBeVisible();
  await adding.getByRole("button", { name: "This machine" }).click();
  await adding.getByRole("button", { name: "Add", exact: true }).click();
  await expect(option(app, "second")).toHaveAttribute("aria-selected", "true");

  await pane(app).getByRole("button", { name: "More for second" }).click();
  await app.getByRole("menuitem", { name: "Rename" }).click();
  await app.getByRole("dialog", { name: "Rename second" }).getByLabel("Name").fill("third");
  await app.keyboard.press("Enter");
  await expect(option(app, "third")).toBeVisible();

  // Its host was never asked, so that nobody can say yet that there is no such interface.
  const { id } = ((await ask(app, "whisperers", {})) as Told[]).find(({ name }) => name === "third") ?? { id: "" };
  const config = { capture: { interfaces: ["nope0"] }, parsing: {} };
  expect(await ask(app, "whisperer_save", { id, config })).toMatchObject({ problems: [] });
  await app.getByRole("tab", { name: /^Parsing config/ }).click();
  await pane(app).getByRole("button", { name: "START CAPTURE", exact: true }).click();
  const control = app.getByRole("group", { name: "Capture" });
  await expect(control).toContainText("Wrong configuration", { timeout: 10_000 });
  await control.getByRole("button", { name: "Fix" }).click();
  await expect(setting(app, "Interfaces")).toBeFocused();
  await expect(row(app, "capture.interfaces")).toContainText("nope0");

  await row(app, "capture.interfaces").getByRole("button", { name: /^lo\b/ }).click();
  await pane(app).getByRole("button", { name: "Apply 1 change" }).click();
  await expect(row(app, "capture.interfaces")).toContainText("default");
  await expect.poll(async () => (await told(app, id)).config.capture).toEqual({});
  await ask(app, "whisperer_start", { id });
  await expect(control).toContainText("1 of 2 whisperers", { timeout: 10_000 });
  await control.getByRole("button", { name: "Stop" }).click();
  await expect(option(app, "third")).toContainText("Stopped", { timeout: 10_000 });

  await dismissMessages(app);
  await pane(app).getByRole("button", { name: "More for third" }).click();
  await app.getByRole("menuitem", { name: "Remove" }).click();
  await app.getByRole("dialog", { name: "Remove third?" }).getByRole("button", { name: "Remove" }).click();
  await expect(option(app, "third")).toHaveCount(0);
});

test("below 1180 pixels there is one tab at a time, and arrow keys reach everything", async ({ app }) => {
  await app.setViewportSize({ width: 1024, height: 700 });
  await open(app);
  await app.getByRole("tab", { name: "Status" }).click();
  await app.keyboard.press("ArrowRight");
  await expect(app.getByRole("tab", { name: /^Capture config/ })).toBeFocused();
  await expect(row(app, "capture.interfaces")).toBeVisible();
  await expect(pane(app).getByRole("heading", { name: "Totals of all times" })).toHaveCount(0);
  await app.keyboard.press("Home");
  await expect(pane(app).getByRole("heading", { name: "Totals of all times" })).toBeVisible();
  await app.getByRole("listbox", { name: "Whisperers" }).focus();
  await app.keyboard.press("End");
  await expect(option(app, "This machine")).toHaveAttribute("aria-selected", "true");
});

test("each of the five states has its word, a wait its seconds, and a hindrance the command that mends it", async ({
  app,
}) => {
  const [local] = (await ask(app, "whisperers", {})) as Told[];
  const states = ["not_visible", "connecting", "stopped", "capturing", "wrong_configuration"];
  const next_attempt_us = (Date.now() + 30_000) * 1000;
  const list = states.map((state, n) => ({
    ...local,
    id: n === 0 ? "local" : `other-${n}`,
    name: `machine ${n}`,
    state,
    attempt: state === "connecting" ? 3 : 0,
    next_attempt_us: state === "connecting" ? next_attempt_us : null,
    hindrance: n === 0 ? "it may not capture: sudo setcap cap_net_raw+ep /opt/wirereel-whisperer" : null,
  }));
  await app.route("**/api/whisperers", (route) => route.fulfill({ json: list }));
  await app.reload();
  await app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Whisperers" }).click();
  const words = ["Not visible", "Connecting", "Stopped", "Capturing", "Wrong configuration"];
  for (const [n, word] of words.entries()) await expect(option(app, `machine ${n}`)).toContainText(word);
  await expect(option(app, "machine 1")).toContainText(/attempt 3, in [12]\d s/);
  await option(app, "machine 0").click();
  await expect(pane(app).locator("code")).toHaveText("sudo setcap cap_net_raw+ep /opt/wirereel-whisperer");
  await expect(pane(app).getByRole("button", { name: "Copy" })).toBeVisible();
  await app.unroute("**/api/whisperers");
});
