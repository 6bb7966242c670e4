//! Views of the graph: services, edges between them, and their roll-ups.

use super::{COUNTERS, Column, View, WIDTHS_S, column, counter_sums};

/// Parameters of the macros for a range; NULL is open at that end.
const RANGE: &[&str] = &["from_at", "to_at"];

fn golden_columns(asked: &'static str) -> Vec<Column> {
    vec![
        column("requests", "BIGINT", asked),
        column("rate", "DOUBLE", "Requests per second over the recorded part of the range."),
        column("errors", "BIGINT", "Responses with status 500 and above, and failed exchanges."),
        column("errors_4xx", "BIGINT", "Responses with status 400 to 499."),
        column("errors_5xx", "BIGINT", "Responses with status 500 and above."),
        column("failed", "BIGINT", "Exchanges without a response, reset or cut off."),
        column("error_share", "DOUBLE", "errors / requests; 0 without requests."),
        column("p50_us", "BIGINT", "Median duration; classes are about 4 % wide. NULL without a response."),
        column("p95_us", "BIGINT", "95th percentile, as p50_us."),
        column("p99_us", "BIGINT", "99th percentile, as p50_us."),
        column("active_connections", "BIGINT", "TCP connections open at the end of the range."),
        column("bytes_up", "BIGINT", "Request bodies, and payload sent by clients of flows that are not HTTP."),
        column("bytes_down", "BIGINT", "Response bodies, and payload sent by servers of flows that are not HTTP."),
    ]
}

/// The select list that gives `golden_columns` from rows of `raw.facts` named `f`.
const GOLDEN: &str = "sum(f.requests)::BIGINT AS requests,
    coalesce(sum(f.requests) / nullif(any_value(b.seconds), 0), 0)::DOUBLE AS rate,
    sum(f.errors_5xx + f.failed)::BIGINT AS errors, sum(f.errors_4xx)::BIGINT AS errors_4xx,
    sum(f.errors_5xx)::BIGINT AS errors_5xx, sum(f.failed)::BIGINT AS failed,
    coalesce(sum(f.errors_5xx + f.failed) / nullif(sum(f.requests), 0), 0)::DOUBLE AS error_share,
    raw.class_us(quantile_disc(f.latency_class, 0.5)) AS p50_us,
    raw.class_us(quantile_disc(f.latency_class, 0.95)) AS p95_us,
    raw.class_us(quantile_disc(f.latency_class, 0.99)) AS p99_us";

/// The range with open ends closed by the recording's, as `b`; the end of the recording itself belongs to it.
const BOUNDS: &str = "SELECT lower_at, upper_at, raw.recorded_seconds(lower_at, upper_at) AS seconds FROM (
    SELECT coalesce(from_at, first_at) AS lower_at, coalesce(to_at, beyond_at) AS upper_at FROM (
        SELECT min(started_at) AS first_at, make_timestamp_ns(epoch_ns(max(ended_at)) + 1) AS beyond_at FROM raw.sources))";

pub(super) fn services() -> [View; 2] {
    let mut columns = vec![
        column("name", "VARCHAR", "Unique name; `customers` for all customers; the address for an unresolved one."),
        column(
            "kind",
            "VARCHAR",
            "`service`, `customers` (unknown addresses that reach an entry point), `external` or `unresolved`.",
        ),
    ];
    columns.extend(golden_columns("Requests it was asked; for customers: that they asked."));
    columns.push(column("addresses", "BIGINT", "Distinct addresses behind it in the whole recording."));
    let sql = format!(
        "WITH b AS ({BOUNDS}),
        nodes AS (SELECT service_id, any_value(service) AS name, any_value(kind) AS kind, count(DISTINCT ip) AS addresses
            FROM raw.peer_names GROUP BY service_id),
        facts AS (SELECT * FROM raw.facts),
        sides AS (
            SELECT server_id AS node_id, * EXCLUDE (client_id, server_id) FROM facts
            UNION ALL
            SELECT f.client_id, f.* EXCLUDE (client_id, server_id) FROM facts f
            JOIN nodes n ON n.service_id = f.client_id AND n.kind = 'customers'
        ),
        golden AS (
            SELECT f.node_id, {GOLDEN}, sum(f.bytes_up)::BIGINT AS bytes_up, sum(f.bytes_down)::BIGINT AS bytes_down
            FROM sides f, b WHERE f.happened_at >= b.lower_at AND f.happened_at < b.upper_at GROUP BY f.node_id
        ),
        open AS (SELECT f.node_id, sum(f.open_delta)::BIGINT AS connections FROM sides f, b WHERE f.happened_at < b.upper_at GROUP BY f.node_id)
        SELECT n.name, n.kind, coalesce(g.requests, 0)::BIGINT AS requests, coalesce(g.rate, 0)::DOUBLE AS rate,
            coalesce(g.errors, 0)::BIGINT AS errors, coalesce(g.errors_4xx, 0)::BIGINT AS errors_4xx,
            coalesce(g.errors_5xx, 0)::BIGINT AS errors_5xx, coalesce(g.failed, 0)::BIGINT AS failed,
            coalesce(g.error_share, 0)::DOUBLE AS error_share, g.p50_us, g.p95_us, g.p99_us,
            greatest(coalesce(o.connections, 0), 0)::BIGINT AS active_connections,
            coalesce(g.bytes_up, 0)::BIGINT AS bytes_up, coalesce(g.bytes_down, 0)::BIGINT AS bytes_down,
            n.addresses::BIGINT AS addresses
        FROM nodes n LEFT JOIN golden g ON g.node_id = n.service_id LEFT JOIN open o ON o.node_id = n.service_id
        ORDER BY n.name"
    );
    whole_and_range(
        "services",
        "services_between",
        "A node of the graph, over the whole recording.",
        "A node of the graph, over a range: `SELECT * FROM services_between(TIMESTAMP_NS '…', NULL)`; NULL is open.",
        columns,
        sql,
    )
}

pub(super) fn edges() -> [View; 2] {
    let mut columns = vec![
        column("client_service", "VARCHAR", "The end that opens connections."),
        column("server_service", "VARCHAR", "The end that is opened to."),
        column("protocol", "VARCHAR", "Most used: `http/1.1`, …, `tls`, `tcp`."),
    ];
    columns.extend(golden_columns("Requests from client to server."));
    columns.extend([
        column("connects", "BIGINT", "Connections tried: first SYNs."),
        column("refused", "BIGINT", "Connections refused."),
        column("resets", "BIGINT", "Established connections that were reset."),
    ]);
    let sql = format!(
        "WITH b AS ({BOUNDS}),
        golden AS (
            SELECT f.client_id, f.server_id, {GOLDEN},
                coalesce(mode(f.protocol) FILTER (f.requests = 1), mode(f.protocol) FILTER (f.protocol IS NOT NULL), 'tcp') AS protocol,
                sum(f.bytes_up)::BIGINT AS bytes_up, sum(f.bytes_down)::BIGINT AS bytes_down,
                sum(f.connects)::BIGINT AS connects, sum(f.refused)::BIGINT AS refused, sum(f.resets)::BIGINT AS resets
            FROM raw.facts f, b WHERE f.happened_at >= b.lower_at AND f.happened_at < b.upper_at GROUP BY f.client_id, f.server_id
        ),
        open AS (
            SELECT f.client_id, f.server_id, sum(f.open_delta)::BIGINT AS connections
            FROM raw.facts f, b WHERE f.happened_at < b.upper_at GROUP BY f.client_id, f.server_id
        )
        SELECT c.name AS client_service, s.name AS server_service, g.protocol, g.requests, g.rate, g.errors, g.errors_4xx,
            g.errors_5xx, g.failed, g.error_share, g.p50_us, g.p95_us, g.p99_us,
            greatest(coalesce(o.connections, 0), 0)::BIGINT AS active_connections, g.bytes_up, g.bytes_down,
            g.connects, g.refused, g.resets
        FROM golden g
        JOIN raw.services c ON c.service_id = g.client_id JOIN raw.services s ON s.service_id = g.server_id
        LEFT JOIN open o ON o.client_id = g.client_id AND o.server_id = g.server_id
        ORDER BY client_service, server_service"
    );
    whole_and_range(
        "edges",
        "edges_between",
        "A dependency between two nodes with a TCP connection or an exchange, over the whole recording.",
        "As `edges`, over a range: `SELECT * FROM edges_between(TIMESTAMP_NS '…', NULL)`; NULL is open.",
        columns,
        sql,
    )
}

/// A view over the whole recording and the macro for a range; both have the same columns.
fn whole_and_range(
    whole: &'static str,
    range: &'static str,
    about_whole: &'static str,
    about_range: &'static str,
    columns: Vec<Column>,
    sql: String,
) -> [View; 2] {
    let call = format!("SELECT * FROM {range}(NULL::TIMESTAMP_NS, NULL::TIMESTAMP_NS)");
    [
        View { name: range, parameters: RANGE, about: about_range, columns: columns.clone(), sql },
        View { name: whole, parameters: &[], about: about_whole, columns, sql: call },
    ]
}

pub(super) fn edge_rollups() -> View {
    let columns = vec![
        column("bucket", "TIMESTAMP_NS", "Start of the bucket."),
        column("width_s", "INTEGER", "Width of the bucket in seconds: 1, 10 or 60."),
        column("client_service", "VARCHAR", "The end that opens connections."),
        column("server_service", "VARCHAR", "The end that is opened to."),
        column("connects", "BIGINT", "Connections tried: first SYNs."),
        column("accepts", "BIGINT", "Connections the server accepted: SYN-ACKs."),
        column("closes", "BIGINT", "Connections closed by FIN in both directions."),
        column("resets", "BIGINT", "Established connections that were reset."),
        column("refused", "BIGINT", "Connections refused."),
        column("open_delta", "BIGINT", "Connections that became active, less those that ceased to be."),
        column("requests", "BIGINT", "Exchanges started in the bucket."),
        column("errors_4xx", "BIGINT", "Of these, with status 400 to 499."),
        column("errors_5xx", "BIGINT", "Of these, with status 500 and above."),
        column("failed", "BIGINT", "Of these, without a response, reset or cut off."),
        column(
            "bytes_up",
            "BIGINT",
            "Request bodies, and payload sent by clients of flows that are not HTTP and end here.",
        ),
        column("bytes_down", "BIGINT", "Response bodies, and payload sent by servers of such flows."),
        column(
            "latency",
            "MAP(BIGINT, BIGINT)",
            "Histogram of durations: middle of the class in microseconds → exchanges. Classes are about 4 % wide.",
        ),
    ];
    // Widths that are not stored are counted from the events.
    let union = |select: &dyn Fn(i64, Option<&str>) -> String| {
        let both = |width: i64| {
            let facts = format!(
                "(SELECT raw.bucket_s(happened_us, {width}) AS bucket_s, * FROM raw.facts \
                 WHERE {width} NOT IN (SELECT width_s FROM raw.rollup_widths))"
            );
            [select(width, None), select(width, Some(&facts))].join(" UNION ALL ")
        };
        WIDTHS_S.map(both).join(" UNION ALL ")
    };
    let sums = counter_sums();
    let rollups = union(&|width, facts| {
        let table = facts.map_or_else(|| format!("raw.rollup_{width}s"), str::to_owned);
        format!("SELECT {width} AS width_s, bucket_s, client_id, server_id, {sums} FROM {table} GROUP BY ALL")
    });
    let classes = union(&|width, facts| {
        let (table, n) = match facts {
            None => (format!("raw.latency_{width}s"), "sum(n)"),
            Some(facts) => {
                (format!("(SELECT *, latency_class AS class FROM {facts} WHERE latency_class IS NOT NULL)"), "count(*)")
            }
        };
        format!(
            "SELECT {width} AS width_s, bucket_s, client_id, server_id, raw.class_us(class) AS us, {n}::BIGINT AS n \
             FROM {table} GROUP BY ALL"
        )
    });
    let counters: Vec<String> = COUNTERS.iter().map(|name| format!("r.{name}")).collect();
    let sql = format!(
        "SELECT make_timestamp_ns(r.bucket_s * 1000000000), r.width_s, c.name, s.name, {}, \
         coalesce(l.latency, MAP {{}}::MAP(BIGINT, BIGINT)) \
         FROM ({rollups}) r \
         JOIN raw.services c ON c.service_id = r.client_id JOIN raw.services s ON s.service_id = r.server_id \
         LEFT JOIN (SELECT width_s, bucket_s, client_id, server_id, map(list(us ORDER BY us), list(n ORDER BY us)) AS latency \
            FROM ({classes}) GROUP BY ALL) l \
         ON l.width_s = r.width_s AND l.bucket_s = r.bucket_s AND l.client_id = r.client_id AND l.server_id = r.server_id",
        counters.join(", ")
    );
    View {
        name: "edge_rollups",
        parameters: &[],
        about: "What an edge did in a bucket of 1, 10 or 60 seconds; buckets without anything have no row.",
        columns,
        sql,
    }
}
