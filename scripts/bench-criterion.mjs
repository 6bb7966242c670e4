#!/usr/bin/env node
// Figures of the criterion benchmarks in the form of all others: a list of {name, value, unit} per group, in WIREREEL_BENCH_DIR.
//   scripts/bench-criterion.mjs FOLDER      criterion's folder of results
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const to = process.env.WIREREEL_BENCH_DIR;
if (!folder || !to) throw new Error("usage: WIREREEL_BENCH_DIR=FOLDER scripts/bench-criterion.mjs FOLDER");

/** Every folder below that holds the newest results of a benchmark. */
function* results(at) {
  for (const entry of readdirSync(at, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const below = join(at, entry.name);
    if (entry.name === "new") yield below;
    else if (entry.name !== "report") yield* results(below);
  }
}

const groups = new Map();
for (const result of existsSync(folder) ? results(folder) : []) {
  const read = (name) => JSON.parse(readFileSync(join(result, name), "utf8"));
  const { group_id: group, function_id: name, throughput } = read("benchmark.json");
  const seconds = read("estimates.json").median.point_estimate / 1e9;
  const figures = groups.get(group) ?? [];
  if (throughput?.Elements) {
    figures.push({ name: `${name}_seconds`, value: seconds, unit: "s" });
    figures.push({ name: `${name}_packets_per_second`, value: throughput.Elements / seconds, unit: "1/s" });
  } else if (throughput?.Bytes) {
    figures.push({ name: `${name}_bytes_per_second`, value: throughput.Bytes / seconds, unit: "B/s" });
  }
  groups.set(group, figures);
}
for (const [group, figures] of groups) {
  console.log(`\n${group}`);
  for (const { name, value, unit } of figures) console.log(`  ${name.padEnd(40)} ${value.toPrecision(6).padStart(14)} ${unit}`);
  writeFileSync(join(to, `${group}.json`), `${JSON.stringify(figures, null, 2)}\n`);
}
