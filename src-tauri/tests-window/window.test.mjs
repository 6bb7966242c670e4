// The real window over the sample recording: what only a real web view can show. Everything else is tested in a browser.
// Run on a display of its own: scripts/with-display node --test src-tauri/tests-window/window.test.mjs
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ended, startDriver, until, Window } from "./webdriver.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/wirereel/target");
const application = join(target, "debug/wirereel-app");
const sample = join(root, "sample-pcaps/shop-flash-sale.pcapng");

const SERVICES = ["analytics", "api-gateway", "auth", "cart", "flash-sale", "inventory", "notification", "order", "payment",
  "pricing", "product-catalog", "recommendation", "search", "shipping", "user"];

const workspace = mkdtempSync(join(tmpdir(), "wirereel-window-"));
let stopDriver;
let window;

before(async () => {
  stopDriver = await startDriver();
  window = await Window.open(application, ["--workspace", workspace, sample]);
});

after(async () => {
  await window?.close();
  await ended(workspace);
  stopDriver?.();
  rmSync(workspace, { recursive: true, force: true });
});

/** The accessible list beside the graph: every service, then every call. */
const graphItems = () =>
  window.script(`return [...document.querySelectorAll('main [role=listbox] [role=option]')].map((item) => item.textContent)`);

const show = async (pane) => window.click(await until(`the ${pane} button`, () => window.find(`nav [aria-label="${pane}"]`)));

test("a capture on the command line opens as a graph of its 15 services", async () => {
  const items = await until("15 services in the graph", async () => {
    const found = await graphItems();
    return SERVICES.every((name) => found.some((item) => item.startsWith(name))) && found;
  });
  // Services never come without what they call.
  const calls = items.filter((item) => / to .*: /.test(item));
  assert.ok(calls.some((call) => /^order\S* to payment/.test(call)), `order calls payment in: ${calls.join("; ")}`);
  const customers = items.filter((item) => item.startsWith("Customers"));
  assert.equal(customers.length, 1, "customers are one group");
});

test("the page asks through the window, not over a network", async () => {
  const state = await window.script(`return await window.__TAURI_INTERNALS__.invoke("app_state", { args: {} })`);
  assert.equal(state.host, "window");
  assert.equal(state.import?.state ?? "done", "done");
});

test("what has no permission is refused", async () => {
  for (const command of ["no_such_command", "plugin:dialog|open", "plugin:window|set_title", "plugin:event|emit"]) {
    const refusal = await window.script(
      `return await window.__TAURI_INTERNALS__.invoke(arguments[0], {}).then(() => "allowed", (error) => String(error))`,
      command,
    );
    assert.match(refusal, /not allowed/, command);
  }
});

test("the content policy keeps remote and inline content out", async () => {
  const blocked = await window.script(`
    const violation = new Promise((resolve) => document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true }));
    const image = new Image();
    image.src = "http://127.0.0.1:9/x.png";
    return await violation;`);
  assert.equal(blocked, "img-src");
});

test("text beyond ASCII comes through in both directions", async () => {
  const host = "bücher-例.example \u{1F3AC}";
  const back = await window.script(
    `const { invoke } = window.__TAURI_INTERNALS__;
    await invoke("set_setting", { args: { key: "window-test", value: arguments[0] } });
    return await invoke("get_setting", { args: { key: "window-test" } });`,
    host,
  );
  assert.equal(back, host);
});

test("dragging the playhead moves the time", async () => {
  const track = await until("the reel's track", () => window.find('[role=slider][aria-label="Playhead"]'));
  const at = () => window.script(`return document.querySelector('[role=slider][aria-label="Playhead"]').getAttribute("aria-valuetext")`);
  const { x, y, width } = await window.rect(track);
  // The ruler, at the top of the track, is where the playhead is always taken.
  await window.drag({ x: x + width * 0.3, y: y + 8 }, { x: x + width * 0.5, y: y + 8 });
  const middle = await at();
  await window.drag({ x: x + width * 0.5, y: y + 8 }, { x: x + width * 0.8, y: y + 8 });
  const late = await at();
  assert.match(late, /^\d\d:\d\d:\d\d/);
  assert.ok(late > middle, `${middle} before ${late}`);
});

test("the grid shows exchanges", async () => {
  await show("Exchanges");
  const rows = await until("rows in the grid", async () => {
    const texts = await window.script(`return [...document.querySelectorAll('main [role=row]')].map((row) => row.textContent)`);
    return texts.some((text) => /GET|POST/.test(text)) && texts;
  });
  assert.ok(rows.length > 10, `${rows.length} rows`);
});

test("the window can be seen", async () => {
  await show("Topology");
  await until("the graph", async () => (await graphItems()).length > 15);
  const picture = await window.screenshot();
  mkdirSync(join(target, "test"), { recursive: true });
  writeFileSync(join(target, "test/window.png"), picture);
  // A blank window compresses to a few kilobytes.
  assert.ok(picture.length > 30_000, `${picture.length} bytes of picture`);
});
