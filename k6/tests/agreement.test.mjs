// What Wirereel stored against what k6 counted: which differences are allowed, and that any other is found. (scripts/agreement.mjs)
import assert from "node:assert/strict";
import { test } from "node:test";
import { agreement, page } from "../../scripts/agreement.mjs";

const times = { p50: 10, p95: 40, p99: 100 };
const summary = () => ({
  started_at: "2026-11-27T02:00:00.000Z",
  ended_at: "2026-11-27T02:04:00.000Z",
  requests: 2_400,
  requests_per_second: 10,
  failed: 7,
  turned_away: 3,
  connections: 900,
  addresses: 160,
  duration_ms: times,
  routes: {
    "GET /cart": { requests: 2_400, failed: 7, turned_away: 3, duration_ms: times },
    "GET /search": { requests: 0, failed: 0, turned_away: 0, duration_ms: null },
  },
});
const row = (route, changed = {}) => ({ route, requests: 2_400, failed: 7, turned_away: 3, connections: 900, addresses: 160, ...times, ...changed });

/** Answers as the workbench would. */
const sql = (rows, rate = 10.004) => async (query) => (query.includes("services_between") ? [{ rate }] : rows);
const missed = ({ checks }) => checks.filter(({ held }) => !held).map(({ what }) => what);

test("what agrees within the bounds holds, and routes that nobody asked for are left out", async () => {
  const found = await agreement(summary(), sql([row(null), row("GET /cart", { p50: 9.2, p95: 38.1, p99: 95.2 })]));
  assert.deepEqual(missed(found), []);
  assert.equal(found.held, true);
  assert.ok(!found.checks.some(({ what }) => what.includes("/search")));
  assert.match(page(found).join("\n"), /all 15 hold/);
});

test("one request more or less, a hundredth of a request a second, a millisecond, and five percent are the bounds", async () => {
  const off = { requests: 2_399, failed: 8, p50: 8.9, p95: 42.1, p99: 94.9 };
  const found = await agreement(summary(), sql([row(null), row("GET /cart", off)], 10.011));
  const route = ["requests", "failed", "p50 ms", "p95 ms", "p99 ms"].map((what) => `GET /cart: ${what}`);
  assert.deepEqual(missed(found), ["requests per second", ...route]);
  assert.match(page(found).join("\n"), /6 of 15 are missed/);
});

test("what Wirereel did not see at all is missed, not left out", async () => {
  const found = await agreement(summary(), sql([], null));
  assert.equal(found.held, false);
  assert.equal(missed(found).length, found.checks.length);
});

test("the time asked for is the run's own", async () => {
  const asked = [];
  await agreement(summary(), async (query) => (asked.push(query), []));
  assert.match(asked.join("\n"), /services_between\(TIMESTAMP_NS '2026-11-27 02:00:00.000', TIMESTAMP_NS '2026-11-27 02:04:00.000'\)/);
  assert.match(asked.join("\n"), /started_at >= TIMESTAMP_NS '2026-11-27 01:59:59.000'/);
});
