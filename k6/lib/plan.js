// A scenario in k6's own terms: executors and thresholds.
import { DURATION, durationOf } from "./routes.js";

/** How long a visit that has begun may go on after the load has ended. */
const PATIENCE_S = 30;
/** k6 takes whole rates only: visits are counted over so many seconds, which leaves two decimals. */
const RATE_OVER_S = 100;
/** What k6 calls percentiles of a trend. */
const PERCENTILES = { p50_ms: "med", p95_ms: "p(95)", p99_ms: "p(99)" };

/** How long a run takes at most, in seconds. */
export const longest = ({ length_s }) => length_s + PATIENCE_S;

/** Virtual users at most, that of the faults among them. */
export function virtualUsers({ load, faults }) {
  const customers = load.model === "users" ? Math.max(load.start, ...load.stages.map((stage) => stage.to)) : load.virtual_users;
  return customers + (faults.length > 0 ? 1 : 0);
}

/** k6's options for a scenario that was read. */
export function options(scenario) {
  const customers = { exec: "visit", gracefulStop: time(PATIENCE_S), ...executor(scenario.load, scenario.length_s) };
  const faults = {
    executor: "per-vu-iterations",
    exec: "faults",
    vus: 1,
    iterations: 1,
    maxDuration: time(scenario.length_s + PATIENCE_S),
  };
  return {
    // A visit opens connections of its own, as another customer would; within it they are kept.
    noVUConnectionReuse: true,
    discardResponseBodies: true,
    summaryTrendStats: ["count", "med", "p(95)", "p(99)"],
    scenarios: scenario.faults.length > 0 ? { customers, faults } : { customers },
    thresholds: thresholds(scenario),
  };
}

/**
 * The thresholds of a scenario, one by one.
 *
 * @returns {{ key: string, metric: string, value: string, rule: string, limit: number }[]} `key` as in the scenario's file
 */
export function limits({ failed_share, dropped_visits, routes = {}, ...times }) {
  const found = [];
  if (failed_share !== undefined) found.push(limit("failed_share", "http_req_failed", "rate", failed_share));
  if (dropped_visits !== undefined) found.push(limit("dropped_visits", "dropped_iterations", "count", dropped_visits));
  found.push(...Object.entries(times).map(([key, most]) => limit(key, DURATION, PERCENTILES[key], most)));
  for (const [route, ofRoute] of Object.entries(routes)) {
    found.push(...Object.entries(ofRoute).map(([key, most]) => limit(`${route} ${key}`, durationOf(route), PERCENTILES[key], most)));
  }
  return found;
}

const limit = (key, metric, value, most) => ({ key, metric, value, rule: `${value}<=${most}`, limit: most });

function thresholds(scenario) {
  const ofMetrics = {};
  for (const { metric, rule } of limits(scenario.thresholds)) (ofMetrics[metric] ??= []).push(rule);
  return ofMetrics;
}

function executor({ model, start, stages, virtual_users }, length_s) {
  const level = stages.every((stage) => stage.to === start);
  if (model === "users") {
    if (level) return { executor: "constant-vus", vus: start, duration: time(length_s) };
    const ramp = stages.map((stage) => ({ duration: time(stage.for_s), target: stage.to }));
    return { executor: "ramping-vus", startVUs: start, stages: ramp, gracefulRampDown: time(PATIENCE_S) };
  }
  const users = { timeUnit: time(RATE_OVER_S), preAllocatedVUs: virtual_users, maxVUs: virtual_users };
  if (level) return { executor: "constant-arrival-rate", rate: rate(start), duration: time(length_s), ...users };
  const ramp = stages.map((stage) => ({ duration: time(stage.for_s), target: rate(stage.to) }));
  return { executor: "ramping-arrival-rate", startRate: rate(start), stages: ramp, ...users };
}

const rate = (per_second) => Math.round(per_second * RATE_OVER_S);
const time = (seconds) => `${Math.round(seconds * 1000)}ms`;
