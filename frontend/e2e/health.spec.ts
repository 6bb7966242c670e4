// Health in the window: all well, a capture watched, a past moment, and the host not answering.

import { mkdirSync, writeFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { join } from "node:path";
import { ask, closeRecording, expect, openSample, startOn, test, tryAgain } from "./host";
import { request, serve } from "./traffic";

// The charts are as long as the live recording: a capture before this one would shift them.
test.use({ ownHostOf: "health" });

const pane = (app: Page): Locator => app.getByRole("region", { name: "Health", exact: true });
const section = (app: Page, name: string): Locator => pane(app).getByRole("region", { name, exact: true });

async function open(app: Page): Promise<void> {
  await app.keyboard.press("g");
  await app.keyboard.press("h");
  await expect(pane(app).getByRole("heading", { name: "Health" })).toBeVisible();
}

test("g h says in one line that all is well, also with nothing open", async ({ app }) => {
  await closeRecording(app);
  await open(app);
  await expect(app).toHaveURL(/#\/health$/);
  await expect(pane(app).getByRole("status")).toContainText("All is well");
  await expect(pane(app).getByRole("status")).toContainText("nothing is captured, nothing lost");
  await expect(section(app, "Questions").getByRole("row", { name: /^app_state/ })).toBeVisible();
  await expect(section(app, "Memory by room")).toContainText(/\d MB/);
  await expect(section(app, "Whisperers and breakers")).toContainText("This machine");
});

test("questions are counted as they are asked, and the charts have a table", async ({ app }) => {
  await openSample(app);
  await open(app);
  const row = section(app, "Questions").getByRole("row", { name: /^doctor/ });
  await ask(app, "doctor", {});
  await expect(row).toContainText(/ms|µs/);
  const answered = async (): Promise<number> => Number(await row.getByRole("cell").nth(1).innerText());
  const before = await answered();
  await ask(app, "doctor", {});
  await expect.poll(answered).toBe(before + 1);
  await pane(app).getByRole("button", { name: "Show the charts as a table" }).click();
  await expect(pane(app).getByRole("columnheader", { name: "Question p99" })).toBeVisible();
  await expect(pane(app).getByRole("row", { name: /%/ }).first()).toBeVisible();
});

test(
  "a capture is watched, and a past moment of it is shown where a chart is clicked",
  { tag: "@alone" },
  async ({ app }) => {
    const { hindrance } = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
    test.skip(hindrance !== null, hindrance ?? "");
    await closeRecording(app);
    await ask(app, "capture_start", { config: { interfaces: ["lo"] } });
    const { web, port } = await serve();
    const timer = setInterval(() => void request(port).catch(() => undefined), 20);
    await open(app);
    await expect(pane(app).getByRole("status")).toContainText(/1 whisperer capturing, [1-9][\d,.]* packets\/s/, {
      timeout: 15_000,
    });
    await expect(pane(app)).toContainText("kept in the live recording");
    const queues = section(app, "Queues");
    for (const name of ["Kernel buffer of This machine", "Queue of This machine", "Arrivals", "Batches to store"]) {
      await expect(queues.getByRole("row", { name: new RegExp(`^${name}`) })).toContainText("flowing");
    }
    await expect(section(app, "Whisperers and breakers")).toContainText("breaker closed");
    const chart = section(app, "Ingest").getByRole("img", { name: /^Packets: at most/ });
    // Some samples, all of them of the capture: what is clicked is one of its moments.
    await expect(chart.locator("path.line")).toHaveAttribute("d", /(?:L.*){5}/, { timeout: 20_000 });
    clearInterval(timer);

    const box = await chart.boundingBox();
    if (box === null) throw new Error("The chart is not visible.");
    await app.mouse.click(box.x + box.width * 0.8, box.y + 10);
    await expect(app).toHaveURL(/#\/health\?at=/);
    await expect(pane(app)).toContainText("the playhead's moment");
    await expect(pane(app).getByRole("status")).toContainText("whisperer capturing");
    await pane(app).getByRole("button", { name: "Now" }).click();
    await expect(pane(app)).toContainText("looked at every second");

    await section(app, "Whisperers and breakers").getByRole("button", { name: "This machine" }).click();
    await expect(app.getByRole("region", { name: "Whisperers", exact: true })).toBeVisible();
    await ask(app, "capture_stop", {});
    web.close();
  },
);

test("a moment before the first capture has no figures, and says so", async ({ app }) => {
  const { hindrance } = (await ask(app, "capture_interfaces", {})) as { hindrance: string | null };
  test.skip(hindrance !== null, hindrance ?? "");
  const early = (await ask(app, "health", { at_us: 1_000_000_000_000_000, points: 0 })) as Record<string, unknown>;
  expect(early).toMatchObject({ present: false, measured_us: null, cpu: null, queues: [] });
});

test("figures stay while the host does not answer, with a way forward", async ({ app }) => {
  await open(app);
  await expect(pane(app).getByRole("status")).toContainText("All is well");
  await app.route("**/api/health", (route) =>
    route.fulfill({ status: 500, json: { code: "internal", message: "The host is ill.", detail: "" } }),
  );
  await expect(pane(app).getByRole("alert")).toContainText("The host is ill.");
  await expect(pane(app)).toContainText("The figures are those of the answer before.");
  await expect(pane(app).getByRole("status")).toContainText("All is well");
  await app.unroute("**/api/health");
  await tryAgain(pane(app));
});

test("what is wrong is on top, worst first, and says what to do", async ({ app }) => {
  await app.route("**/api/health", async (route) => {
    const answer = await route.fetch();
    const health = (await answer.json()) as { measured_us: number; findings: object[] };
    health.findings = [
      {
        id: "drops:kernel:local",
        grade: "error",
        what: "This machine loses packets in the kernel's buffer",
        advice: "Enlarge the buffer.",
        since_us: health.measured_us - 5e6,
        until_us: null,
      },
    ];
    await route.fulfill({ response: answer, json: health });
  });
  await open(app);
  await expect(pane(app).getByRole("status")).toContainText("One thing is wrong");
  const wrong = pane(app).getByRole("list", { name: "What is wrong" });
  await expect(wrong).toContainText("This machine loses packets in the kernel's buffer Enlarge the buffer.");
  await expect(wrong).toContainText(/since \d\d:\d\d:\d\d, 5 s/);
});

test("in a narrow window everything is one column, and nothing is cut off sideways", async ({ app }) => {
  await app.setViewportSize({ width: 760, height: 700 });
  await open(app);
  await expect(pane(app).getByRole("status")).toContainText("All is well");
  const [queues, disk] = [await section(app, "Queues").boundingBox(), await section(app, "Disk").boundingBox()];
  expect(disk?.y ?? 0).toBeGreaterThan(queues?.y ?? 0);
  const wide = await pane(app).evaluate((element) => element.scrollWidth - element.clientWidth);
  expect(wide).toBe(0);
});

test(
  "a disk with too little room is told on the page, the rail and the reel, and is over when there is room",
  { tag: "@alone" },
  async ({ browser }) => {
    test.skip(process.env["WIREREEL_URL"] !== undefined, "The host's folder is not known.");
    test.setTimeout(90_000);
    const { url, workspace, end } = await startOn([]);
    const page = await browser.newPage();
    await page.goto(url);
    const { hindrance } = (await ask(page, "capture_interfaces", {})) as { hindrance: string | null };
    test.skip(hindrance !== null, hindrance ?? "");
    // Far more than any disk has: capture pauses.
    const live = join(workspace, "live");
    const bound = (gib: number): void =>
      writeFileSync(join(live, "wirereel.json"), JSON.stringify({ retention: { free_space_gib: gib } }));
    mkdirSync(live, { recursive: true });
    bound(1);
    await ask(page, "capture_start", { config: { interfaces: ["lo"] } });
    const { web, port } = await serve();
    const timer = setInterval(() => void request(port).catch(() => undefined), 50);
    await open(page);
    await expect(pane(page).getByRole("status")).toContainText("1 whisperer capturing", { timeout: 15_000 });
    bound(1_000_000);

    const wrong = pane(page).getByRole("list", { name: "What is wrong" });
    await expect(wrong).toContainText("Capture pauses: the disk is nearly full", { timeout: 15_000 });
    await expect(wrong).toContainText("The disk takes no more packets");
    await expect(pane(page).getByRole("status")).toContainText("2 things are wrong");
    const rail = page.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Health" });
    await expect(rail).toHaveAttribute("title", "Health (g h), 2 things wrong");
    await expect(section(page, "Queues").getByRole("row", { name: /^Segments/ })).toContainText("dropping");

    bound(1);
    await expect(section(page, "Earlier")).toContainText("Capture pauses: the disk is nearly full", {
      timeout: 15_000,
    });
    await expect(wrong).not.toContainText("Capture pauses");
    clearInterval(timer);
    await ask(page, "capture_stop", {});
    web.close();
    await page.close();
    await end();
  },
);
