// Asks one address at a constant rate, whatever the answers take: TARGET, RATE (per second), DURATION_S, USERS (connections at most). With a
// RATE of 0 every user asks again as soon as it is answered. FRESH (0 to 1) is the share of requests that are the last of their connection.
// The summary goes to SUMMARY as JSON: { requests, failed, dropped, seconds, p50_ms, p95_ms, p99_ms }.
import http from "k6/http";

const number = (name, otherwise) => Number(__ENV[name] ?? otherwise);

const rate = number("RATE", 2000);
const users = number("USERS", 64);
const duration = `${number("DURATION_S", 60)}s`;
const gracefulStop = "10s";

export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ["med", "p(95)", "p(99)"],
  scenarios: {
    constant:
      rate > 0
        ? { executor: "constant-arrival-rate", rate, timeUnit: "1s", duration, preAllocatedVUs: users, maxVUs: users, gracefulStop }
        : { executor: "constant-vus", vus: users, duration, gracefulStop },
  },
};

const fresh = number("FRESH", 0);
const closing = { headers: { Connection: "close" } };

export default function () {
  http.get(__ENV.TARGET, fresh > 0 && Math.random() < fresh ? closing : undefined);
}

export function handleSummary({ metrics, state }) {
  const value = (name, field) => metrics[name]?.values[field] ?? 0;
  const summary = {
    requests: value("http_reqs", "count"),
    // The rate of `http_req_failed` counts what failed: `passes` is their number.
    failed: value("http_req_failed", "passes"),
    // Requests that no user was free for.
    dropped: value("dropped_iterations", "count"),
    seconds: state.testRunDurationMs / 1000,
    p50_ms: value("http_req_duration", "med"),
    p95_ms: value("http_req_duration", "p(95)"),
    p99_ms: value("http_req_duration", "p(99)"),
  };
  return { [__ENV.SUMMARY ?? "stdout"]: `${JSON.stringify(summary)}\n` };
}
