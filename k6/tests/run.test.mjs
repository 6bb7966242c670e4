// The real k6 against a real shop: what k6 counted is what the gateway logged, faults come and go, and a run that is broken off leaves nothing
// broken. K6 and WIREREEL_SHOP name the programs. One shop for all of it: two would want the same addresses.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { served, startShop, tell } from "../run/shop.mjs";
import { folder, schema } from "./scenarios.mjs";

const { K6, WIREREEL_SHOP } = process.env;
assert.ok(K6 && WIREREEL_SHOP, "K6 and WIREREEL_SHOP name the programs");

const ENTRY = "api-gateway";
const mine = mkdtempSync(join(tmpdir(), "wirereel-load-test-"));
let shop;

before(async () => (shop = await startShop(WIREREEL_SHOP)));
after(async () => {
  await shop?.end();
  rmSync(mine, { recursive: true, force: true });
});

const common = {
  entry: { url: "http://127.0.1.11:8080", host: ENTRY },
  think: { least: "10ms", most: "60ms" },
  mix: { browse: 3, search: 6, purchase: 2, reserve: 2 },
};

/** Starts a run of this scenario against the shop that is up. */
function start(name, scenario) {
  const file = join(mine, `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, ...common, ...scenario }));
  const summary = join(mine, `${name}-summary.json`);
  const environment = { ...process.env, SHOP_STATE: shop.state, SUMMARY: summary };
  const run = spawn(process.execPath, [join(folder, "run.mjs"), file], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const said = { text: "" };
  for (const stream of [run.stdout, run.stderr]) stream.on("data", (text) => (said.text += text));
  return { run, said, ended: once(run, "close").then(([code]) => code), summary: () => JSON.parse(readFileSync(summary, "utf8")) };
}

const tally = (rows, key) => rows.reduce((counts, row) => ({ ...counts, [key(row)]: (counts[key(row)] ?? 0) + 1 }), {});
const routeOf = ({ method, route }) => `${method} ${route}`;

test("k6 counts what the gateway logs: requests, routes, failures, connections, addresses", async () => {
  const { ended, said, summary } = start("counts", {
    load: { model: "arrivals", start: 24, stages: [{ for: "2s", to: 20 }, { for: "3s" }], virtual_users: 60 },
    faults: [{ kind: "errors", service: "search-service", at: "1s", until: "3s", status: 503 }],
    // The last one cannot hold.
    thresholds: { failed_share: 0.9, dropped_visits: 1000, routes: { "GET /products": { p50_ms: 0.001 } } },
  });
  assert.equal(await ended, 1, said.text);
  const found = summary();
  const logged = served(shop.state, ENTRY);
  assert.ok(logged.length > 100, said.text);

  assert.equal(found.requests, logged.length);
  assert.equal(found.gateway_requests, logged.length);
  const asked = Object.entries(found.routes).filter(([, { requests }]) => requests > 0);
  assert.deepEqual(Object.fromEntries(asked.map(([route, { requests }]) => [route, requests])), sorted(tally(logged, routeOf), asked));
  assert.equal(found.failed, logged.filter(({ status }) => status === null || status >= 500).length);
  assert.equal(found.turned_away, logged.filter(({ status }) => status >= 400 && status < 500).length);
  assert.ok(found.failed > 0);
  assert.equal(found.connections, new Set(logged.map(({ client }) => client)).size);

  const sources = new Set(logged.map(({ client }) => client.split(":")[0]));
  assert.equal(found.addresses, sources.size);
  assert.ok(sources.size >= 20, `${[...sources]}`);
  assert.ok([...sources].every((ip) => /^127\.(198\.51|203\.113|192\.2)\./.test(ip)));

  const actions = Object.values(found.actions);
  assert.equal(
    actions.reduce((sum, { visits }) => sum + visits, 0),
    found.visits,
  );
  assert.equal(
    actions.reduce((sum, { requests }) => sum + requests, 0),
    found.requests,
  );
  for (const [route, { duration_ms }] of asked) assert.ok(duration_ms.p50 > 0 && duration_ms.p50 <= duration_ms.p99, route);
  assert.deepEqual(
    found.thresholds.map(({ key, held }) => [key, held]),
    [
      ["failed_share", true],
      ["dropped_visits", true],
      ["GET /products p50_ms", false],
    ],
  );
  assert.match(said.text, new RegExp(`the gateway logged the same ${logged.length} requests`));
});

test("the fault showed between its times, and only then", () => {
  // In order of arrival: an answer from before the fault may be logged after its first error.
  const answers = served(shop.state, "search-service")
    .filter(({ route }) => route === "/search")
    .sort((a, b) => a.at_ns - b.at_ns);
  const at = answers.map(({ status }, index) => (status === 503 ? index : -1)).filter((index) => index >= 0);
  assert.ok(at.length > 0, JSON.stringify(tally(answers, ({ status }) => status)));
  // Well, out of order, well again.
  assert.ok(at[0] > 0 && at.at(-1) < answers.length - 1);
  assert.equal(at.at(-1) - at[0] + 1, at.length);
});

test("a run that is broken off repairs what it broke, ends k6 and leaves the shop running", async () => {
  const { run, ended, said } = start("broken-off", {
    load: { model: "users", start: 3, stages: [{ for: "1m" }] },
    faults: [{ kind: "crash", service: "cart-service", at: "500ms", until: "50s" }],
  });
  while (!said.text.includes("cart-service crashes")) {
    assert.equal(run.exitCode, null, said.text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await assert.rejects(tell(shop.state, { to: "cart-service", send: "status" }));
  run.kill("SIGINT");
  assert.equal(await ended, 1);
  assert.match(said.text, /cart-service recovers, since the run is over/);
  await tell(shop.state, { to: "cart-service", send: "status" });
});

test("k6 itself refuses a scenario with a wrong key, and names the key", async () => {
  const file = join(mine, "wrong.json");
  writeFileSync(file, JSON.stringify({ name: "wrong", ...common, load: { model: "users", start: 1, stagse: [] } }));
  const k6 = promisify(execFile)(K6, [
    "run",
    "--quiet",
    "--no-usage-report",
    "--address",
    "",
    "-e",
    `SCENARIO=${file}`,
    join(folder, "load.js"),
  ]);
  await assert.rejects(k6, ({ stderr }) => {
    assert.match(stderr, /load\.stagse: no such key; allowed: model, start, stages \(did you mean stages\?\)/);
    return true;
  });
});

test("the schema knows the shop's services, and no others", async () => {
  const asked = promisify(execFile)(WIREREEL_SHOP, ["fault", "slow", "nobody"]);
  await assert.rejects(asked, ({ stderr }) => {
    const [, names] = /there are: (.+)/.exec(stderr);
    assert.deepEqual(schema.definitions.slow.properties.service.enum, names.trim().split(", "));
    return true;
  });
});

/** The counts in the order of these entries, so that a difference is easy to see. */
function sorted(counts, entries) {
  const known = entries.map(([key]) => [key, counts[key]]);
  return { ...Object.fromEntries(known), ...counts };
}
