// Live capture in the real window, the whole path: start, see traffic, change a setting wrongly and rightly, stop, replay.
// Run on a display of its own: scripts/with-display node --test src-tauri/tests-window/capture.test.mjs
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ended, startDriver, until, Window } from "./webdriver.mjs";

const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/wirereel/target");
const application = join(target, "debug/wirereel-app");

const workspace = mkdtempSync(join(tmpdir(), "wirereel-window-"));
const server = createServer((_, answer) => answer.end("hello"));
let stopDriver;
let window;
let hindrance;

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stopDriver = await startDriver();
  window = await Window.open(application, ["--workspace", workspace]);
  ({ hindrance } = await until("the page", () => invoke("capture_interfaces")));
});

after(async () => {
  await window?.close();
  await ended(workspace);
  stopDriver?.();
  server.close();
  rmSync(workspace, { recursive: true, force: true });
});

const invoke = (command, args = {}) =>
  window.script(`return await window.__TAURI_INTERNALS__.invoke(arguments[0], { args: arguments[1] })`, command, args);

/** Clicks the first enabled button with this text or label. */
const press = (name, within = "body") =>
  until(`a button "${name}"`, () =>
    window.script(
      `const named = (button) => [button.textContent.trim(), button.getAttribute("aria-label")].includes(arguments[0]);
      const button = [...document.querySelectorAll(arguments[1] + " :is(button, [role=tab])")].find((one) => named(one) && !one.disabled);
      button?.click();
      return button !== undefined;`,
      name,
      within,
    ),
  );

const text = (css) => window.script(`return document.querySelector(arguments[0])?.textContent ?? ""`, css);
const playhead = () => window.script(`return document.querySelector('[role=slider][aria-label="Playhead"]')?.getAttribute("aria-valuenow")`);
const state = async () => (await invoke("whisperers"))[0].state;

/** Asks the server, which the capture sees. */
async function ask(times) {
  for (let n = 0; n < times; n += 1) await (await fetch(`http://127.0.0.1:${server.address().port}/seen`)).text();
}

const row = (path) => `[data-path="${path}"]`;

async function fill(path, value) {
  const input = await until(`the setting ${path}`, () => window.find(`${row(path)} input`));
  await window.clear(input);
  await window.type(input, value);
}

test("a capture starts, and its traffic appears", async (t) => {
  if (hindrance) return t.skip(hindrance);
  await press("Start capture", "main .way");
  await until("capturing", async () => (await state()) === "capturing");
  const asked = Date.now();
  await ask(20);
  await until("the requests on the page", async () => /[\d,]+ requests?/.test(await text("body")));
  t.diagnostic(`on the page after ${Date.now() - asked} ms`);
  const query = `SELECT count(*) FROM http_exchanges WHERE path = '/seen' AND server_port = ${server.address().port}`;
  await until("every one of them", async () => (await invoke("sql", { query })).rows[0][0] === 20);
});

test("a wrong value says what is allowed, a right one is applied", async (t) => {
  if (hindrance) return t.skip(hindrance);
  await press("Whisperers");
  await press("Capture config");
  await fill("capture.snap_length", "9");
  await until("what is allowed", async () => (await text(row("capture.snap_length"))).includes("9 is not a whole number from 64 to 262,144."));
  const apply = `return [...document.querySelectorAll("button")].find((one) => one.textContent.trim().startsWith("Apply")).disabled`;
  assert.equal(await window.script(apply), true, "a wrong value can be applied");
  await fill("capture.snap_length", "512");
  await press("Apply 1 change");
  const capture = async () => (await invoke("whisperers"))[0].config.capture;
  await until("the setting", async () => (await capture()).snap_length === 512);
});

test("it stops, and what was captured is replayed", async (t) => {
  if (hindrance) return t.skip(hindrance);
  await ask(5);
  await press("Topology");
  await press("Stop", "header");
  await until("stopped", async () => (await state()) === "stopped");
  const track = await window.rect(await until("the reel's track", () => window.find('[role=slider][aria-label="Playhead"]')));
  const at = (part) => ({ x: track.x + track.width * part, y: track.y + 8 });
  await window.drag(at(0.9), at(0.1));
  const began = Number(await playhead());
  await press("Play");
  await until("the playhead to move by itself", async () => Number(await playhead()) > began);
  await press("Pause");
  await until("the requests on the page", async () => /[\d,]+ requests?/.test(await text("body")));
});
