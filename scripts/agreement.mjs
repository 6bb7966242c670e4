#!/usr/bin/env node
// Holds the rows of a live capture against what k6 counted of the same customers:
//   scripts/agreement.mjs [SUMMARY] [WORKSPACE]
// SUMMARY is what k6/run.mjs wrote (target/load/flash-sale.json), WORKSPACE the folder of the workbench that captured, running or not
// (target/demo/browser). WIREREEL names the program (target/debug/wirereel). Prints a table and writes AGREEMENT
// (target/bench/agreement.json). Ends with 0; with 1 when a bound is missed; with 2 when it was called wrongly. docs/load.md has the rules.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rows } from "./workbench.mjs";

/** What may differ: requests a second; milliseconds of a percentile, or so many percent of k6's where that is more. */
export const BOUNDS = { per_second: 0.01, ms: 1, percent: 5 };
const PERCENTILES = ["p50", "p95", "p99"];
const GATEWAY = "api-gateway";
/** k6's clock and the capture's are the same, but k6 tells its run's ends a moment late. */
const MARGIN_MS = 1_000;

const stamp = (ms) => `TIMESTAMP_NS '${new Date(ms).toISOString().replace("T", " ").replace("Z", "")}'`;

/** Exchanges at the gateway by route, folded as the shop does: segments with a digit are ids. The row without a route is all of them. */
const exchangesOf = (from_ms, to_ms) => `
  SELECT method || ' ' || regexp_replace(path, '/[^/]*[0-9][^/]*', '/:id', 'g') AS route, count(*) AS requests,
    count(*) FILTER (status IS NULL OR status >= 500 OR error IN ('reset', 'cut off')) AS failed,
    count(*) FILTER (status BETWEEN 400 AND 499) AS turned_away,
    count(DISTINCT flow_id) AS connections, count(DISTINCT client_ip) AS addresses,
    quantile_cont(duration_us, 0.5) / 1000 AS p50, quantile_cont(duration_us, 0.95) / 1000 AS p95,
    quantile_cont(duration_us, 0.99) / 1000 AS p99
  FROM http_exchanges
  WHERE server_service = '${GATEWAY}' AND started_at >= ${stamp(from_ms - MARGIN_MS)} AND started_at < ${stamp(to_ms + MARGIN_MS)}
  GROUP BY GROUPING SETS ((route), ())`;

const rateOf = (from_ms, to_ms) =>
  `SELECT rate FROM services_between(${stamp(from_ms)}, ${stamp(to_ms)}) WHERE name = '${GATEWAY}'`;

/**
 * Holds a run's summary against rows.
 *
 * @param {object} summary as k6/run.mjs writes it
 * @param {(query: string) => Promise<object[]>} sql asks the workbench
 * @param {{ per_second: number, ms: number, percent: number }} bounds
 * @returns {Promise<{ checks: object[], held: boolean }>} each with `what`, `k6`, `wirereel`, `difference`, `allowed`, `held`
 */
export async function agreement(summary, sql, bounds = BOUNDS) {
  const [from_ms, to_ms] = [Date.parse(summary.started_at), Date.parse(summary.ended_at)];
  const found = await sql(exchangesOf(from_ms, to_ms));
  const [rate] = await sql(rateOf(from_ms, to_ms));
  const of = (route) => found.find((row) => row.route === route) ?? { requests: 0, failed: 0, turned_away: 0, connections: 0 };
  const checks = [];
  const check = (what, k6, wirereel, allowed) => {
    const difference = wirereel === null || wirereel === undefined ? null : rounded(wirereel - k6);
    checks.push({ what, k6, wirereel: wirereel ?? null, difference, allowed, held: difference !== null && Math.abs(difference) <= allowed });
  };
  check("requests per second", summary.requests_per_second, rounded(rate?.rate), bounds.per_second);
  check("connections", summary.connections, of(null).connections, 0);
  check("addresses", summary.addresses, of(null).addresses, 0);
  const asked = Object.entries(summary.routes).filter(([, { requests }]) => requests > 0);
  for (const [name, route, counted] of [["all", null, summary], ...asked.map(([route, counted]) => [route, route, counted])]) {
    const row = of(route);
    for (const count of ["requests", "failed", "turned_away"]) check(`${name}: ${count.replace("_", " ")}`, counted[count], row[count], 0);
    for (const percentile of counted.duration_ms ? PERCENTILES : []) {
      const k6 = counted.duration_ms[percentile];
      check(`${name}: ${percentile} ms`, k6, rounded(row[percentile]), Math.max(bounds.ms, rounded((k6 * bounds.percent) / 100)));
    }
  }
  return { checks, held: checks.every(({ held }) => held) };
}

/** The checks as lines of text. */
export function page({ checks, held }) {
  const head = ["", "k6", "Wirereel", "difference", "allowed", ""];
  const cells = checks.map((one) => [
    one.what,
    text(one.k6),
    one.wirereel === null ? "nothing" : text(one.wirereel),
    one.difference === null ? "" : text(one.difference),
    text(one.allowed),
    one.held ? "held" : "MISSED",
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  const missed = checks.filter((one) => !one.held).length;
  const verdict = held ? `all ${checks.length} hold` : `${missed} of ${checks.length} are missed`;
  return [...[head, ...cells].map((row) => `  ${line(row)}`.trimEnd()), "", `  k6 and Wirereel: ${verdict}`];
}

/** Prints the table and writes the figures. */
export function report(found, file) {
  mkdirSync(dirname(file), { recursive: true });
  const figures = found.checks.flatMap(({ what, k6, wirereel, allowed }) => {
    const unit = / ms$/.test(what) ? "ms" : / second$/.test(what) ? "1/s" : "";
    const named = (name, value) => ({ name: `${what}: ${name}`, value, unit });
    return [named("k6", k6), named("Wirereel", wirereel), named("allowed", allowed)];
  });
  writeFileSync(file, `${JSON.stringify([...figures, { name: "held", value: found.held ? 1 : 0, unit: "" }], null, 2)}\n`);
  process.stdout.write(`\nWirereel against k6, at ${GATEWAY}:\n\n${page(found).join("\n")}\n\nfigures: ${file}\n`);
}

const rounded = (number) => (number === null || number === undefined ? number : Math.round(number * 1000) / 1000);
const text = (number) => (Number.isInteger(number) ? String(number) : number.toFixed(3));

async function main([summary, workspace]) {
  const target = process.env.CARGO_TARGET_DIR ?? "target";
  const file = resolve(summary ?? join(target, "load", "flash-sale.json"));
  const folder = resolve(workspace ?? join(target, "demo", "browser"));
  const program = process.env.WIREREEL ?? join(target, "debug", "wirereel");
  let counted;
  try {
    counted = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    process.stderr.write(`${file}: ${error.message}\nusage: scripts/agreement.mjs [SUMMARY] [WORKSPACE]\n`);
    return 2;
  }
  const found = await agreement(counted, (query) => rows(program, folder, query));
  report(found, resolve(process.env.AGREEMENT ?? join(target, "bench", "agreement.json")));
  return found.held ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
