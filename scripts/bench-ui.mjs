#!/usr/bin/env node
// Measures what a hand feels: the playhead is dragged by script over the web host in Chromium without a graphics card, and in the real
// window if there is one. Prints frames per second, the longest frame, and how many frames the drawn playhead was behind the pointer.
//   scripts/bench-ui.mjs [--sample] [--workspace DIR] [FILE...]     without any, the sample
// WIREREEL_BENCH_DIR gets ui.json, a list of {name, value, unit}. Run by `make bench-ui`, which builds first.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, startDriver, until, Window } from "../src-tauri/tests-window/webdriver.mjs";
import { FrameWatch, watchFrames } from "./bench-ui-page.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { chromium } = createRequire(join(root, "frontend/package.json"))("@playwright/test");
const programs = join(process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/wirereel/target"), process.env.WIREREEL_BENCH_PROFILE ?? "release");

/** How long the playhead is dragged, and how far from the edges of the track. */
const DRAG_S = 6;
const [FIRST, LAST] = [0.06, 0.94];

const SAMPLE = { of: "sample", workspace: null, files: [join(root, "sample-pcaps/shop-flash-sale.pcapng")] };

/** What is dragged over, one after the other: a workspace that is there, or files that are opened in a new one. */
function subjects(args) {
  const found = [];
  const sample = args.indexOf("--sample");
  if (sample >= 0) args.splice(sample, 1);
  const given = args.indexOf("--workspace");
  if (given >= 0) found.push({ of: "workspace", workspace: args.splice(given, 2)[1], files: [] });
  if (args.length > 0) found.push({ of: "files", workspace: null, files: args });
  return sample >= 0 || found.length === 0 ? [SAMPLE, ...found] : found;
}

/** Runs `measure` with a workspace: the subject's, or a new one that is taken away afterwards. */
async function measured(measure, { of, workspace, files }) {
  if (workspace !== null) return measure(of, workspace, files);
  const made = mkdtempSync(join(tmpdir(), "wirereel-bench-ui-"));
  try {
    return await measure(of, made, files);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Where the pointer is after a part of the drag: to and fro, with the speed of a hand that looks for something. */
function wayAt(part) {
  const swing = 0.5 - 0.5 * Math.cos(part * DRAG_S * 1.1 * Math.PI);
  return FIRST + (LAST - FIRST) * swing;
}

/** Puts the figures of a drag in words and numbers. */
function summary(place, frames) {
  const { lags, spans } = new FrameWatch(frames);
  if (spans.length < 10 || lags.length < 10) throw new Error(`${place}: only ${spans.length} frames and ${lags.length} places were seen`);
  const total = spans.reduce((a, b) => a + b, 0);
  const sorted = [...spans].sort((a, b) => a - b);
  const figure = (name, value, unit) => ({ name: `${place}_${name}`, value: Number(value.toFixed(2)), unit });
  return [
    figure("frames_per_second", (spans.length * 1000) / total, "1/s"),
    figure("frame_p95_ms", sorted[Math.floor(sorted.length * 0.95)], "ms"),
    figure("worst_frame_ms", sorted.at(-1), "ms"),
    figure("lag_mean_frames", lags.reduce((a, b) => a + b, 0) / lags.length, "frames"),
    figure("lag_worst_frames", Math.max(...lags), "frames"),
    figure("places_seen", lags.length, ""),
  ];
}

async function inBrowser(of, folder, files) {
  const host = spawn(join(programs, "wirereel"), ["serve", "--workspace", folder, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await once(host.stdout, "data");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(String(url).trim());
    await page.getByRole("option", { name: / to / }).first().waitFor({ state: "attached", timeout: 120_000 });
    await page.waitForTimeout(2500);
    const track = await page.getByRole("slider", { name: "Playhead" }).boundingBox();
    const y = track.y + 8;
    await page.mouse.move(track.x + track.width * FIRST, y);
    await page.mouse.click(track.x + track.width * FIRST, y);
    await page.waitForTimeout(800);
    await page.mouse.move(track.x + track.width * FIRST, y);
    await page.evaluate(watchFrames);
    await page.mouse.down();
    const began = performance.now();
    for (let part = 0; part < 1; part = (performance.now() - began) / (DRAG_S * 1000)) {
      await page.mouse.move(track.x + track.width * wayAt(part), y);
    }
    const seen = await page.evaluate(() => window.wirereelFrames());
    await page.mouse.up();
    return summary(`${of}_browser`, seen);
  } finally {
    await browser.close();
    host.kill();
    await once(host, "exit");
  }
}

/** The same in the program's own window. WebDriver sends a drag as a whole; the browser engine plays it back. */
async function inWindow(of, folder, files) {
  const stopDriver = await startDriver();
  let window;
  try {
    window = await Window.open(join(programs, "wirereel-app"), ["--workspace", folder, ...files]);
    await until("the graph", async () => (await window.count("main [role=listbox] [role=option]")) > 1, 120_000);
    await new Promise((later) => setTimeout(later, 2500));
    const { x, y, width } = await window.rect(await window.find('[role=slider][aria-label="Playhead"]'));
    const at = (part) => ({ x: x + width * part, y: y + 8 });
    await window.drag(at(0.5), at(FIRST), 4);
    await new Promise((later) => setTimeout(later, 800));
    await window.script(`(${watchFrames})()`);
    // Every step takes 16 ms at least.
    const steps = Math.round((DRAG_S * 1000) / 16);
    await window.dragAlong(Array.from({ length: steps }, (_, n) => at(wayAt(n / steps))), 16);
    return summary(`${of}_window`, await window.script("return window.wirereelFrames()"));
  } finally {
    await window?.close();
    await ended(folder);
    stopDriver();
  }
}

const windowed = existsSync(join(programs, "wirereel-app")) && process.env.DISPLAY;
const figures = [];
for (const subject of subjects(process.argv.slice(2))) {
  figures.push(...(await measured(inBrowser, subject)));
  if (windowed) figures.push(...(await measured(inWindow, subject)));
}
if (!windowed) console.log("The window is not measured: it needs wirereel-app and a display.");

console.log("\ndragging the playhead");
for (const { name, value, unit } of figures) console.log(`  ${name.padEnd(42)} ${String(value).padStart(10)} ${unit}`);
const folder = process.env.WIREREEL_BENCH_DIR;
if (folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ui.json"), `${JSON.stringify(figures, null, 2)}\n`);
}
