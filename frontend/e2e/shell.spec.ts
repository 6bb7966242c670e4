import { dragOnTrack, expect, openSample, playheadSeconds, test, track } from "./host";

test.beforeEach(async ({ app }) => {
  await openSample(app);
});

test("the theme changes and is remembered", async ({ app }) => {
  const page = app.locator("html");
  const before = await page.getAttribute("data-theme");
  await app.keyboard.press("t");
  await expect(page).not.toHaveAttribute("data-theme", before ?? "");
  const after = await page.getAttribute("data-theme");
  await app.reload();
  await expect(page).toHaveAttribute("data-theme", after ?? "");
  await app.getByRole("button", { name: /^Switch to the/ }).click();
  await expect(page).toHaveAttribute("data-theme", before ?? "");
});

test("g and a letter change panes, ? shows the keyboard map, Esc closes it", async ({ app }) => {
  await app.keyboard.press("g");
  await app.keyboard.press("q");
  await expect(app.getByRole("heading", { name: "SQL" })).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("e");
  await expect(app.getByRole("heading", { name: "Exchanges" })).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("t");
  await expect(app.getByRole("heading", { name: "Topology" })).toBeVisible();
  await app.keyboard.press("?");
  await expect(app.getByRole("dialog")).toBeVisible();
  await app.keyboard.press("Escape");
  await expect(app.getByRole("dialog")).toHaveCount(0);
});

test("a deep link keeps pane, range, playhead and filter over a reload", async ({ app }) => {
  const { left, top, width } = await track(app);
  await dragOnTrack(app, 0.3, 0.7);
  await app.mouse.click(left + width * 0.5, top + 8);
  await app.getByRole("combobox", { name: "Filter" }).fill("method:GET");
  await app.keyboard.press("Enter");
  await app.getByRole("button", { name: "Exchanges", exact: true }).click();
  await expect(app).toHaveURL(/#\/exchanges\?from=.*to=.*at=.*filter=method:GET/);
  const at = await playheadSeconds(app);
  const chip = await app.locator(".chip.sel").textContent();
  const url = app.url();

  await app.reload();
  await expect(app.getByRole("heading", { name: "Exchanges" })).toBeVisible();
  await expect(app.locator(".chip.sel")).toHaveText(chip ?? "");
  await expect(app.getByRole("combobox", { name: "Filter" })).toHaveValue("method:GET");
  await expect.poll(() => playheadSeconds(app)).toBe(at);
  expect(app.url()).toBe(url);
});

test("SQL answers over the selected range and says what is wrong", async ({ app }) => {
  await app.getByRole("button", { name: "SQL", exact: true }).click();
  const statement = app.getByRole("textbox", { name: "SQL statement" });
  await statement.fill("SELECT count(*) AS n, '$from' AS text FROM http_exchanges WHERE started_at >= $from");
  await app.keyboard.press("Control+Enter");
  await expect(app.getByRole("region", { name: "Result" }).getByRole("cell", { name: "$from" })).toBeVisible();
  await statement.fill("SELECT nothing FROM nowhere");
  await app.getByRole("button", { name: "Run", exact: true }).click();
  await expect(app.getByRole("alert").filter({ hasText: "nowhere" })).toBeVisible();
});

test("nothing scrolls as a whole, down to 1024 by 700", async ({ app }) => {
  await app.setViewportSize({ width: 1024, height: 700 });
  const size = await app.evaluate(() => {
    const root = document.documentElement;
    return [root.scrollWidth - root.clientWidth, root.scrollHeight - root.clientHeight];
  });
  expect(size).toEqual([0, 0]);
  await expect(app.getByRole("slider", { name: "Playhead" })).toBeInViewport();
  await app.setViewportSize({ width: 1440, height: 900 });
});
