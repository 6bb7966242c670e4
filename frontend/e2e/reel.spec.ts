import { dragOnTrack, expect, openSample, playheadSeconds, test, track } from "./host";

test.beforeEach(async ({ app }) => {
  await openSample(app);
});

test("a click on the ruler moves the playhead, and dragging it scrubs", async ({ app }) => {
  const { left, top, width } = await track(app);
  await app.mouse.click(left + width * 0.3, top + 8);
  const before = await playheadSeconds(app);
  const states = app.waitForResponse("**/api/state_at");
  await dragOnTrack(app, 0.3, 0.6, 8);
  expect((await states).ok()).toBe(true);
  const after = await playheadSeconds(app);
  expect(after).toBeGreaterThan(before);
  await expect(app).toHaveURL(/at=\d{4}-/);
});

test("scrubbing asks for nothing but the state at the playhead", async ({ app }) => {
  const { left, top, width } = await track(app);
  const asked = new Set<string>();
  let latest = Date.now();
  app.on("request", (request) => {
    const name = /\/api\/(\w+)$/.exec(new URL(request.url()).pathname)?.[1];
    if (name === undefined || name === "ticks") return;
    asked.add(name);
    latest = Date.now();
  });
  await app.mouse.click(left + width * 0.3, top + 8);
  // The click's own questions are over.
  await expect.poll(() => Date.now() - latest, { intervals: [100] }).toBeGreaterThan(600);
  asked.clear();
  await app.mouse.move(left + width * 0.3, top + 8);
  await app.mouse.down();
  for (let n = 0; n < 20; n += 1) await app.mouse.move(left + width * (0.3 + n * 0.02), top + 8);
  await app.waitForTimeout(200);
  expect([...asked]).toEqual(["state_at"]);
  await app.mouse.up();
});

test("a drag across the histogram selects a range that can be resized, moved and cleared", async ({ app }) => {
  const all = await app.getByText(/^[\d,]+ requests, .* errors$/).textContent();
  await dragOnTrack(app, 0.3, 0.6);
  const chip = app.locator(".chip.sel");
  await expect(chip).toHaveText(/ to .*(s|min|h)/);
  await expect(app.getByText(all ?? "", { exact: true })).toHaveCount(0);
  await expect(app).toHaveURL(/from=.*&to=/);

  const first = await chip.textContent();
  await dragOnTrack(app, 0.6, 0.7);
  await expect(chip).not.toHaveText(first ?? "");
  const wider = await chip.textContent();
  await dragOnTrack(app, 0.45, 0.5);
  await expect(chip).not.toHaveText(wider ?? "");

  await app.getByRole("button", { name: "Clear the range" }).click();
  await expect(chip).toHaveCount(0);
  await app.goBack();
  await expect(chip).toHaveCount(1);
});

test("play moves the playhead and stops at the end", async ({ app }) => {
  const { left, top, width } = await track(app);
  await app.mouse.click(left + width * 0.2, top + 8);
  const start = await playheadSeconds(app);
  await app.keyboard.press("Space");
  await expect(app.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect.poll(() => playheadSeconds(app)).toBeGreaterThan(start + 2);
  await app.keyboard.press("Space");
  const paused = await playheadSeconds(app);
  await app.waitForTimeout(300);
  expect(await playheadSeconds(app)).toBe(paused);

  await app.getByRole("button", { name: "600×" }).click();
  await app.mouse.click(left + width * 0.9, top + 8);
  await app.getByRole("button", { name: "Play" }).click();
  await expect(app.getByRole("button", { name: "Play" })).toBeVisible();
  const end = Number(await app.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuemax"));
  await expect.poll(() => playheadSeconds(app)).toBe(end);
});

test("wheel, keys and the overview zoom; double click and 0 show all", async ({ app }) => {
  const shown = app.getByTitle("Time shown in the track");
  const all = await shown.textContent();
  const { left, top, width } = await track(app);
  await app.mouse.move(left + width * 0.5, top + 60);
  await app.mouse.wheel(0, -600);
  await expect(shown).not.toHaveText(all ?? "");
  await app.mouse.dblclick(left + width * 0.5, top + 60);
  await expect(shown).toHaveText(all ?? "");
  await app.keyboard.press("+");
  await expect(shown).not.toHaveText(all ?? "");
  await app.keyboard.press("0");
  await expect(shown).toHaveText(all ?? "");

  const overview = await app.getByLabel(/^Whole recording, /).boundingBox();
  if (overview === null) throw new Error("The overview is not visible.");
  await app.mouse.move(overview.x + overview.width * 0.4, overview.y + 8);
  await app.mouse.down();
  await app.mouse.move(overview.x + overview.width * 0.6, overview.y + 8, { steps: 5 });
  await app.mouse.up();
  await expect(shown).not.toHaveText(all ?? "");

  // The window is as long when it is dragged, and longer when its edge is.
  const window = await shown.textContent();
  const drag = async (from: number, to: number): Promise<void> => {
    await app.mouse.move(overview.x + overview.width * from, overview.y + 8);
    await app.mouse.down();
    await app.mouse.move(overview.x + overview.width * to, overview.y + 8, { steps: 5 });
    await app.mouse.up();
  };
  await drag(0.5, 0.3);
  await expect(shown).toHaveText(window ?? "");
  await drag(0.4, 0.7);
  await expect(shown).not.toHaveText(window ?? "");
});

test("arrows step from event to event, brackets set the range, b bookmarks", async ({ app }) => {
  const { left, top, width } = await track(app);
  await app.mouse.click(left + width * 0.5, top + 8);
  const start = await playheadSeconds(app);
  await app.keyboard.press("ArrowLeft");
  await expect.poll(() => playheadSeconds(app)).toBeLessThan(start);
  await app.keyboard.press("[");
  await expect(app.locator(".chip.sel")).toHaveCount(1);
  await app.keyboard.press("b");
  await app.getByLabel(/^Note for/).fill("flash sale opens");
  await app.keyboard.press("Enter");
  await expect(app.getByRole("button", { name: "Remove bookmark" })).toBeVisible();
  await app.keyboard.press("b");
  await expect(app.getByRole("button", { name: "Bookmark", exact: true })).toBeVisible();
});
