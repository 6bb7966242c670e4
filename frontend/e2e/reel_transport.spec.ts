// Play at every speed, live, steps by kind, links, and the reel by keyboard alone.

import type { Page } from "@playwright/test";
import { exchangesAt } from "./captures";
import { ask, closeRecording, expect, openCapture, openSample, playheadSeconds, rewind, test, track } from "./host";
import { request, serve } from "./traffic";

const SECOND = 1e6;
const NOON = Date.UTC(2026, 10, 21, 12) * 1000;

const speed = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const playKey = (page: Page) => page.locator(".transport .play");

async function goTo(page: Page, part: number): Promise<void> {
  const { left, top, width } = await track(page);
  await page.mouse.click(left + width * part, top + 6);
}

async function chooseStep(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "What steps stop at" }).click();
  await page.getByRole("menuitem", { name, exact: true }).click();
}

const eventsKey = (page: Page) => page.getByRole("button", { name: /^Events/ });

/** Opens the graph with the list of events, however that was left. */
async function showEvents(page: Page): Promise<void> {
  await ask(page, "set_setting", { key: "topology.ticker", value: "open" });
  await page.reload();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(eventsKey(page)).toHaveAttribute("aria-expanded", "true");
}

/** Closes it, and waits until that is remembered. */
async function hideEvents(page: Page): Promise<void> {
  const remembered = page.waitForResponse("**/api/set_setting");
  await eventsKey(page).click();
  await remembered;
}

for (const times of [1, 10, 60]) {
  test(`plays at ${times}×`, { tag: "@alone" }, async ({ app }) => {
    await openSample(app);
    await goTo(app, 0.1);
    await speed(app, `${times}×`).click();
    const [from, started] = [await playheadSeconds(app), Date.now()];
    await playKey(app).click();
    await app.waitForTimeout(1500);
    await playKey(app).click();
    const [passed, lasted] = [(await playheadSeconds(app)) - from, (Date.now() - started) / 1000];
    expect(passed).toBeGreaterThan(1.2 * times);
    expect(passed).toBeLessThan(lasted * times);
  });
}

test("at 600× a recording of four minutes is over at once, and the playhead stops at its end", async ({ app }) => {
  await openSample(app);
  await goTo(app, 0.1);
  await speed(app, "600×").click();
  await playKey(app).click();
  const end = Number(await app.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuemax"));
  await expect.poll(() => playheadSeconds(app)).toBe(end);
  await expect(app.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("at 1× every event of the edges passes through the list, in order, and leads to what it was", async ({ app }) => {
  const instants = Array.from({ length: 20 }, (_, n) => NOON + n * 500_000);
  await openCapture(app, "steady.pcap", exchangesAt(instants, new Set([NOON + 1_000_000])));
  await showEvents(app);
  await rewind(app);
  await speed(app, "1×").click();
  await playKey(app).click();
  const rows = app.getByRole("region", { name: "Events" }).getByRole("listitem");
  await expect(rows.filter({ hasText: "503" })).toHaveCount(1);
  await playKey(app).click();

  const until = await playheadSeconds(app);
  const listed = await rows.evaluateAll((items) => items.map((item) => item.textContent ?? ""));
  const { events } = (await ask(app, "passing", {
    range: { from_us: NOON + 1, to_us: Math.floor(until * 1e6) + 1 },
    filter: "",
    limit: 2000,
  })) as { events: { at_us: number; kind: string }[] };
  expect(events.length).toBeGreaterThan(10);
  // The list is some events behind when it is read, never ahead, and has no holes.
  const times = listed.map((text) => text.trim().slice(0, 12));
  const expected = events.map(({ at_us }) => new Date(at_us / 1000).toISOString().slice(11, 23));
  expect(expected.join(" ")).toContain(times.slice(1).join(" "));
  expect(times.length).toBeGreaterThan(expected.length - 10);

  await rows.filter({ hasText: "503" }).getByRole("button").click();
  await expect(app).toHaveURL(/#\/exchanges\?.*exchange=\d+/);
  await expect(app.getByText("GET /time").first()).toBeVisible();
  expect(await playheadSeconds(app)).toBeCloseTo(NOON / 1e6 + 1.0024, 3);
  await app.keyboard.press("g");
  await app.keyboard.press("t");
  await hideEvents(app);
});

test("events travel on their edges at 1× and not at 60×", async ({ app }) => {
  await openCapture(app, "steady.pcap", exchangesAt(Array.from({ length: 20 }, (_, n) => NOON + n * 500_000)));
  await app.keyboard.press("g");
  await app.keyboard.press("t");
  const drawn = (): Promise<boolean> =>
    app.evaluate(() => {
      const canvas = document.querySelectorAll<HTMLCanvasElement>("canvas.flow")[1];
      const context = canvas?.getContext("2d");
      if (!canvas || !context || canvas.width === 0) return false;
      return context.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    });
  await rewind(app);
  expect(await drawn()).toBe(false);
  await speed(app, "1×").click();
  await playKey(app).click();
  await expect.poll(drawn, { intervals: [30] }).toBe(true);
  await playKey(app).click();
  await expect.poll(drawn).toBe(false);
});

test("at high speed the list gives figures instead of events, and still says what is marked", async ({ app }) => {
  const instants = Array.from({ length: 4000 }, (_, n) => NOON + n * 50_000);
  await openCapture(app, "busy.pcap", exchangesAt(instants, new Set(instants.slice(2000, 2040))));
  await ask(app, "add_bookmark", { at_us: NOON + 100 * SECOND, note: "deploy" });
  await showEvents(app);
  await rewind(app);
  await speed(app, "60×").click();
  await playKey(app).click();
  const rows = app.getByRole("region", { name: "Events" }).getByRole("listitem");
  await expect(rows.filter({ hasText: "bookmark: deploy" })).toHaveCount(1);
  await expect(rows.filter({ hasText: /\d+ requests in 10 s/ }).first()).toBeVisible();
  await expect(rows.filter({ hasText: "GET /time" })).toHaveCount(0);
  await expect(app.getByText("at 1× every event is shown")).toBeVisible();
  await rows.filter({ hasText: "bookmark: deploy" }).getByRole("button").click();
  expect(await playheadSeconds(app)).toBe(NOON / 1e6 + 100);
  await app.getByRole("button", { name: "Remove bookmark" }).click();
  await hideEvents(app);
});

test("steps stop at the chosen kind of event", async ({ app }) => {
  const instants = Array.from({ length: 30 }, (_, n) => NOON + n * SECOND);
  const failed = new Set([NOON + 10 * SECOND, NOON + 20 * SECOND]);
  await openCapture(app, "kinds.pcap", exchangesAt(instants, failed));
  const at = async (): Promise<number> => (await playheadSeconds(app)) - NOON / 1e6;
  const restart = (): Promise<void> => rewind(app);
  await restart();
  await app.keyboard.press("ArrowRight");
  await expect.poll(at).toBeCloseTo(10.0004, 4);

  await chooseStep(app, "Exchange");
  await restart();
  await app.keyboard.press("ArrowRight");
  await expect.poll(at).toBeCloseTo(0.0004, 4);
  await app.keyboard.press("Shift+ArrowRight");
  await expect.poll(at).toBeCloseTo(10.0004, 4);

  await chooseStep(app, "Connection");
  await restart();
  await app.keyboard.press("ArrowRight");
  await expect.poll(at).toBeCloseTo(1, 4);
  await app.keyboard.press("ArrowRight");
  await expect.poll(at).toBeCloseTo(2, 4);

  await app.keyboard.press("b");
  await app.getByLabel(/^Note for/).fill("here");
  await app.keyboard.press("Enter");
  await chooseStep(app, "Bookmark");
  await restart();
  await app.keyboard.press("ArrowRight");
  await expect.poll(at).toBeCloseTo(2, 4);

  await app.getByRole("button", { name: "Remove bookmark" }).click();
  await chooseStep(app, "What fits matches, failures, exchanges");
});

test("a bookmark's note is changed by a double click on it", async ({ app }) => {
  await openCapture(app, "kinds.pcap", exchangesAt(Array.from({ length: 30 }, (_, n) => NOON + n * SECOND)));
  await goTo(app, 0.4);
  await app.keyboard.press("b");
  await app.getByLabel(/^Note for/).fill("before");
  await app.keyboard.press("Enter");
  await expect(app.getByRole("button", { name: "Remove bookmark" })).toBeVisible();
  const { left, top, width, height } = await track(app);
  // With all of the recording in view, 1.2 % of it lies free on both sides.
  const marked = left + (width * ((await playheadSeconds(app)) - NOON / 1e6 + 29 * 0.012)) / (29 * 1.024);
  await goTo(app, 0.6);
  await app.mouse.dblclick(marked + 3, top + height - 16);
  await expect(app.getByLabel(/^Note for/)).toHaveValue("before");
  await app.getByLabel(/^Note for/).fill("deploy 3.2.0");
  // A note is changed by another bookmark in the place of the one before: the page must know of it.
  const known = app.waitForResponse("**/api/bookmarks");
  await app.keyboard.press("Enter");
  await known;
  await expect.poll(() => ask(app, "bookmarks", {})).toMatchObject([{ note: "deploy 3.2.0" }]);
  await app.keyboard.press("b");
  await expect.poll(() => ask(app, "bookmarks", {})).toEqual([]);
});

test(
  "live follows a recording while it grows and takes the range along; leaving it stops nothing",
  { tag: "@alone" },
  async ({ app }) => {
    const { hindrance } = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
    test.skip(hindrance !== null, hindrance ?? "");
    test.setTimeout(90_000);
    await closeRecording(app);
    const { web, port } = await serve();
    const traffic = setInterval(() => void request(port).catch(() => undefined), 100);
    await ask(app, "capture_start", { config: { interfaces: ["lo"] } });
    const live = app.getByRole("button", { name: "Live", exact: true });
    const end = async (): Promise<number> =>
      Number(await app.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuemax"));
    await expect(live).toBeVisible({ timeout: 30_000 });
    await expect.poll(end).toBeGreaterThan(0);

    await goTo(app, 0.5);
    await app.keyboard.press("[");
    await app.keyboard.press("l");
    await expect(live).toHaveAttribute("aria-pressed", "true");
    const length = async (): Promise<number> => {
      const url = new URL(app.url().replace("#/", ""));
      return Date.parse(url.searchParams.get("to") ?? "") - Date.parse(url.searchParams.get("from") ?? "");
    };
    const [first, firstLength, steps] = [await end(), await length(), await app.evaluate(() => history.length)];
    await expect.poll(end, { intervals: [100], timeout: 20_000 }).toBeGreaterThan(first);
    await expect.poll(async () => (await playheadSeconds(app)) - (await end())).toBe(0);
    // Both ends are rounded to the millisecond in the address.
    expect(Math.abs((await length()) - firstLength)).toBeLessThanOrEqual(1);
    expect(await app.evaluate(() => history.length)).toBe(steps);

    await goTo(app, 0.2);
    await expect(live).toHaveAttribute("aria-pressed", "false");
    const left = await end();
    await expect.poll(end, { timeout: 20_000 }).toBeGreaterThan(left);

    // Played to the end, it is live again, until there is no more.
    await speed(app, "600×").click();
    await playKey(app).click();
    await expect(live).toHaveAttribute("aria-pressed", "true", { timeout: 20_000 });
    clearInterval(traffic);
    await ask(app, "capture_stop", {});
    await expect(app.getByRole("button", { name: "End", exact: true })).toBeVisible({ timeout: 20_000 });
    await expect.poll(async () => (await playheadSeconds(app)) - (await end())).toBe(0);
    web.close();
  },
);

test("l goes to the end of a recording that does not grow", async ({ app }) => {
  await openSample(app);
  await goTo(app, 0.3);
  await app.keyboard.press("l");
  const end = Number(await app.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuemax"));
  expect(await playheadSeconds(app)).toBe(end);
  await expect(app.getByRole("button", { name: "End", exact: true })).toHaveAttribute("aria-pressed", "false");
});

test("a link brings back pane, range, playhead and filter, in the address and pasted into the filter", async ({
  app,
  host,
}) => {
  await openSample(app);
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  const { left, top, width } = await track(app);
  await app.mouse.move(left + width * 0.3, top + 70);
  await app.mouse.down();
  await app.mouse.move(left + width * 0.5, top + 70, { steps: 4 });
  await app.mouse.up();
  await app.keyboard.press("/");
  await app.keyboard.type("status:>=500");
  await app.keyboard.press("Enter");
  await goTo(app, 0.4);
  await expect(app).toHaveURL(/#\/exchanges\?from=.*&to=.*&at=.*&filter=/);
  await expect(app).toHaveTitle(/flash-sale.*Exchanges, \d\d:\d\d:\d\d to .*status:>=500 – Wirereel/);

  await host.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(host.address).origin });
  await app.getByRole("button", { name: "Copy a link to this selection" }).click();
  const link = await app.evaluate(() => navigator.clipboard.readText());
  const address = app.url();
  expect(link.replace(/&recording=[^&]+$/, "")).toBe(address);
  const [chip, at] = [await app.locator(".chip.sel").textContent(), await playheadSeconds(app)];

  const other = await host.context.newPage();
  await other.goto(link);
  await expect(other.locator(".chip.sel")).toHaveText(chip ?? "");
  await expect(other.getByLabel("Filter", { exact: true })).toHaveValue("status:>=500");
  await expect.poll(() => playheadSeconds(other)).toBe(at);
  await other.close();

  await app.keyboard.press("g");
  await app.keyboard.press("t");
  await app.getByRole("button", { name: "Clear the range" }).click();
  await app.getByRole("search").getByRole("button", { name: "Clear the filter" }).click();
  await expect(app.locator(".chip.sel")).toHaveCount(0);
  await app.getByLabel("Filter", { exact: true }).focus();
  await app.keyboard.press("Control+v");
  await expect(app).toHaveURL(address);
  await expect(app.getByLabel("Filter", { exact: true })).toHaveValue("status:>=500");
  await app.goBack();
  await expect(app.locator(".chip.sel")).toHaveCount(0);

  // With another recording open, the link opens its own first.
  await openCapture(app, "other.pcap", exchangesAt([NOON, NOON + SECOND]));
  await app.getByLabel("Filter", { exact: true }).focus();
  await app.keyboard.press("Control+v");
  await expect(app.locator("button.source")).toContainText("flash-sale");
  await expect(app.locator(".chip.sel")).toHaveText(chip ?? "");
  await expect.poll(() => playheadSeconds(app)).toBe(at);
});

test("the keyboard alone moves the playhead, the window and the range", async ({ app }) => {
  await openSample(app);
  const slider = app.getByRole("slider", { name: "Playhead" });
  const shown = app.getByTitle("Time shown in the track");
  await rewind(app);
  const start = Number(await slider.getAttribute("aria-valuemin"));
  expect(await playheadSeconds(app)).toBe(start);
  await app.keyboard.press("ArrowUp");
  const pixel = (await playheadSeconds(app)) - start;
  expect(pixel).toBeGreaterThan(0);
  await app.keyboard.press("PageUp");
  expect((await playheadSeconds(app)) - start).toBeGreaterThan(50 * pixel);
  await app.keyboard.press("[");
  await app.keyboard.press("PageUp");
  await app.keyboard.press("PageUp");
  await app.keyboard.press("]");
  await expect(app.locator(".chip.sel")).toHaveText(/ to /);
  for (let n = 0; n < 6; n += 1) await app.keyboard.press("+");
  const near = await shown.textContent();
  await app.keyboard.press("Shift+PageUp");
  await expect(shown).toHaveText(near ?? "");
  await app.keyboard.press("End");
  expect(await playheadSeconds(app)).toBe(Number(await slider.getAttribute("aria-valuemax")));
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("PageDown");
  expect(await playheadSeconds(app)).toBeLessThan(Number(await slider.getAttribute("aria-valuemax")));
  await app.keyboard.press("0");
  await rewind(app);
  await app.keyboard.press("Space");
  await expect(app.getByRole("button", { name: "Pause" })).toBeVisible();
  await app.keyboard.press("Space");
  await expect(app.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});

test("a recording of one packet and an empty reel can be used", async ({ app }) => {
  await openCapture(app, "single.pcap", exchangesAt([NOON]).subarray(0, 24 + 16 + 54));
  const slider = app.getByRole("slider", { name: "Playhead" });
  await expect(slider).toHaveAttribute("aria-valuetext", "12:00:00.000");
  await slider.focus();
  for (const key of ["+", "+", "-", "Home", "End", "ArrowUp", "ArrowRight", "Space", "l", "0"])
    await app.keyboard.press(key);
  await expect(slider).toHaveAttribute("aria-valuetext", "12:00:00.000");

  await ask(app, "close_recording", {});
  await expect(app.getByText("The reel fills as soon as a file is opened")).toBeVisible();
  for (const key of ["+", "Space", "l", "b", "[", "ArrowLeft"]) await app.keyboard.press(key);
  await expect(slider).toHaveAttribute("aria-valuetext", "nothing recorded yet");
});
