// Statements to begin with. Columns are described by `wirereel schema`.

export const EXAMPLES: readonly { title: string; sql: string }[] = [
  {
    title: "Slowest endpoints in the range",
    sql: `SELECT server_service, method, path, count(*) AS requests,
       quantile_cont(duration_us, 0.95) / 1000 AS p95_ms
FROM http_exchanges
WHERE started_at BETWEEN $from AND $to
GROUP BY ALL
ORDER BY p95_ms DESC
LIMIT 50`,
  },
  {
    title: "Failures per caller and service",
    sql: `SELECT client_service, server_service, status, error, count(*) AS failures
FROM http_exchanges
WHERE started_at BETWEEN $from AND $to AND (status >= 500 OR status IS NULL)
GROUP BY ALL
ORDER BY failures DESC`,
  },
  {
    title: "Refused and reset connections",
    sql: `SELECT at, kind, client_service, server_service
FROM flow_events
WHERE kind IN ('refused', 'reset') AND at BETWEEN $from AND $to
ORDER BY at`,
  },
  {
    title: "Names looked up",
    sql: `SELECT name, type, rcode, count(*) AS lookups, median(duration_us) / 1000 AS median_ms
FROM dns_queries
GROUP BY ALL
ORDER BY lookups DESC`,
  },
];
