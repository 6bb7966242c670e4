#!/usr/bin/env node
// Takes the pictures in docs/img from the running program: the web host over the sample recording, in Chromium.
// Run by `make screenshots`, which builds first.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { chromium } = createRequire(join(root, "frontend/package.json"))("@playwright/test");
const sample = join(root, "sample-pcaps/shop-flash-sale.pcapng");
const pictures = join(root, "docs/img");
mkdirSync(pictures, { recursive: true });

/** Runs `look` on a page of a new web host with these captures open. */
async function withPage(files, look) {
  const workspace = mkdtempSync(join(tmpdir(), "wirereel-pictures-"));
  const host = spawn(join(root, "target/debug/wirereel"), ["serve", "--workspace", workspace, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await once(host.stdout, "data");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(String(url).trim());
    await look(page);
  } finally {
    await browser.close();
    host.kill();
    await once(host, "exit");
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** A picture in each theme, once the page has drawn what it pulled. */
async function picture(page, name) {
  for (const theme of ["dark", "light"]) {
    await page.evaluate(() => document.activeElement?.blur());
    if ((await page.locator("html").getAttribute("data-theme")) !== theme) await page.keyboard.press("t");
    await page.locator(`html[data-theme=${theme}]`).waitFor();
    await page.mouse.move(720, 20);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
  }
}

await withPage([], async (page) => {
  await page.getByRole("button", { name: "Open sample" }).first().waitFor();
  await picture(page, "empty");
});

await withPage([sample], async (page) => {
  await page.getByRole("option", { name: /^payment-service: / }).waitFor({ state: "attached" });
  // A range over the sale and the crash, the playhead in it, and what payment looks like then.
  const track = await page.getByRole("slider", { name: "Playhead" }).boundingBox();
  const at = (part, down) => [track.x + track.width * part, track.y + down];
  await page.mouse.move(...at(0.28, 50));
  await page.mouse.down();
  await page.mouse.move(...at(0.5, 50), { steps: 5 });
  await page.mouse.move(...at(0.68, 50), { steps: 5 });
  await page.mouse.up();
  await page.mouse.click(...at(0.58, 8));
  await page.waitForTimeout(1000);
  const card = await page.locator(".card", { hasText: "payment-service" }).boundingBox();
  await page.mouse.click(card.x + card.width / 2, card.y + card.height / 2);
  await picture(page, "topology");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Clear the range" }).click();

  await page.keyboard.press("g");
  await page.keyboard.press("e");
  const row = page.getByRole("row").filter({ hasText: /POST.*502/ }).first();
  await page.keyboard.press("/");
  await page.keyboard.type("service:order-service status:>=500");
  await page.keyboard.press("Enter");
  await row.click();
  await picture(page, "exchanges");

  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("columnheader", { name: /Retrans/ }).waitFor();
  await page.getByRole("row").nth(2).click();
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: /Packets/ }).waitFor();
  await picture(page, "flows");
});
