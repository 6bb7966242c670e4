// The demo: the shop, its flash sale, a live capture of it, and the hosts that show it. scripts/demo calls it; all it needs is in variables:
//   WIREREEL_PROGRAMS  folder of the built programs
//   WIREREEL_DEMO      folder of the demo's own, made anew
//   DEMO_HOSTS         `window`, `browser` or both, each with a workspace of its own
//   SCENARIO           a name in k6/scenarios or a path (flash-sale)
//   DURATION_SCALE     factor of all times
//   K6                 path of k6; without it the shop's own crowd comes, and nothing is held against anything
//   WIREREEL_RUN_ONCE  1 ends when all is said, instead of waiting for Ctrl-C
// Ends with 0; with 1 when something went wrong or Wirereel and k6 disagree; with 75 when this machine does not let it capture.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { changes } from "../k6/lib/faults.js";
import { read, scaleOf } from "../k6/lib/scenario.js";
import { breakage } from "../k6/run/breakage.mjs";
import { startShop } from "../k6/run/shop.mjs";
import { agreement, report } from "./agreement.mjs";
import { ask, rows, until } from "./workbench.mjs";

const { WIREREEL_PROGRAMS, WIREREEL_DEMO, DEMO_HOSTS = "browser", SCENARIO = "flash-sale", DURATION_SCALE, K6 } = process.env;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = resolve(WIREREEL_DEMO);
const program = (name) => join(WIREREEL_PROGRAMS, name);
const NOT_HERE = 75;
/** Longer than rows take to appear. */
const SETTLED_MS = 2_000;
/** What the demo shows: the shop's addresses and nothing else that this machine says to itself, Wirereel's own port least of all. */
const SHOP = "net 127.0.1.0/24";
const CONFIG = {
  entry_points: [{ service: "api-gateway" }],
  whisperers: [{ id: "local", name: "The shop, on lo", capture: { interfaces: ["lo"], filter: SHOP } }],
};

const say = (line) => process.stdout.write(`${line}\n`);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Ctrl-C, or a window that was closed: everything that follows is left out. */
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stopping.abort());
const stopped = new Promise((done) => stopping.signal.addEventListener("abort", done, { once: true }));
const unlessStopped = (work) => Promise.race([work, stopped]);

/** What is to be ended when the demo is over, the last one first. */
const endings = [];

function scenarioOf() {
  const named = join(root, "k6/scenarios", `${SCENARIO}.json`);
  const file = existsSync(named) ? named : resolve(SCENARIO);
  const schema = JSON.parse(readFileSync(join(root, "k6/scenario.schema.json"), "utf8"));
  return { file, scenario: read(readFileSync(file, "utf8"), schema, file, scaleOf(DURATION_SCALE)) };
}

/** A host with a workspace of its own; gives it once it answers. */
async function start(name) {
  const home = join(folder, name);
  mkdirSync(join(home, "live"), { recursive: true });
  writeFileSync(join(home, "live", "wirereel.json"), `${JSON.stringify(CONFIG, null, 2)}\n`);
  const log = openSync(join(folder, `${name}.log`), "a");
  const [command, args] = name === "window" ? ["wirereel-app", []] : ["wirereel", ["serve"]];
  // A group of its own: Ctrl-C goes to the demo, which ends its parts in order.
  const child = spawn(program(command), [...args, "--workspace", home], { detached: true, stdio: ["ignore", "pipe", log] });
  const ended = once(child, "exit");
  endings.push(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const lines = createInterface({ input: child.stdout });
  let url;
  lines.on("line", (line) => (url ??= /http:\/\/\S+/.exec(line)?.[0]));
  const isUp = async () => child.exitCode !== null || (await ask(home, "app_state").catch(() => undefined)) !== undefined;
  await until(`the ${name}`, isUp, (holds) => holds);
  if (child.exitCode !== null) throw new Error(`the ${name} ended with ${child.exitCode}:\n${readFileSync(join(folder, `${name}.log`), "utf8")}`);
  if (name === "browser") await until("its address", async () => url, (found) => found !== undefined);
  // Whoever closes the window has seen enough.
  ended.then(() => stopping.abort());
  return { name, home, url };
}

/** Captures; throws what hinders. */
async function capture({ home }) {
  await ask(home, "capture_start", {});
  const whisperer = async () => (await ask(home, "whisperers"))[0];
  const { state, reason } = await until("the capture", whisperer, ({ state }) => state !== "connecting" && state !== "stopped");
  if (state !== "capturing") throw new Error(`nothing is captured: ${state}: ${reason}`);
}

/** What k6 counted, or nothing where it is the shop's own crowd that comes, or the run was broken off. */
async function load({ file, scenario }, state) {
  if (K6) {
    const summary = join(folder, "k6.json");
    const run = spawn(process.execPath, [join(root, "k6/run.mjs"), file], {
      detached: true,
      env: { ...process.env, SHOP_STATE: state, SUMMARY: summary },
      stdio: ["ignore", "inherit", "inherit"],
    });
    stopping.signal.addEventListener("abort", () => run.kill("SIGINT"), { once: true });
    // Thresholds of the scenario are k6's own affair: that they were missed is said by it.
    await once(run, "exit");
    return existsSync(summary) ? JSON.parse(readFileSync(summary, "utf8")) : undefined;
  }
  const visits = scenario.load.stages.reduce((sum, { for_s, to }) => sum + for_s * to, 0) / scenario.length_s;
  const args = ["drive", "--state", state, "--seconds", String(Math.ceil(scenario.length_s)), "--visits-per-second", String(visits)];
  const drive = spawn(program("wirereel-shop"), args, { detached: true, stdio: ["ignore", "ignore", "inherit"] });
  stopping.signal.addEventListener("abort", () => drive.kill("SIGINT"), { once: true });
  const faults = breakage(state, ({ at_s, says }, failure) => say(`  ${clock(at_s ?? scenario.length_s)} ${says}${failure ? `: NOT DONE: ${failure}` : ""}`));
  const orders = changes(scenario).map((change) => setTimeout(() => faults.add(change), change.at_s * 1000));
  await once(drive, "exit");
  orders.forEach(clearTimeout);
  await faults.settle();
  return undefined;
}

/** Until no more rows come. */
async function settled({ home }) {
  const count = async () => (await rows(program("wirereel"), home, "SELECT count(*) AS n FROM http_exchanges"))[0].n;
  let last = { n: -1, since: 0 };
  await until(
    "the last rows",
    async () => {
      const n = await count();
      if (n !== last.n) last = { n, since: Date.now() };
      return Date.now() - last.since;
    },
    (quiet_ms) => quiet_ms >= SETTLED_MS,
  );
}

function lookAt(scenario, hosts) {
  say("");
  say(`${scenario.name}, ${clock(scenario.length_s)}. What to look at:`);
  for (const { name, url } of hosts) say(name === "window" ? "  the window" : `  ${url}`);
  say("  Topology (g t): 15 services, and the customers at api-gateway. The reel at the bottom follows the traffic.");
  for (const { at_s, says } of changes(scenario)) say(`  ${clock(at_s)}  ${says}`);
  say("  A crash is pinned on the reel when it is over: click the pin, then payment-service, and see who felt it.");
  say("");
}

/** The picture of a window that nobody sees. */
async function picture(name) {
  if (!DEMO_HOSTS.includes("window") || !DEMO_HOSTS.includes("browser")) return;
  const file = join(folder, `${name}.png`);
  await promisify(execFile)("import", ["-window", "root", file]).then(
    () => say(`picture of the window: ${file}`),
    (error) => say(`there is no picture of the window: ${error.message}`),
  );
}

async function demo() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const chosen = scenarioOf();
  const { stdout } = await promisify(execFile)(program("wirereel"), ["capture", "status", "--format", "json", "--workspace", join(folder, "asked")]);
  rmSync(join(folder, "asked"), { recursive: true, force: true });
  const { hindrance } = JSON.parse(stdout)[0];
  if (hindrance !== null) {
    process.stderr.write(`Nothing can be captured on this machine: ${hindrance}\n`);
    return NOT_HERE;
  }
  const shop = await startShop(program("wirereel-shop"));
  endings.push(shop.end);
  const hosts = [];
  for (const name of DEMO_HOSTS.split(" ")) hosts.push(await start(name));
  await Promise.all(hosts.map(capture));
  lookAt(chosen.scenario, hosts);
  const summary = await load(chosen, shop.state);
  if (stopping.signal.aborted) return 0;

  await unlessStopped(Promise.all(hosts.map(settled)));
  await picture("after");
  let held = true;
  if (summary !== undefined && !stopping.signal.aborted) {
    const { home } = hosts.at(-1);
    const found = await agreement(summary, (query) => rows(program("wirereel"), home, query));
    report(found, resolve(process.env.AGREEMENT ?? join(folder, "agreement.json")));
    held = found.held;
  }
  say(`The sale is over. ${process.env.WIREREEL_RUN_ONCE === "1" ? "" : "Look around; Ctrl-C ends everything. "}The recording is in ${folder}.`);
  if (process.env.WIREREEL_RUN_ONCE !== "1") await stopped;
  return held ? 0 : 1;
}

try {
  process.exitCode = await demo();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  for (const end of endings.reverse()) await end();
}
