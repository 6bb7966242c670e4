// Asks one address at a constant rate, whatever the answers take: TARGET, RATE (per second), DURATION_S, USERS (connections at most).
// The summary goes to SUMMARY as JSON: { requests, failed, dropped, p95_ms }.
import http from "k6/http";

const number = (name, otherwise) => Number(__ENV[name] ?? otherwise);

export const options = {
  discardResponseBodies: true,
  scenarios: {
    constant: {
      executor: "constant-arrival-rate",
      rate: number("RATE", 2000),
      timeUnit: "1s",
      duration: `${number("DURATION_S", 60)}s`,
      preAllocatedVUs: number("USERS", 64),
      maxVUs: number("USERS", 64),
      gracefulStop: "10s",
    },
  },
};

export default function () {
  http.get(__ENV.TARGET);
}

export function handleSummary({ metrics }) {
  const value = (name, field) => metrics[name]?.values[field] ?? 0;
  const summary = {
    requests: value("http_reqs", "count"),
    // The rate of `http_req_failed` counts what failed: `passes` is their number.
    failed: value("http_req_failed", "passes"),
    // Requests that no user was free for.
    dropped: value("dropped_iterations", "count"),
    p95_ms: value("http_req_duration", "p(95)"),
  };
  return { [__ENV.SUMMARY ?? "stdout"]: `${JSON.stringify(summary)}\n` };
}
