// The web host under test, and what most tests do first.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test as base, expect, type BrowserContext, type Locator, type Page } from "@playwright/test";

/** The sample that the tests open. */
export const SAMPLE = fileURLToPath(new URL("../../sample-pcaps/shop-flash-sale.pcapng", import.meta.url));

interface Host {
  /** Where the page is, without the token. */
  address: string;
  /** The cookie that the token bought. */
  context: BrowserContext;
  /** Its folder, which has `wirereel.json`; empty where it was started elsewhere. */
  workspace: string;
}

interface Fixtures {
  /** A page of the host. Its console may not have shown an error by the end of the test. */
  app: Page;
}

/** One host, one workspace and one session for all tests of a file, and for other files that ask for no host of their own. */
export const test = base.extend<Fixtures, { host: Host; ownHostOf: string }>({
  // A file that leaves behind what others would stumble over: `test.use({ ownHostOf: "alerts" })`.
  ownHostOf: ["", { scope: "worker", option: true }],

  host: [
    async ({ browser }, use) => {
      const { url, workspace, end } = await start();
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
      const page = await context.newPage();
      await page.goto(url);
      await expect(page.getByRole("navigation", { name: "Panes" })).toBeVisible();
      // It stays: while there is one, others are tabs of its window. A window of its own for each test would cost the browser twice as much.
      await page.goto("about:blank");
      await use({ address: new URL("/", url).href, context, workspace });
      await context.close();
      await end();
    },
    { scope: "worker" },
  ],

  app: async ({ host }, use) => {
    const page = await host.context.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      // Questions that the host refuses are part of some tests; the page shows them.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        troubles.push(message.text());
    });
    await page.goto(host.address);
    await use(page);
    await page.close();
    expect(troubles).toEqual([]);
  },
});

export { expect };

/** A running host. */
interface Started {
  url: string;
  /** Its folder; empty where it was started elsewhere. */
  workspace: string;
  /** Ends it and removes its folder. */
  end: () => Promise<void>;
}

async function start(): Promise<Started> {
  const running = process.env["WIREREEL_URL"];
  return running === undefined ? startOn([]) : { url: running, workspace: "", end: () => Promise.resolve() };
}

/** Starts a host of its own with these captures open. */
export async function startOn(files: string[]): Promise<Started> {
  const program = process.env["WIREREEL_BIN"];
  if (program === undefined)
    throw new Error("Set WIREREEL_BIN to the wirereel program, or WIREREEL_URL to a URL that it printed.");
  const workspace = mkdtempSync(join(tmpdir(), "wirereel-e2e-"));
  const host = spawn(program, ["serve", "--workspace", workspace, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await firstLine(host);
  return {
    url,
    workspace,
    end: async () => {
      const ended = once(host, "exit");
      // What it still writes would come into a folder that is being removed.
      if (host.exitCode === null && host.signalCode === null && host.kill("SIGTERM")) await ended;
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

async function firstLine(host: ChildProcess): Promise<string> {
  if (host.stdout === null) throw new Error("The host has no output.");
  for await (const line of createInterface(host.stdout)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`The host ended with ${host.exitCode} before it listened.`);
}

/** Closes what is open, so that the page shows its first-run state. */
export async function closeRecording(page: Page): Promise<void> {
  await ask(page, "close_recording", {});
  await expect(page.getByRole("heading", { name: "See what your services say to each other" })).toBeVisible();
}

/** Opens the flash-sale sample unless it is open, waits until it is read, and shows all of it with nothing selected. */
export async function openSample(page: Page): Promise<void> {
  const state = (await ask(page, "app_state", {})) as {
    recording: { name: string; exchanges: number } | null;
    samples: { name: string }[];
  };
  if (!(state.recording?.name ?? "").includes("flash-sale")) {
    const sample = state.samples.find(({ name }) => name.includes("flash-sale"));
    await ask(page, "open_sample", { name: sample?.name });
  }
  await expect(page.getByText(/^[\d,]+ requests, .* errors$/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("group", { name: "Import" })).toHaveCount(0, { timeout: 30_000 });
}

/** Sends a capture made here unless it is open, and waits until it is read. */
export async function openCapture(page: Page, name: string, content: Buffer): Promise<void> {
  const stem = name.replace(/\..*/, "");
  const isOpen = async (): Promise<boolean> => {
    const state = (await ask(page, "app_state", {})) as {
      recording: { name: string } | null;
      import: { state: string } | null;
    };
    return state.import?.state !== "running" && (state.recording?.name ?? "").startsWith(stem);
  };
  if (!(await isOpen())) {
    const sent = [`/api/upload?name=${encodeURIComponent(name)}`, content.toString("base64")] as const;
    const status = await page.evaluate(async ([path, base64]) => {
      const body = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      return (await fetch(path, { method: "POST", body })).status;
    }, sent);
    expect(status).toBeLessThan(300);
  }
  await expect.poll(isOpen, { timeout: 30_000 }).toBe(true);
  await expect(page.locator("button.source")).toContainText(stem);
  await expect(page.getByRole("slider", { name: "Playhead" })).toHaveAttribute("tabindex", "0");
}

/** Sends a command as the page would. */
export async function ask(page: Page, command: string, args: object): Promise<unknown> {
  return page.evaluate(
    async ([name, body]) => {
      const answer = await fetch(`/api/${name}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return answer.json();
    },
    [command, args] as const,
  );
}

/** Shows exchanges or flows with a filter, and waits for its rows: those of the filter before stay until these are there. */
export async function showRows(page: Page, pane: "exchanges" | "flows", filter = ""): Promise<void> {
  const query = filter === "" ? "" : `?filter=${encodeURIComponent(filter)}`;
  await page.evaluate((hash) => (window.location.hash = hash), `#/${pane}${query}`);
  const scope = { range: null, filter };
  const question = { scope, sort: "duration_us", descending: false, offset: 0, limit: 1 };
  const { total } = (await ask(page, pane, question)) as { total: number };
  const grid = page.getByRole("grid", { name: pane === "exchanges" ? "HTTP exchanges" : "Flows" });
  await expect(grid).toHaveAttribute("aria-rowcount", String(total + 1));
  await expect(grid.locator('[aria-rowindex="2"]').getByRole("gridcell").first()).toBeVisible();
}

/** Presses "Try again" until it helped. A pane that asks again by itself may be faster, and take the button away. */
export async function tryAgain(pane: Locator): Promise<void> {
  const error = pane.getByRole("alert");
  await expect(async () => {
    if ((await error.count()) > 0) await pane.getByRole("button", { name: "Try again" }).click({ timeout: 500 });
    await expect(error).toHaveCount(0, { timeout: 1000 });
  }).toPass();
}

/** Takes away messages that lie over what is clicked next; by themselves they stay for six seconds. */
export async function dismissMessages(page: Page): Promise<void> {
  const dismiss = page.locator(".toast").getByRole("button", { name: "Dismiss" });
  await expect(async () => {
    if ((await dismiss.count()) > 0) await dismiss.first().click({ timeout: 500 });
    expect(await dismiss.count()).toBe(0);
  }).toPass({ intervals: [50] });
}

/** The reel's canvas and its place on the screen. */
export async function track(page: Page): Promise<{ left: number; top: number; width: number; height: number }> {
  const box = await page.getByRole("slider", { name: "Playhead" }).locator("canvas").first().boundingBox();
  if (box === null) throw new Error("The track is not visible.");
  return { left: box.x, top: box.y, width: box.width, height: box.height };
}

/** The playhead in seconds since 1970. */
export async function playheadSeconds(page: Page): Promise<number> {
  return Number(await page.getByRole("slider", { name: "Playhead" }).getAttribute("aria-valuenow"));
}

/** Focuses the playhead and sends it to the start of the recording, once the page knows where that is. */
export async function rewind(page: Page): Promise<void> {
  const slider = page.getByRole("slider", { name: "Playhead" });
  await expect(async () => {
    await slider.focus();
    await page.keyboard.press("Home");
    const [at, start] = [await slider.getAttribute("aria-valuenow"), await slider.getAttribute("aria-valuemin")];
    expect(Number(at)).toBeGreaterThan(0);
    expect(at).toBe(start);
  }).toPass();
}

/** Drags on the track, given as shares of its width, at a height inside the histogram. */
export async function dragOnTrack(page: Page, from: number, to: number, fromY = 60): Promise<void> {
  const { left, top, width } = await track(page);
  await page.mouse.move(left + from * width, top + fromY);
  await page.mouse.down();
  await page.mouse.move(left + ((from + to) / 2) * width, top + fromY + 2, { steps: 4 });
  await page.mouse.move(left + to * width, top + fromY, { steps: 4 });
  await page.mouse.up();
}
