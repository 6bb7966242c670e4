import type { Page } from "@playwright/test";
import { troubled, troubledTwice } from "./captures";
import { expect, openCapture, openSample, test } from "./host";

const grid = (page: Page) => page.getByRole("grid", { name: "Problems" });
const line = (page: Page, index: number) => grid(page).locator(`[aria-rowindex="${index + 2}"]`);
const drawer = (page: Page) => page.getByRole("region", { name: "Selected problem" });

test("a recording without problems says so", async ({ app }) => {
  await openSample(app);
  await app.keyboard.press("g");
  await app.keyboard.press("i");
  await expect(app.getByRole("heading", { name: "Problems" })).toBeVisible();
  await expect(app.getByText("Every packet could be read")).toBeVisible();
});

test.describe("a damaged capture", () => {
  test.beforeEach(async ({ app }) => {
    await openCapture(app, "troubled.pcap", troubled());
    await app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Problems" }).click();
  });

  test("is counted in the rail and listed by stage", async ({ app }) => {
    await expect(line(app, 0)).toContainText(/troubled(-\d+)?\.pcap/);
    await expect(line(app, 0)).toContainText("transport");
    await expect(app.getByRole("list", { name: "Problems by stage" })).toContainText("transport");
    const rail = app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Problems" });
    await expect(rail).toHaveAttribute("title", /\d+ problem/);
  });

  test("leads from a problem to the bytes it was found in", async ({ app }) => {
    await line(app, 0).click();
    // The header's length, fifteen words, after the acknowledgement.
    await expect(drawer(app).getByRole("region", { name: /in hexadecimal$/ })).toContainText("f0 10");
    await expect(drawer(app).getByText("State", { exact: true })).toBeVisible();
    await app.keyboard.press("Escape");
    await expect(drawer(app)).toHaveCount(0);
  });
});

test("problems are narrowed to a stage, and the counts stay those of every stage", async ({ app }) => {
  await openCapture(app, "twice.pcap", troubledTwice());
  await app.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Problems" }).click();
  const chips = app.getByRole("list", { name: "Problems by stage" }).getByRole("button");
  const chip = (text: string) => chips.filter({ hasText: text });
  const counts = ["all 3", "transport 2", "http 1"];
  await expect(chips).toHaveText(counts);
  await expect(chip("all")).toHaveAttribute("aria-pressed", "true");
  await expect(grid(app)).toHaveAttribute("aria-rowcount", "4");

  await chip("http").click();
  await expect(chip("http")).toHaveAttribute("aria-pressed", "true");
  await expect(grid(app)).toHaveAttribute("aria-rowcount", "2");
  await expect(line(app, 0)).toContainText("chunk");
  await expect(chips).toHaveText(counts);
  await expect(app).toHaveURL(/stage=http/);

  // It survives a reload, and the chosen chip gives all back.
  await app.reload();
  await expect(grid(app)).toHaveAttribute("aria-rowcount", "2");
  await chip("http").click();
  await expect(chip("all")).toHaveAttribute("aria-pressed", "true");
  await expect(grid(app)).toHaveAttribute("aria-rowcount", "4");
  await expect(app).not.toHaveURL(/stage=/);
});

test("a capture that ends in a packet is odd, and the source picker leads to why", async ({ app }) => {
  const whole = troubled();
  await openCapture(app, "cut.pcap", whole.subarray(0, whole.length - 20));
  await app.locator("button.source").click();
  await app.getByRole("menuitem", { name: /cut(-\d+)?\.pcap.*warning/ }).click();
  await expect(app.getByRole("heading", { name: "Problems" })).toBeVisible();
  await expect(app).toHaveURL(/source=\d+/);
  await expect(app.locator(".note.warn").first()).toContainText(/cut(-\d+)?\.pcap/);
});
