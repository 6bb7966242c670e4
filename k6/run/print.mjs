// A summary for people: what was asked, how long it took, what held.

/** The summary as lines of text. */
export function page(summary) {
  const { scenario, requests, requests_per_second, failed, turned_away, visits, dropped_visits, seconds, connections } = summary;
  return [
    `${scenario}: ${requests} requests in ${seconds.toFixed(0)} s (${requests_per_second.toFixed(1)}/s) to ${summary.entry}`,
    `  ${visits} visits from ${summary.addresses} addresses, ${dropped_visits} dropped; ${failed} requests failed, ${turned_away} were turned away`,
    ...gateway(summary),
    "",
    ...table(
      ["", "requests", "failed", "turned away", "p50 ms", "p95 ms", "p99 ms"],
      [
        ...Object.entries(summary.routes)
          .filter(([, row]) => row.requests > 0)
          .map(([route, row]) => counted(route, row)),
        counted("all", summary),
        ["connecting", String(connections), "", "", ...times(summary.connect_ms)],
      ],
    ),
    "",
    ...table(
      ["", "visits", "requests"],
      Object.entries(summary.actions)
        .filter(([, row]) => row.visits > 0)
        .map(([action, row]) => [action, String(row.visits), String(row.requests)]),
    ),
    ...thresholds(summary.thresholds),
  ];
}

function gateway({ gateway_requests, requests }) {
  const difference = requests - gateway_requests;
  if (difference === 0) return [`  the gateway logged the same ${gateway_requests} requests`];
  const why = difference > 0 ? "fewer: they did not reach it" : "more: of other clients, or broken off by k6";
  return [`  the gateway logged ${gateway_requests}, ${Math.abs(difference)} ${why}`];
}

function thresholds(list) {
  if (list.length === 0) return [];
  const rows = list.map(({ key, limit, found, held }) => [key, String(found), `at most ${limit}`, held ? "held" : "MISSED"]);
  return ["", ...table(["", "found", "allowed", ""], rows)];
}

const counted = (name, { requests, failed, turned_away, duration_ms }) => [
  name,
  String(requests),
  String(failed),
  String(turned_away),
  ...times(duration_ms),
];
const times = (percentiles) =>
  percentiles ? [percentiles.p50, percentiles.p95, percentiles.p99].map((ms) => ms.toFixed(1)) : ["", "", ""];

/** Columns: the first to the left, the others to the right. */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return [head, ...rows].map((row) => `  ${line(row)}`.trimEnd());
}
