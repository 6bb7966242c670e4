import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { ask, expect, openSample, showRows, test } from "./host";

/** Chooses from the export menu and gives what is downloaded. */
async function exported(page: Page, entry: RegExp): Promise<{ name: string; content: Buffer }> {
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: entry }).click();
  const file = await download;
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

test.beforeEach(async ({ app }) => {
  await openSample(app);
});

test("exchanges are exported as HAR with those that match and no others", async ({ app }) => {
  await showRows(app, "exchanges", "status:>=500");
  const rows = Number(await app.getByRole("grid").getAttribute("aria-rowcount")) - 1;
  const { name, content } = await exported(app, /^HTTP Archive\s*HAR$/);
  expect(name).toMatch(/\.har$/);
  const archive = JSON.parse(content.toString("utf8")) as {
    log: { version: string; entries: { response: { status: number } }[] };
  };
  expect(archive.log.version).toBe("1.2");
  expect(archive.log.entries).toHaveLength(rows);
  expect(archive.log.entries.every(({ response }) => response.status >= 500 || response.status === 0)).toBe(true);
});

test("exchanges and flows are exported as CSV", async ({ app }) => {
  await showRows(app, "exchanges", "status:>=500");
  const rows = Number(await app.getByRole("grid").getAttribute("aria-rowcount")) - 1;
  const exchanges = await exported(app, /CSV$/);
  expect(exchanges.name).toMatch(/\.csv$/);
  const [head = "", ...lines] = exchanges.content.toString("utf8").trim().split(/\r?\n/);
  expect(head.split(",")).toContain("status");
  expect(lines.length).toBeGreaterThanOrEqual(rows);

  await showRows(app, "flows", "status:>=500");
  const flows = await exported(app, /CSV$/);
  expect(flows.content.toString("utf8").split(/\r?\n/)[0]?.split(",")).toContain("close_reason");
});

test("flows are exported as Parquet and as packets", async ({ app }) => {
  await showRows(app, "flows", "status:>=500");
  const table = await exported(app, /Parquet$/);
  expect(table.name).toMatch(/\.parquet$/);
  expect(table.content.subarray(0, 4).toString("latin1")).toBe("PAR1");
  expect(table.content.subarray(-4).toString("latin1")).toBe("PAR1");
  const packets = await exported(app, /pcapng$/);
  expect(packets.content.readUInt32LE(0)).toBe(0x0a0d0d0a);
});

test("an archive with bodies has them", async ({ app }) => {
  await showRows(app, "exchanges", "server:product-catalog-service status:200");
  const { content } = await exported(app, /^HTTP Archive with bodies/);
  const archive = JSON.parse(content.toString("utf8")) as {
    log: { entries: { response: { content: { text?: string } } }[] };
  };
  expect(archive.log.entries.some(({ response }) => (response.content.text ?? "").includes("{"))).toBe(true);
});

test("a body is saved as it was shown", async ({ app }) => {
  await showRows(app, "exchanges", "server:product-catalog-service status:200");
  await app.getByRole("grid").locator('[aria-rowindex="2"]').click();
  const detail = app.getByRole("region", { name: "Selected exchange" });
  await expect(detail.getByRole("region", { name: "Body of the response" })).toContainText("{");
  const download = app.waitForEvent("download");
  await detail.getByRole("button", { name: "Save the decoded body" }).click();
  const saved: unknown = JSON.parse(readFileSync(await (await download).path()).toString("utf8"));
  const id = Number(/exchange=(\d+)/.exec(app.url())?.[1]);
  const preview = (await ask(app, "exchange_body", { exchange_id: id, message: "response" })) as { text: string };
  expect(saved).toEqual(JSON.parse(preview.text));
});
