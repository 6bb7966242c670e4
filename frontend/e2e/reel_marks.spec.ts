// What is pinned on the reel: crashes, and spans of which nothing is known.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { exchangesAt } from "./captures";
import { ask, expect, openSample, playheadSeconds, rewind, startOn, test, track } from "./host";

const SECOND = 1e6;
const NOON = Date.UTC(2026, 10, 21, 12) * 1000;

interface Incident {
  service: string;
  kind: string;
  range: { from_us: number; to_us: number };
}

/** Where an instant is on the screen while all of the recording is shown, with 1.2 % of it free on both sides. */
async function xOf(page: Page, us: number): Promise<number> {
  const { left, width } = await track(page);
  const slider = page.getByRole("slider", { name: "Playhead" });
  const start = Number(await slider.getAttribute("aria-valuemin"));
  const length = Number(await slider.getAttribute("aria-valuemax")) - start;
  return left + (width * ((us / 1e6 - start) / length + 0.012)) / 1.024;
}

async function chooseStep(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "What steps stop at" }).click();
  await page.getByRole("menuitem", { name }).click();
}

test("a crash stands in the alerts lane, says what callers saw, and leads to its beginning", async ({ app }) => {
  await openSample(app);
  await app.keyboard.press("0");
  const incidents = (await ask(app, "incidents", {})) as Incident[];
  const crash = incidents.find(({ kind }) => kind === "crash");
  if (crash === undefined) throw new Error("The sample has a crash.");
  await expect(app.locator("#reel-summary")).toContainText(`${crash.service} crashed`);

  const { top } = await track(app);
  const x = await xOf(app, crash.range.from_us);
  await app.mouse.move(x + 60, top + 60);
  await app.mouse.move(x, top + 30);
  await expect(app.locator(".reel-tip")).toContainText(`${crash.service} crashed`);
  await expect(app.locator(".reel-tip")).toContainText("first sign: ");
  await app.mouse.click(x, top + 30);
  await expect.poll(() => playheadSeconds(app)).toBe(crash.range.from_us / 1e6);

  await chooseStep(app, "Crash or other incident");
  await app.keyboard.press("ArrowRight");
  await expect.poll(() => playheadSeconds(app)).toBeGreaterThan(crash.range.from_us / 1e6);
  await app.keyboard.press("ArrowLeft");
  await expect.poll(() => playheadSeconds(app)).toBe(crash.range.from_us / 1e6);
  await chooseStep(app, "What fits matches, failures, exchanges");
});

test("a span without data is drawn as such, named, and stepped to", async ({ browser }) => {
  const folder = mkdtempSync(join(tmpdir(), "wirereel-gap-"));
  const every = (from: number, seconds: number): Buffer =>
    exchangesAt(Array.from({ length: seconds * 5 }, (_, n) => from + (n * SECOND) / 5));
  const files = [join(folder, "before.pcap"), join(folder, "after.pcap")] as const;
  writeFileSync(files[0], every(NOON, 100));
  writeFileSync(files[1], every(NOON + 160 * SECOND, 100));
  const { url, end } = await startOn([...files]);
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await expect(page.getByText(/^1,000 requests/)).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole("group", { name: "Import" })).toHaveCount(0, { timeout: 20_000 });
    const { top } = await track(page);
    const x = await xOf(page, NOON + 130 * SECOND);
    await expect(async () => {
      await page.mouse.move(x + 5, top + 60);
      await page.mouse.move(x, top + 60);
      await expect(page.locator(".reel-tip")).toContainText("not recorded, 1 min", { timeout: 500 });
      await expect(page.locator(".reel-tip")).not.toContainText("requests");
    }).toPass();

    // Where nothing is known the lanes are hatched, and the lane below is solid.
    const inks = await page.evaluate(
      ([atX, laneTop]) => {
        const canvas = document.querySelector<HTMLCanvasElement>('[aria-label="Playhead"] canvas');
        const context = canvas?.getContext("2d");
        if (!canvas || !context) return [];
        const left = Math.round(atX - canvas.getBoundingClientRect().left);
        const columns = Array.from(
          { length: 10 },
          (_, n) => context.getImageData(left + n, laneTop, 1, 1).data[3] ?? 0,
        );
        return columns.map((alpha) => alpha > 60);
      },
      [x, 55] as const,
    );
    expect(inks).toContain(true);
    expect(inks).toContain(false);

    await chooseStep(page, "Gap");
    await rewind(page);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => playheadSeconds(page)).toBeCloseTo(NOON / 1e6 + 99.8, 0);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => playheadSeconds(page)).toBeCloseTo(NOON / 1e6 + 160, 0);
  } finally {
    await page.close();
    await end();
    rmSync(folder, { recursive: true, force: true });
  }
});
