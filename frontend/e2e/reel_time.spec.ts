// Time zones, days on which clocks are changed, distances, and zooming to the millisecond.

import type { Page } from "@playwright/test";
import { exchangesAt } from "./captures";
import { expect, openCapture, openSample, playheadSeconds, rewind, test, track } from "./host";

const MINUTE = 60e6;

/** An exchange every ten minutes. */
const every10min = (fromUs: number, toUs: number): number[] =>
  Array.from({ length: (toUs - fromUs) / (10 * MINUTE) + 1 }, (_, n) => fromUs + n * 10 * MINUTE);

const clockButton = (page: Page) => page.getByTitle("Time zone, and times as distances");

async function chooseZone(page: Page, typed: string): Promise<void> {
  await clockButton(page).click();
  await page.getByLabel("Search a time zone").fill(typed);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
}

async function chooseOrigin(page: Page, name: string): Promise<void> {
  await clockButton(page).click();
  await page.getByRole("button", { name, exact: true }).click();
  await page.keyboard.press("Escape");
}

/** The playhead as it is read out. */
async function playheadText(page: Page): Promise<string> {
  return (await page.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuetext")) ?? "";
}

test.afterEach(async ({ app }) => {
  await clockButton(app).click();
  await app.getByRole("radio", { name: /^UTC/ }).click();
  await app.getByRole("button", { name: "Time of day" }).click();
});

test("every time follows the chosen zone, and the choice is remembered", async ({ app }) => {
  await openSample(app);
  await rewind(app);
  const utc = await playheadText(app);
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  const firstTime = app.getByRole("row").nth(1).getByRole("gridcell").first();
  await expect(firstTime).toContainText(":");
  const before = await firstTime.textContent();
  await chooseZone(app, "kathmandu");
  await expect(clockButton(app)).toContainText("Asia/Kathmandu");
  const shifted = (text: string): string => {
    const [h = 0, m = 0] = text.split(":").map(Number);
    const minutes = (h * 60 + m + 345) % 1440;
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}${text.slice(5)}`;
  };
  expect(await playheadText(app)).toBe(shifted(utc));
  await expect(firstTime).toHaveText(shifted((before ?? "").trim()));

  await app.reload();
  await expect(clockButton(app)).toContainText("Asia/Kathmandu");
});

test("the hour that is passed twice in autumn is told apart", async ({ app }) => {
  const from = Date.UTC(2026, 9, 24, 23) * 1000;
  await openCapture(app, "autumn.pcap", exchangesAt(every10min(from, from + 4 * 60 * MINUTE)));
  await chooseZone(app, "berlin");
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  const cells = app.getByRole("row").getByRole("gridcell");
  await expect(cells.filter({ hasText: /^02:30:00\.000\+2$/ })).toHaveCount(1);
  await expect(cells.filter({ hasText: /^02:30:00\.000\+1$/ })).toHaveCount(1);
  await expect(cells.filter({ hasText: /^03:00:00\.000$/ })).toHaveCount(1);

  await cells.filter({ hasText: /^02:30:00\.000\+1$/ }).click();
  await expect.poll(() => playheadSeconds(app)).toBeCloseTo(Date.UTC(2026, 9, 25, 1, 30) / 1000, 0);
  await expect(clockButton(app)).toContainText("02:30:00.000+1");
});

test("the hour that is left out in spring is nowhere", async ({ app }) => {
  const from = Date.UTC(2026, 2, 28, 23) * 1000;
  await openCapture(app, "spring.pcap", exchangesAt(every10min(from, from + 4 * 60 * MINUTE)));
  await chooseZone(app, "berlin");
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  const cells = app.getByRole("row").getByRole("gridcell");
  await expect(cells.filter({ hasText: /^01:50:00\.000$/ })).toHaveCount(1);
  await expect(cells.filter({ hasText: /^03:00:00\.000$/ })).toHaveCount(1);
  await expect(cells.filter({ hasText: /^02:/ })).toHaveCount(0);
});

test("times can be distances from the start, the end and the playhead", async ({ app }) => {
  await openSample(app);
  const slider = app.getByRole("slider", { name: "Playhead" });
  await chooseOrigin(app, "From start");
  await slider.focus();
  await app.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", "+0.000 s");
  await app.keyboard.press("End");
  await expect(slider).toHaveAttribute("aria-valuetext", /^\+\d+:\d\d\.\d{3}$/);
  await chooseOrigin(app, "From end");
  await expect(slider).toHaveAttribute("aria-valuetext", "+0.000 s");
  await slider.focus();
  await app.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", /^−\d+:\d\d\.\d{3}$/);
  // The zone stays named.
  await expect(clockButton(app)).toContainText("UTC");

  await chooseOrigin(app, "From playhead");
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  await expect(app.getByRole("row").nth(1).getByRole("gridcell").first()).toHaveText(/^\+0\.\d{3} s$/);
});

test("the window goes down to a millisecond, where single exchanges have bars of their own", async ({ app }) => {
  const at = Date.UTC(2026, 10, 21, 12) * 1000;
  await openCapture(app, "moment.pcap", exchangesAt([at, at + 10 * MINUTE, at + 20 * MINUTE]));
  const shown = app.getByTitle("Time shown in the track");
  await rewind(app);
  await app.keyboard.press("ArrowRight");
  // The request begins 400 µs after the connection.
  await expect.poll(() => playheadSeconds(app)).toBeCloseTo(at / 1e6 + 0.0004, 5);
  for (let n = 0; n < 60 && (await shown.textContent())?.trim() !== "1 ms"; n += 1) await app.keyboard.press("+");
  await expect(shown).toHaveText("1 ms");

  // Zooming kept the playhead where it was: at the recording's start, 1.2 % of it from the edge.
  const { left, top, width } = await track(app);
  const playheadX = left + (width * 0.012) / 1.024;
  await expect(async () => {
    await app.mouse.move(playheadX + 40, top + 60);
    await app.mouse.move(playheadX + 5, top + 60);
    await expect(app.locator(".reel-tip")).toContainText("1 request,", { timeout: 300 });
    await expect(app.locator(".reel-tip")).toContainText("12:00:00.000400 to 12:00:00.00040");
  }).toPass();

  await app.mouse.click(left + width * 0.5, top + 6);
  const before = await playheadSeconds(app);
  await app.mouse.click(left + width * 0.5 + 100, top + 6);
  const moved = (await playheadSeconds(app)) - before;
  expect(moved).toBeGreaterThan(60e-6);
  expect(moved).toBeLessThan(100e-6);
});

test("the wheel zooms around the pointer, two fingers pan, a pinch zooms", async ({ app }) => {
  await openSample(app);
  const shown = app.getByTitle("Time shown in the track");
  const all = await shown.textContent();
  const { left, top, width } = await track(app);
  await app.mouse.move(left + width * 0.5, top + 60);
  await app.mouse.wheel(0, -800);
  await expect(shown).not.toHaveText(all ?? "");
  const near = await shown.textContent();
  const instantAt = async (part: number): Promise<number> => {
    await app.mouse.click(left + width * part, top + 6);
    return playheadSeconds(app);
  };
  const middle = await instantAt(0.5);
  await app.mouse.move(left + width * 0.5, top + 60);
  await app.mouse.wheel(300, 0);
  await expect(shown).toHaveText(near ?? "");
  await expect.poll(async () => (await instantAt(0.5)) - middle).toBeGreaterThan(1);

  const right = await instantAt(0.5);
  await app.keyboard.down("Shift");
  await app.mouse.move(left + width * 0.4, top + 60);
  await app.mouse.down();
  await app.mouse.move(left + width * 0.6, top + 60, { steps: 4 });
  await app.mouse.up();
  await app.keyboard.up("Shift");
  await expect(shown).toHaveText(near ?? "");
  await expect(app.locator(".chip.sel")).toHaveCount(0);
  expect(await instantAt(0.5)).toBeLessThan(right - 1);

  await app.mouse.move(left + width * 0.5, top + 60);
  await app.keyboard.down("Control");
  await app.mouse.wheel(0, -60);
  await app.keyboard.up("Control");
  await expect(shown).not.toHaveText(near ?? "");
  await app.keyboard.press("0");
  await expect(shown).toHaveText(all ?? "");
});
