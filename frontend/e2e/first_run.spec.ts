import { readFileSync } from "node:fs";
import { closeRecording, expect, SAMPLE, test } from "./host";

test("the first run leads to the sample: graph, exchanges and reel", async ({ app }) => {
  await closeRecording(app);
  await expect(app.getByText("Nothing recorded yet", { exact: true })).toBeVisible();
  await app.getByRole("button", { name: "Open sample" }).first().click();

  await expect(app.getByRole("heading", { name: "Topology" })).toBeVisible();
  await expect(app.getByText(/15 services/)).toBeVisible({ timeout: 30_000 });
  await expect(app.getByText(/^[\d,]+ requests, .* errors$/)).toBeVisible();
  await expect(app.getByRole("slider", { name: "Playhead" })).toHaveAttribute(
    "aria-valuetext",
    /^\d\d:\d\d:\d\d\.\d{3}$/,
  );

  await app.getByRole("button", { name: "Exchanges", exact: true }).click();
  await expect(app.getByRole("heading", { name: "Exchanges" })).toBeVisible();
  await expect(app.getByRole("grid").getByRole("row").nth(5)).toBeVisible();
});

test("a capture chosen by the file input is sent and opened", async ({ app }) => {
  await closeRecording(app);
  const chooser = app.waitForEvent("filechooser");
  await app.getByRole("button", { name: /Choose file/ }).click();
  await (await chooser).setFiles(SAMPLE);
  await expect(app.getByText(/^[\d,]+ requests, .* errors$/)).toBeVisible({ timeout: 30_000 });
  await expect(app.locator("button.source")).toContainText("shop-flash-sale");
});

test("a capture dropped anywhere on the page is opened", async ({ app }) => {
  await closeRecording(app);
  const bytes = readFileSync(SAMPLE).toString("base64");
  const dropped = await app.evaluateHandle((base64) => {
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], "dropped.pcapng"));
    return transfer;
  }, bytes);
  await app.dispatchEvent("main", "dragenter", { dataTransfer: dropped });
  await expect(app.getByText("Drop to open.")).toBeVisible();
  await app.dispatchEvent("main", "drop", { dataTransfer: dropped });
  await expect(app.getByText("Drop to open.")).toHaveCount(0);
  await expect(app.locator("button.source")).toContainText("dropped", { timeout: 30_000 });
});

test("a file that is no capture is refused and says why", async ({ app }) => {
  await closeRecording(app);
  const chooser = app.waitForEvent("filechooser");
  await app.getByRole("button", { name: /Choose file/ }).click();
  const file = {
    name: "notes.pcap",
    mimeType: "text/plain",
    buffer: Buffer.from("these are notes, not packets\n".repeat(20)),
  };
  await (await chooser).setFiles(file);
  await expect(
    app
      .getByRole("alert")
      .filter({ hasText: /capture|pcap/i })
      .first(),
  ).toBeVisible();
});

test("a recent recording is offered again", async ({ app }) => {
  await closeRecording(app);
  const recents = app.getByRole("complementary", { name: "Recent recordings" });
  await recents.getByRole("button").first().click();
  await expect(app.getByText(/^[\d,]+ requests, .* errors$/)).toBeVisible({ timeout: 30_000 });
});
