// What k6 counted, as JSON: of all requests, of actions, of routes, and whether the thresholds held.
import { limits } from "./plan.js";
import * as names from "./routes.js";
import { ACTIONS } from "./visits.js";

/**
 * @param {object} scenario as `read` gives it
 * @param {{ metrics: object, state: { testRunDurationMs: number } }} seen what k6 gives `handleSummary`
 */
export function summary(scenario, { metrics, state }) {
  const value = (name, field) => metrics[name]?.values[field] ?? 0;
  const count = (name) => value(name, "count");
  const of = (keys, row) => Object.fromEntries(keys.map((key) => [key, row(key)]));
  const seconds = state.testRunDurationMs / 1000;
  // The run is over at this moment.
  const ended_ms = Date.now();
  return {
    scenario: scenario.name,
    entry: scenario.entry.url,
    started_at: new Date(ended_ms - state.testRunDurationMs).toISOString(),
    ended_at: new Date(ended_ms).toISOString(),
    seconds: rounded(seconds),
    requests: count("http_reqs"),
    requests_per_second: rounded(count("http_reqs") / seconds),
    // The rate of `http_req_failed` counts what failed: `passes` is their number.
    failed: value("http_req_failed", "passes"),
    turned_away: names.ROUTES.reduce((sum, route) => sum + count(names.turnedAwayOf(route)), 0),
    visits: ACTIONS.reduce((sum, action) => sum + count(names.visitsOf(action)), 0),
    // Visits that no virtual user was free for.
    dropped_visits: count("dropped_iterations"),
    connections: count(names.CONNECT),
    duration_ms: percentiles(metrics[names.DURATION]),
    connect_ms: percentiles(metrics[names.CONNECT]),
    actions: of(ACTIONS, (action) => ({ visits: count(names.visitsOf(action)), requests: count(names.requestsOf(action)) })),
    routes: of(names.ROUTES, (route) => ({
      requests: count(names.askedOf(route)),
      failed: count(names.failedOf(route)),
      turned_away: count(names.turnedAwayOf(route)),
      connections: count(names.connectOf(route)),
      duration_ms: percentiles(metrics[names.durationOf(route)]),
      connect_ms: percentiles(metrics[names.connectOf(route)]),
    })),
    thresholds: limits(scenario.thresholds).map(({ key, metric, value: field, rule, limit }) => ({
      key,
      limit,
      found: rounded(value(metric, field)),
      held: metrics[metric]?.thresholds?.[rule]?.ok ?? true,
    })),
  };
}

/** Milliseconds; `null` where nothing was measured. */
function percentiles(metric) {
  if (!metric?.values.count) return null;
  return { p50: rounded(metric.values.med), p95: rounded(metric.values["p(95)"]), p99: rounded(metric.values["p(99)"]) };
}

const rounded = (number) => Math.round(number * 1000) / 1000;
