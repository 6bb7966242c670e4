// Sends the customers of a scenario into the demo shop: SCENARIO (path of a file such as k6/scenarios/flash-sale.json), DURATION_SCALE
// (factor of all times, 1), SUMMARY (where the figures go as JSON, standard output). `make load` gives all of it; docs/load.md says more.
import { sleep } from "k6";
import exec from "k6/execution";
import { visit as oneVisit } from "./lib/customer.js";
import { changes } from "./lib/faults.js";
import { options as planned } from "./lib/plan.js";
import { read, scaleOf } from "./lib/scenario.js";
import { summary } from "./lib/summary.js";

const file = __ENV.SCENARIO;
if (!file) throw new Error("SCENARIO is missing; for example SCENARIO=k6/scenarios/flash-sale.json");

const schema = JSON.parse(open("./scenario.schema.json"));
// k6 opens files beside this one; a path is given as seen from where k6 was started.
const scenario = read(open(file.startsWith("/") ? file : `${__ENV.PWD}/${file}`), schema, file, scaleOf(__ENV.DURATION_SCALE));

/** A sleep may end a little before its time, by the clock's grain. */
const EARLY_MS = 50;

export const options = planned(scenario);

export function visit() {
  oneVisit(scenario, exec.vu.idInTest);
}

/**
 * One virtual user of its own says what breaks when its time has come. k6 knows no Unix sockets, and the shop listens to nothing else so that
 * no recording ever shows an order: each is a line on k6's console, which k6/run.mjs passes on.
 */
export function faults() {
  for (const change of changes(scenario)) {
    const due = exec.scenario.startTime + change.at_s * 1000;
    sleep(Math.max(0, (due - Date.now()) / 1000));
    // Woken early: the run is being broken off, and whoever passes orders on repairs what is broken.
    if (Date.now() < due - EARLY_MS) return;
    console.log(JSON.stringify({ order: change }));
  }
}

export function handleSummary(seen) {
  return { [__ENV.SUMMARY ?? "stdout"]: `${JSON.stringify(summary(scenario, seen), null, 2)}\n` };
}
