import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "@playwright/test";
import { ask, dragOnTrack, expect, openSample, playheadSeconds, test, track } from "./host";

interface Truth {
  faults: { at_ns: number; service: string; change: "begin" | "recover"; fault?: { kind: string } }[];
}
const truth = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../sample-pcaps/shop-flash-sale.truth.json", import.meta.url)), "utf8"),
) as Truth;
/** When the payment crashed and when it was back, in seconds since 1970. */
const crash = truth.faults
  .filter(({ change, fault }) => fault?.kind === "crash" || change === "recover")
  .map(({ at_ns }) => at_ns / 1e9);

interface Range {
  from_us: number;
  to_us: number;
}
interface Series {
  range: Range;
  bucket_us: number;
  series: { service: string; values: (number | null)[] }[];
}
interface Difference {
  edges: { client: string; server: string; presence: "new" | "gone" | "changed" | "same" }[];
}

const services = (page: Page) => page.getByRole("list", { name: "Compared services" });
const chart = (page: Page) => page.getByRole("img", { name: /^Chart of/ });
const edges = (page: Page) => page.getByRole("grid", { name: "Edges that changed" });
const band = (page: Page, name: string) => page.getByRole("slider", { name: `${name}: window of the comparison` });

async function open(page: Page, query = ""): Promise<void> {
  await page.evaluate((hash) => (window.location.hash = hash), `#/compare${query}`);
  await expect(chart(page)).toBeVisible();
}

const instant = (us: number): string => new Date(us / 1000).toISOString();

async function recorded(page: Page): Promise<Range> {
  const state = (await ask(page, "app_state", {})) as { recording: { range: Range } };
  return state.recording.range;
}

/** A range around the crash as the address has it. */
function aroundCrash(): string {
  const [from = 0, to = 0] = crash;
  return `from=${instant(from * 1e6)}&to=${instant(to * 1e6)}`;
}

async function chosen(page: Page): Promise<Range> {
  const query = new URLSearchParams((await page.evaluate(() => window.location.hash)).split("?")[1] ?? "");
  const us = (key: string): number => Date.parse(query.get(key) ?? "") * 1000;
  return { from_us: us("from"), to_us: us("to") };
}

async function middleOf(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error("It is not visible.");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test.beforeEach(async ({ app }) => {
  await openSample(app);
});

test.describe("the chart", () => {
  test("opens with g c and services worth a look, the one where errors start first", async ({ app }) => {
    await app.evaluate(() => (window.location.hash = "#/topology"));
    await app.keyboard.press("g");
    await app.keyboard.press("c");
    await expect(app.getByRole("heading", { name: "Compare" })).toBeVisible();
    await expect(chart(app)).toBeVisible();
    await expect(services(app).getByTitle(/: choose another$/)).toHaveCount(3);
    await expect(services(app).getByRole("button").first()).toContainText("payment-service");
    await expect(services(app).getByRole("button").first()).toContainText(/mean \d/);
  });

  test("stands on the reel's time axis", async ({ app }) => {
    await open(app);
    const [box, reel] = [await chart(app).boundingBox(), await track(app)];
    expect(Math.abs((box?.x ?? 0) - reel.left)).toBeLessThan(2);
    expect(Math.abs((box?.width ?? 0) - reel.width)).toBeLessThan(2);
    const x = reel.left + reel.width * 0.4;
    await app.mouse.click(x, (box?.y ?? 0) + 100);
    const byChart = await playheadSeconds(app);
    await app.mouse.click(x, reel.top + 6);
    // The ruler snaps to events within six pixels.
    const perPixel = ((await recorded(app)).to_us - (await recorded(app)).from_us) / 1e6 / reel.width;
    expect(Math.abs((await playheadSeconds(app)) - byChart)).toBeLessThan(8 * perPixel);
  });

  test("takes services by keyboard, at most eight, and keeps them in the address", async ({ app }) => {
    await open(app, "?services=cart-service");
    await app.getByRole("button", { name: "Add service" }).click();
    await app.getByRole("combobox", { name: "Name of a service" }).fill("shipp");
    await app.keyboard.press("Enter");
    await expect(app).toHaveURL(/services=cart-service~shipping-service/);
    await app.getByRole("button", { name: "Add service" }).click();
    await app.keyboard.press("ArrowDown");
    await app.keyboard.press("Enter");
    await expect(services(app).getByTitle(/: choose another$/)).toHaveCount(3);

    await services(app).getByRole("button", { name: "A cart-service" }).click();
    await app.getByRole("combobox", { name: "Name of a service" }).fill("user-");
    await app.keyboard.press("Enter");
    await expect(app).toHaveURL(/services=user-service~shipping-service/);
    await services(app).getByRole("button", { name: "B shipping-service" }).click();
    await app.getByRole("button", { name: "Remove from the chart" }).click();
    await expect(app).toHaveURL(/services=user-service~(?!shipping)/);

    const eight =
      "auth-service~user-service~cart-service~order-service~payment-service~shipping-service~search-service~api-gateway";
    await open(app, `?services=${eight}`);
    await expect(services(app).getByTitle(/: choose another$/)).toHaveCount(8);
    await expect(app.getByRole("button", { name: "Add service" })).toBeDisabled();
  });

  test("says in figures what the host answers, as a table and at the playhead", async ({ app }) => {
    await open(app, "?services=payment-service~api-gateway&metric=p95");
    await app.getByRole("button", { name: "Table", exact: true }).click();
    const table = app.getByRole("table", { name: "Points of the chart" });
    await expect(table.getByRole("columnheader")).toHaveText(["From", "payment-service", "api-gateway"]);
    const rows = Number(await table.getAttribute("aria-rowcount")) - 1;
    expect(rows).toBeGreaterThan(50);
    const range = await recorded(app);
    const question = {
      range: { ...range, to_us: range.to_us + 1 },
      points: 400,
      metric: "p95",
      services: ["payment-service"],
    };
    const answer = (await ask(app, "series", { ...question, filter: "" })) as Series;
    expect(answer.series[0]?.values.some((value) => value !== null)).toBe(true);
    await app.getByRole("button", { name: "One axis" }).click();

    await expect(services(app).getByRole("button").first()).toContainText(/(ms|s|none)\s*at the playhead/);
    await app.getByRole("button", { name: "Failures" }).click();
    await expect(app).toHaveURL(/metric=failure_rate/);
    await expect(services(app).getByRole("button").first()).toContainText("%");
  });

  test("names the payment's silence", async ({ app }) => {
    await open(app, "?services=payment-service");
    await expect(app.getByText(/payment-service: .* silent from 04:10:\d\d to 04:10:\d\d/)).toHaveCount(1);
  });

  test("draws each line on an axis of its own", async ({ app }) => {
    await open(app, "?services=payment-service~api-gateway~cart-service");
    await expect(chart(app).locator(".uplot")).toHaveCount(1);
    await app.getByRole("button", { name: "Each", exact: true }).click();
    await expect(chart(app).locator(".uplot")).toHaveCount(3);
    await app.reload();
    await expect(chart(app).locator(".uplot")).toHaveCount(3);
    await app.getByRole("button", { name: "One axis" }).click();
    await expect(chart(app).locator(".uplot")).toHaveCount(1);
  });

  test("zooms with the wheel as the reel does", async ({ app }) => {
    await open(app);
    const { x, y } = await middleOf(chart(app));
    await app.mouse.move(x, y);
    for (let n = 0; n < 4; n += 1) await app.mouse.wheel(0, -400);
    await expect(app.getByRole("button", { name: /^(Show all|All)/ }).first()).toBeEnabled();
    await expect(app.getByText(/one point per/)).toBeVisible();
    await app.keyboard.press("0");
  });

  test("is saved as SVG, PNG and CSV", async ({ app }) => {
    await open(app, "?services=payment-service~api-gateway");
    await expect(services(app).getByRole("button").first()).toContainText(/mean/);
    for (const [kind, start] of [
      ["SVG", "<svg xmlns="],
      ["PNG", "\u0089PNG"],
    ] as const) {
      await app.getByRole("button", { name: "More for the comparison" }).click();
      const download = app.waitForEvent("download");
      await app.getByRole("menuitem", { name: new RegExp(`Chart\\s*${kind}`) }).click();
      const content = readFileSync(await (await download).path());
      expect(content.toString("latin1").startsWith(start)).toBe(true);
      if (kind === "SVG") expect(content.toString("utf8")).toContain("A payment-service");
    }
    const download = app.waitForEvent("download");
    await app.getByRole("button", { name: "Export CSV" }).click();
    const [head, ...lines] = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\r\n");
    expect(head).toBe("from,seconds,payment-service requests_in,api-gateway requests_in");
    expect(lines.length).toBeGreaterThan(50);
  });

  test("says what is wrong when the host does not answer, and asks again", async ({ app }) => {
    await open(app);
    await app.route("**/api/series", (route) =>
      route.fulfill({ status: 500, json: { code: "internal", message: "The series could not be read." } }),
    );
    await app.getByRole("button", { name: "p99", exact: true }).click();
    await expect(app.getByText("The series could not be read.")).toBeVisible();
    await app.unroute("**/api/series");
    await app.getByRole("button", { name: "Try again" }).first().click();
    await expect(app.getByText("The series could not be read.")).toHaveCount(0);
    await expect(chart(app)).toBeVisible();
  });

  test("finds one of five hundred services, and holds only those in view", async ({ app }) => {
    const graph = (await ask(app, "topology", { range: null, filter: "" })) as { nodes: { name: string }[] };
    const some = graph.nodes[1];
    const nodes = Array.from({ length: 500 }, (_, n) => ({ ...some, kind: "service", name: `service-${n}` }));
    await app.route("**/api/topology", (route) =>
      route.fulfill({ json: { ...graph, nodes: [...graph.nodes, ...nodes] } }),
    );
    await open(app, "?services=payment-service");
    await app.getByRole("button", { name: "Add service" }).click();
    const list = app.getByRole("listbox", { name: "Services" });
    await expect(list.getByRole("option").first()).toHaveAttribute("aria-setsize", /5\d\d/);
    expect(await list.getByRole("option").count()).toBeLessThan(20);
    await app.getByRole("combobox", { name: "Name of a service" }).fill("ice-427");
    await expect(list.getByRole("option")).toHaveCount(1);
    await expect(list.getByRole("option")).toContainText("service-427");
  });
});

test.describe("the windows", () => {
  test("are the selected range and the time just before it", async ({ app }) => {
    await open(app);
    await dragOnTrack(app, 0.5, 0.7);
    await expect(app).toHaveURL(/from=/);
    const { from_us, to_us } = await chosen(app);
    const before = Number(await band(app, "Before").getAttribute("aria-valuenow"));
    expect(before * 1e6).toBeCloseTo(from_us - (to_us - from_us), -4);
    expect(Number(await band(app, "After").getAttribute("aria-valuenow")) * 1e6).toBeCloseTo(from_us, -4);
  });

  test("are dragged: the one after is the selection, the one before stays where it was put", async ({ app }) => {
    await open(app, `?${aroundCrash()}`);
    const old = await chosen(app);
    const after = await middleOf(band(app, "After"));
    await app.mouse.move(after.x, after.y);
    await app.mouse.down();
    await app.mouse.move(after.x + 60, after.y, { steps: 5 });
    await app.mouse.up();
    await expect.poll(async () => (await chosen(app)).from_us).toBeGreaterThan(old.from_us);
    const moved = await chosen(app);
    expect(Math.abs(moved.to_us - moved.from_us - (old.to_us - old.from_us))).toBeLessThan(5000);

    const before = await middleOf(band(app, "Before"));
    await app.mouse.move(before.x, before.y);
    await app.mouse.down();
    await app.mouse.move(before.x - 80, before.y, { steps: 5 });
    await app.mouse.up();
    await expect(app).toHaveURL(/before=/);
    const stays = await band(app, "Before").getAttribute("aria-valuenow");
    await band(app, "After").focus();
    await app.keyboard.press("ArrowRight");
    await expect.poll(async () => (await chosen(app)).from_us).toBeGreaterThan(moved.from_us);
    expect(await band(app, "Before").getAttribute("aria-valuenow")).toBe(stays);
  });

  test("a link opens the same comparison again", async ({ app }) => {
    const query = `?${aroundCrash()}&services=payment-service~order-service&metric=p95&below=incidents`;
    await open(app, query);
    const link = app.url();
    await app.evaluate(() => (window.location.hash = "#/sql"));
    await app.goto(link);
    await app.reload();
    await expect(chart(app)).toHaveAccessibleName("Chart of p95 latency");
    await expect(services(app).getByRole("button").nth(1)).toContainText("order-service");
    await expect(app.getByRole("button", { name: /^Incidents/ })).toHaveAttribute("aria-pressed", "true");
    await app.goBack();
    await expect(app.getByRole("heading", { name: "SQL" })).toBeVisible();
  });
});

test.describe("the difference", () => {
  const ranges = (page: Page) => page.getByRole("region", { name: "Topology, before and after" });

  async function answered(page: Page): Promise<Difference> {
    const response = page.waitForResponse(/api\/difference/);
    await open(page, `?${aroundCrash()}`);
    const answer = (await (await response).json()) as Difference;
    await expect(edges(page).getByRole("row").nth(1)).toBeVisible();
    return answer;
  }

  test("lists what the host says is new, gone or changed, and hides the rest until asked", async ({ app }) => {
    const { edges: all } = await answered(app);
    const of = (presence: string): number => all.filter((edge) => edge.presence === presence).length;
    await expect(edges(app)).toHaveAttribute("aria-rowcount", String(all.length - of("same") + 1));
    const right = app.getByRole("region", { name: "Edges", exact: true });
    for (const presence of ["new", "gone", "changed"]) {
      await expect(right.getByText(new RegExp(`^\\W?${of(presence)} ${presence}$`))).toBeVisible();
    }
    if (of("same") > 0) {
      await expect(app.getByText(`${of("same")} unchanged hidden`)).toBeVisible();
      await app.getByRole("button", { name: "Show", exact: true }).click();
      await expect(edges(app)).toHaveAttribute("aria-rowcount", String(all.length + 1));
      await app.getByRole("button", { name: "Hide", exact: true }).click();
    }
    const payment = edges(app).getByRole("row").filter({ hasText: "payment-service" }).first();
    await expect(payment).toContainText(/large|medium|gone|new/);
  });

  test("draws the same edges, and selects one in both", async ({ app }) => {
    await answered(app);
    const rows = Number(await edges(app).getAttribute("aria-rowcount")) - 1;
    await expect(ranges(app).locator("[data-edge]")).toHaveCount(rows);
    await edges(app).getByRole("row").filter({ hasText: "payment-service" }).first().click();
    await expect(app).toHaveURL(/inspect=[\w-]+~payment-service/);
    const drawn = ranges(app).locator('[data-edge$=" payment-service"] path').first();
    const accent = await app.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue("--accent").trim(),
    );
    await expect(drawn).toHaveAttribute("stroke", accent);
    await app.keyboard.press("Escape");
    await expect(app).not.toHaveURL(/inspect=/);
  });

  test("is walked, sorted and filtered by keyboard", async ({ app }) => {
    await answered(app);
    await edges(app).focus();
    await app.keyboard.press("ArrowDown");
    await app.keyboard.press("Enter");
    await expect(edges(app).getByRole("row", { selected: true })).toHaveCount(1);
    await edges(app).getByRole("button", { name: /^Edge/ }).click();
    await expect(edges(app).getByRole("columnheader").first()).toHaveAttribute("aria-sort", "ascending");
    const names = await edges(app).getByRole("row").locator(".edge").allInnerTexts();
    expect(names.length).toBeGreaterThan(1);
    await edges(app).getByRole("row").nth(1).dblclick();
    await expect(app).toHaveURL(/filter=client:/);
  });

  test("is saved as CSV and as a picture", async ({ app }) => {
    const { edges: all } = await answered(app);
    await app.getByRole("button", { name: "Export", exact: true }).click();
    const table = app.waitForEvent("download");
    await app.getByRole("menuitem", { name: /Edges\s*CSV/ }).click();
    const lines = readFileSync(await (await table).path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines).toHaveLength(all.length + 1);
    await app.getByRole("button", { name: "Export", exact: true }).click();
    const picture = app.waitForEvent("download");
    await app.getByRole("menuitem", { name: /Graph\s*SVG/ }).click();
    expect(readFileSync(await (await picture).path(), "utf8")).toContain("payment-service");
  });

  test("says so when nothing was recorded before", async ({ app }) => {
    const { from_us } = await recorded(app);
    await open(app, `?from=${instant(from_us - 1e6)}&to=${instant(from_us + 20e6)}`);
    await expect(app.getByText("Nothing was recorded before this range")).toBeVisible();
    await app.getByRole("button", { name: "Compare the two halves" }).click();
    await expect(edges(app).getByRole("row").nth(1)).toBeVisible();
  });

  test("of another recording is chosen from those that were open before", async ({ app }) => {
    const state = (await ask(app, "app_state", {})) as { samples: { name: string }[] };
    const day = state.samples.find(({ name }) => name.includes("day"));
    if (day === undefined) throw new Error("The sample of a day is missing.");
    await ask(app, "open_sample", { name: day.name });
    await expect(app.locator("button.source")).toContainText("day", { timeout: 30_000 });
    await expect(app.getByRole("group", { name: "Import" })).toHaveCount(0, { timeout: 60_000 });
    await openSample(app);
    await expect(app.locator("button.source")).toContainText("flash-sale");
    await open(app);
    await app.getByRole("button", { name: /^Before/ }).click();
    await app.getByRole("menuitem", { name: /day/ }).first().click();
    await expect(app).toHaveURL(/before=recording:/);
    await expect(app.getByRole("button", { name: /^Before: .*day/ })).toBeVisible();
    await expect(band(app, "Before")).toHaveCount(0);
    await expect(edges(app).getByRole("row").nth(1)).toBeVisible({ timeout: 20_000 });
  });
});

test.describe("the incidents", () => {
  const incidents = (page: Page) => page.getByRole("listbox", { name: "Incidents" });

  test("hold the payment's one crash, within a second of the shop's own log", async ({ app }) => {
    await open(app, "?below=incidents");
    const crashes = incidents(app).getByRole("option", { name: /^Crash/ });
    await expect(crashes).toHaveCount(1);
    await expect(crashes).toContainText("payment-service");
    await crashes.click();
    const { from_us, to_us } = await chosen(app);
    expect(Math.abs(from_us / 1e6 - (crash[0] ?? 0))).toBeLessThan(1.001);
    expect(Math.abs(to_us / 1e6 - (crash[1] ?? 0))).toBeLessThan(5);
    expect(Math.abs((await playheadSeconds(app)) - from_us / 1e6)).toBeLessThan(0.001);
    await expect(crashes).toHaveAttribute("aria-selected", "true");
    const callers = app.getByRole("region", { name: "What callers saw" });
    await expect(callers.getByRole("row").filter({ hasText: "order-service" })).toContainText(
      /\d+ (refused|resets?|unanswered)/,
    );
  });

  test("lead to the exchanges that show it", async ({ app }) => {
    await open(app, "?below=incidents");
    await incidents(app)
      .getByRole("option", { name: /^Crash/ })
      .click();
    await app.getByRole("button", { name: "Show in Exchanges" }).click();
    await expect(app.getByRole("heading", { name: "Exchanges", exact: true })).toBeVisible();
    await expect(app).toHaveURL(/filter=server:payment-service/);
  });
});
