import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { troubled } from "./captures";
import { ask, expect, openCapture, openSample, playheadSeconds, showRows, test } from "./host";

const grid = (page: Page) => page.getByRole("grid", { name: "Flows" });
const line = (page: Page, index: number) => grid(page).locator(`[aria-rowindex="${index + 2}"]`);
const drawer = (page: Page) => page.getByRole("region", { name: "Selected flow" });
const packets = (page: Page) => drawer(page).getByRole("grid", { name: "Packets of the flow" });
const packet = (page: Page, index: number) => packets(page).locator(`[aria-rowindex="${index + 2}"]`);
const tab = (page: Page, title: string) => drawer(page).getByRole("tab", { name: title });

test.describe("the flows of the sample", () => {
  test.beforeEach(async ({ app }) => {
    await openSample(app);
    await showRows(app, "flows");
  });

  test("are all listed, and only the rows in view are held", async ({ app }) => {
    const { recording } = (await ask(app, "app_state", {})) as { recording: { flows: number } };
    await expect(grid(app)).toHaveAttribute("aria-rowcount", String(recording.flows + 1));
    expect(await grid(app).getByRole("row").count()).toBeLessThan(60);
    await grid(app).focus();
    await app.keyboard.press("End");
    await expect(
      line(app, recording.flows - 1)
        .getByRole("gridcell")
        .first(),
    ).toBeVisible();
  });

  test("are reached by g f", async ({ app }) => {
    await app.keyboard.press("g");
    await app.keyboard.press("e");
    await expect(app.getByRole("heading", { name: "Exchanges", exact: true })).toBeVisible();
    await app.keyboard.press("g");
    await app.keyboard.press("f");
    await expect(app.getByRole("heading", { name: "Flows" })).toBeVisible();
  });

  test("are sorted by the host", async ({ app }) => {
    const bytes = grid(app).getByRole("columnheader").filter({ hasText: "Server B" });
    await bytes.getByRole("button").click();
    await bytes.getByRole("button").click();
    await expect(bytes).toHaveAttribute("aria-sort", "descending");
    const scope = { range: null, filter: "" };
    const question = { scope, sort: "server_bytes", descending: true, offset: 0, limit: 1 };
    const page = (await ask(app, "flows", question)) as { rows: { server_bytes: number }[] };
    await expect(line(app, 0)).toContainText(page.rows[0]?.server_bytes.toLocaleString("en-GB") ?? "");
  });

  test("follow the filter and the range", async ({ app }) => {
    const rows = async () => Number(await grid(app).getAttribute("aria-rowcount")) - 1;
    const all = await rows();
    await showRows(app, "flows", "status:>=500");
    await expect(app.getByText(/^[\d,]+ match, rows 1 to \d+ in view$/)).toBeVisible();
    await expect.poll(rows).toBeLessThan(all);
    const { recording } = (await ask(app, "app_state", {})) as { recording: { range: { from_us: number } } };
    const instant = (us: number) => new Date(us / 1000).toISOString();
    const from = recording.range.from_us;
    await app.evaluate(
      (hash) => (window.location.hash = hash),
      `#/flows?from=${instant(from)}&to=${instant(from + 5e6)}`,
    );
    await expect.poll(rows).toBeLessThan(all);
    await expect.poll(rows).toBeGreaterThan(0);
  });

  test("say so when none match", async ({ app }) => {
    await app.evaluate(() => (window.location.hash = "#/flows?filter=path%3A%2Fno-such-path"));
    await expect(app.getByText("No flows match in the recording")).toBeVisible();
    await app.getByRole("button", { name: "Clear filter" }).first().click();
    await expect(line(app, 0).getByRole("gridcell").first()).toBeVisible();
  });

  test("that are open at the playhead are marked", async ({ app }) => {
    await line(app, 3).click();
    await app.keyboard.press("Escape");
    await expect(line(app, 3).getByTitle("Open at the playhead")).toBeVisible();
    const before = await playheadSeconds(app);
    await line(app, 0).click();
    await expect.poll(() => playheadSeconds(app)).toBeLessThanOrEqual(before);
  });

  test("open in detail, keep it over a reload, and lead to their exchanges", async ({ app }) => {
    await showRows(app, "flows", "server:product-catalog-service status:200");
    await line(app, 0).click();
    await expect(drawer(app).getByText("Handshake").first()).toBeVisible();
    await expect(packet(app, 0)).toContainText("SYN");
    await expect(app).toHaveURL(/flow=\d+/);
    await app.reload();
    await expect(packet(app, 0)).toContainText("SYN");

    await tab(app, "Exchanges").click();
    await drawer(app).getByRole("button", { name: "/products" }).first().click();
    await expect(app.getByRole("heading", { name: "Exchanges", exact: true })).toBeVisible();
    const exchange = app.getByRole("region", { name: "Selected exchange" });
    await expect(exchange.getByText("Request headers")).toBeVisible();
    await exchange.getByRole("button", { name: "Follow flow" }).click();
    await expect(tab(app, "Exchanges")).toHaveAttribute("aria-selected", "true");

    await drawer(app).getByRole("button", { name: "Show in Exchanges" }).click();
    await expect(app.getByRole("combobox", { name: "Filter" })).toHaveValue(/^flow:\d+$/);
    await app.evaluate(() => (window.location.hash = "#/flows"));
    await expect(line(app, 0).getByRole("gridcell").first()).toBeVisible();
  });

  test("show columns that were chosen, beside those of the exchanges", async ({ app }) => {
    await app.getByRole("button", { name: "Columns" }).click();
    const chooser = app.getByRole("complementary", { name: "Columns" });
    await chooser.getByRole("checkbox", { name: "Keep-alive probes of the client" }).check();
    await app.reload();
    await expect(grid(app).getByRole("columnheader").filter({ hasText: "Client k-a" })).toHaveCount(1);
    await app.getByRole("button", { name: "Columns" }).click();
    await chooser.getByRole("button", { name: "Reset" }).click();
    await expect(grid(app).getByRole("columnheader").filter({ hasText: "Client k-a" })).toHaveCount(0);
  });

  test("can be followed as text and as hexadecimal, and saved", async ({ app }) => {
    await showRows(app, "flows", "server:product-catalog-service status:200");
    await line(app, 0).click();
    await tab(app, "Stream").click();
    const stream = drawer(app).getByRole("region", { name: "Followed stream" });
    await expect(stream).toContainText(/GET \/\S* HTTP\/1\.1/);
    await expect(stream.getByTitle("Client").first()).toHaveText("C");
    await drawer(app).getByRole("button", { name: "Server", exact: true }).click();
    await expect(stream).toContainText("HTTP/1.1 200 OK");
    await expect(stream).not.toContainText(/GET \/\S* HTTP\/1\.1/);
    await drawer(app).getByRole("button", { name: "Hex" }).click();
    await expect(stream).toContainText("48 54 54 50 2f 31 2e 31");
    const download = app.waitForEvent("download");
    await drawer(app).getByRole("button", { name: "Save bytes" }).click();
    expect(readFileSync(await (await download).path()).toString("latin1")).toMatch(/^HTTP\/1\.1 \d{3} /);
    await drawer(app).getByRole("button", { name: "Text" }).click();
    await tab(app, "Packets").click();
  });
});

test.describe("a connection that lost packets", () => {
  test.beforeEach(async ({ app }) => {
    await openCapture(app, "troubled.pcap", troubled());
    await showRows(app, "flows");
    await line(app, 0).click();
    await tab(app, "Packets").click();
  });

  test("says what happened to each packet, and shows its bytes", async ({ app }) => {
    await expect(packets(app).getByText("retransmission")).toBeVisible();
    await expect(packets(app).getByText("gap before")).toBeVisible();
    await packet(app, 3).click();
    const bytes = drawer(app).getByRole("region", { name: /in hexadecimal$/ });
    await expect(bytes).toContainText("GET /lost");
    await packets(app).focus();
    await app.keyboard.press("ArrowDown");
    await expect(drawer(app).getByRole("heading", { name: "Packet 5" })).toBeVisible();
    await app.keyboard.press("Escape");
    await expect(bytes).toHaveCount(0);
    await app.keyboard.press("Escape");
    await expect(drawer(app)).toHaveCount(0);
  });

  test("is drawn with a legend, and a key on the picture chooses a packet", async ({ app }) => {
    await tab(app, "Sequence").click();
    await expect(drawer(app).getByRole("list", { name: "What the marks mean" })).toContainText("retransmission");
    const server = drawer(app).getByRole("slider", { name: "Packets of the server over time" });
    await server.focus();
    await app.keyboard.press("ArrowRight");
    await expect(server).toHaveAttribute("aria-valuetext", /^packet 2, /);
    await expect(drawer(app).getByRole("heading", { name: "Packet 2" })).toBeVisible();
    await drawer(app).getByRole("button", { name: "Hide the bytes" }).click();
    await tab(app, "Packets").click();
  });

  test("shows the gap in the followed stream", async ({ app }) => {
    await tab(app, "Stream").click();
    const stream = drawer(app).getByRole("region", { name: "Followed stream" });
    await stream.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await expect(stream).toContainText("1,000 B of the server were not captured");
    await tab(app, "Packets").click();
  });
});

test("nothing scrolls as a whole with the detail open, down to 1024 by 700", async ({ app }) => {
  await openSample(app);
  await showRows(app, "flows");
  await line(app, 0).click();
  await app.setViewportSize({ width: 1024, height: 700 });
  await expect(tab(app, "Facts")).toBeVisible();
  const size = await app.evaluate(() => {
    const root = document.documentElement;
    return [root.scrollWidth - root.clientWidth, root.scrollHeight - root.clientHeight];
  });
  expect(size).toEqual([0, 0]);
  await app.setViewportSize({ width: 1440, height: 900 });
});
