#!/usr/bin/env node
// Runs one scenario from beginning to end: k6/run.mjs SCENARIO, a name in k6/scenarios or a path. `make load` calls it; docs/load.md says more.
//   K6              path of k6
//   WIREREEL_SHOP   path of wirereel-shop, which is started for the run and ended after it; or
//   SHOP_STATE      folder of a shop that is running and stays (its --state)
//   SUMMARY         file for the figures as JSON
//   DURATION_SCALE  factor of all times, for trying things out
// Ends with 0; with 1 when a threshold was missed or something went wrong; with 2 when it was called wrongly.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { addresses } from "./lib/customers.js";
import { longest, virtualUsers } from "./lib/plan.js";
import { read, scaleOf } from "./lib/scenario.js";
import { breakage } from "./run/breakage.mjs";
import { MISSED, startK6 } from "./run/k6.mjs";
import { page } from "./run/print.mjs";
import { findShop, served, startShop } from "./run/shop.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
/** Beyond what a scenario may take: k6's start and its summary. */
const MARGIN_S = 30;
const ENTRY = "api-gateway";

const { K6 = "k6", WIREREEL_SHOP, SHOP_STATE, SUMMARY = "summary.json", DURATION_SCALE } = process.env;
const say = (line) => process.stderr.write(`${line}\n`);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Set by Ctrl-C: the run ends early, and in good order. */
const stopping = { asked: false, end: () => {} };
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopping.asked = true;
    stopping.end();
  });
}

class UsageError extends Error {}

function scenarioFile(name) {
  const names = readdirSync(join(folder, "scenarios")).map((file) => file.replace(/\.json$/, ""));
  if (!name) throw new UsageError(`which scenario? There are ${names.join(", ")}; a path does as well`);
  const path = names.includes(name) ? join(folder, "scenarios", `${name}.json`) : resolve(name);
  if (!existsSync(path)) throw new UsageError(`no scenario is called ${name}: there are ${names.join(", ")}, and there is no such file`);
  return path;
}

function fromFile(file) {
  try {
    const schema = JSON.parse(readFileSync(join(folder, "scenario.schema.json"), "utf8"));
    return read(readFileSync(file, "utf8"), schema, file, scaleOf(DURATION_SCALE));
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Runs the scenario against a shop that is up; gives the summary, or nothing when it was stopped before there was one. */
async function run(scenario, file, state) {
  const sources = addresses({ ...scenario, addresses: Math.min(scenario.addresses, virtualUsers(scenario)) });
  const summaryFile = resolve(SUMMARY);
  mkdirSync(dirname(summaryFile), { recursive: true });
  rmSync(summaryFile, { force: true });
  const before = served(state, ENTRY).length;
  const faults = breakage(state, ({ at_s, says }, failure) =>
    say(`  ${at_s === null ? "" : `${clock(at_s)} `}${says}${failure ? `: NOT DONE: ${failure}` : ""}`),
  );
  say(`${scenario.name}: ${clock(scenario.length_s)} from ${sources.length || "the system's"} addresses to ${scenario.entry.url}`);
  const environment = { SCENARIO: file, SUMMARY: summaryFile, DURATION_SCALE: String(scaleOf(DURATION_SCALE)) };
  const what = { script: join(folder, "load.js"), addresses: sources, environment, limit_s: longest(scenario) + MARGIN_S };
  let done;
  try {
    const load = startK6(K6, what, faults.add, say);
    stopping.end = load.end;
    if (stopping.asked) load.end();
    const code = await load.ended;
    if (code !== 0 && code !== MISSED && !stopping.asked) throw new Error(`k6 ended with ${code}`);
  } finally {
    done = await faults.settle();
  }
  if (!existsSync(summaryFile)) return undefined;
  const logged = served(state, ENTRY).slice(before);
  const seen = new Set(logged.map(({ client }) => client.replace(/:\d+$/, "")));
  const summary = { ...JSON.parse(readFileSync(summaryFile, "utf8")), addresses: seen.size, gateway_requests: logged.length, faults: done };
  writeFileSync(summaryFile, `${JSON.stringify(summary, null, 2)}\n`);
  process.stdout.write(`\n${page(summary).join("\n")}\n\nfigures: ${summaryFile}\n`);
  return summary;
}

async function main(name) {
  const file = scenarioFile(name);
  const scenario = fromFile(file);
  if (!WIREREEL_SHOP && !SHOP_STATE) throw new UsageError("WIREREEL_SHOP (a program) or SHOP_STATE (a running shop's folder) is missing");
  const shop = SHOP_STATE ? await findShop(resolve(SHOP_STATE)) : await startShop(WIREREEL_SHOP);
  try {
    if (stopping.asked) return 1;
    const summary = await run(scenario, file, shop.state);
    if (stopping.asked || !summary) return 1;
    return summary.thresholds.every(({ held }) => held) && summary.faults.every(({ failure }) => failure === null) ? 0 : 1;
  } finally {
    await shop.end();
  }
}

try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  say(error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
