//! What lies behind the public views: the schema `raw`, with narrow tables and the views that join names to them.

use std::fmt::Write;

use crate::{
    latency,
    rows::{DnsQueries, FlowEvents, FlowSpans, Flows, HttpExchanges, IngestErrors, Peers, TlsHandshakes},
};

/// Changes when a physical table changes: a file with another number is set aside and imported again.
pub const FORMAT: u32 = 3;

/// Widths of roll-up buckets in seconds, finest first. Each divides the next.
pub(crate) const WIDTHS_S: [i64; 3] = [1, 10, 60];

/// Width of a bucket of `raw.pulse` in milliseconds: requests and errors of the whole recording, for the reel.
pub(crate) const PULSE_MS: i64 = 100;

/// The counters of a roll-up, as they are named in `raw.facts`, the roll-up tables and `edge_rollups`.
pub(crate) const COUNTERS: [&str; 12] = [
    "connects",
    "accepts",
    "closes",
    "resets",
    "refused",
    "open_delta",
    "requests",
    "errors_4xx",
    "errors_5xx",
    "failed",
    "bytes_up",
    "bytes_down",
];

/// Sums of all counters, for a select list.
pub(crate) fn counter_sums() -> String {
    let sums: Vec<String> = COUNTERS.iter().map(|name| format!("sum({name})::BIGINT AS {name}")).collect();
    sums.join(", ")
}

/// Everything below the views, safe to run again.
pub(crate) fn create() -> String {
    let mut sql = String::from("CREATE SCHEMA IF NOT EXISTS raw;\n");
    for table in [
        Peers::create(),
        Flows::create(),
        FlowEvents::create(),
        HttpExchanges::create(),
        DnsQueries::create(),
        TlsHandshakes::create(),
        FlowSpans::create(),
        IngestErrors::create(),
    ] {
        sql.push_str(&table);
        sql.push('\n');
    }
    sql.push_str(SMALL_TABLES);
    for width in WIDTHS_S {
        let counters = COUNTERS.join(" BIGINT, ");
        let _ = writeln!(
            sql,
            "CREATE TABLE IF NOT EXISTS raw.rollup_{width}s \
             (bucket_s BIGINT, client_id INTEGER, server_id INTEGER, {counters} BIGINT);\n\
             CREATE TABLE IF NOT EXISTS raw.latency_{width}s \
             (bucket_s BIGINT, client_id INTEGER, server_id INTEGER, class USMALLINT, n BIGINT);"
        );
    }
    sql.push_str(EXCHANGES);
    sql.push_str(NAMED_FLOWS);
    sql.push_str(LAST_ATTEMPTS);
    sql.push_str(&PEER_FACTS.replace("{open_delta}", OPEN_DELTA));
    sql.push_str(FACTS);
    let _ = writeln!(sql, "CREATE OR REPLACE MACRO raw.class_us(class) AS {};", latency::middle_us_sql("class"));
    sql.push_str(RECORDED_SECONDS);
    sql
}

/// Tables that are small, and replaced or updated in place.
const SMALL_TABLES: &str = "
CREATE TABLE IF NOT EXISTS raw.meta (key VARCHAR, value VARCHAR);
CREATE TABLE IF NOT EXISTS raw.sources (source_id UINTEGER, kind VARCHAR, name VARCHAR, path VARCHAR,
    link_type VARCHAR, started_at TIMESTAMP_NS, ended_at TIMESTAMP_NS, packets UBIGINT, bytes UBIGINT,
    dropped UBIGINT, truncated BOOLEAN, warnings VARCHAR[]);
CREATE TABLE IF NOT EXISTS raw.services (service_id INTEGER, name VARCHAR, kind VARCHAR);
CREATE TABLE IF NOT EXISTS raw.peer_names (peer_id INTEGER, ip VARCHAR, port USMALLINT, service_id INTEGER,
    service VARCHAR, kind VARCHAR);
CREATE TABLE IF NOT EXISTS raw.entry_points (service VARCHAR, guessed BOOLEAN);
CREATE TABLE IF NOT EXISTS raw.pulse (bucket BIGINT, requests BIGINT, errors BIGINT);
CREATE TABLE IF NOT EXISTS raw.ingest_attempts (source_id UINTEGER, stage VARCHAR, position UBIGINT, flow_id UBIGINT,
    tried_at TIMESTAMP_NS, attempts INTEGER, state VARCHAR, note VARCHAR);
CREATE TABLE IF NOT EXISTS raw.self_metrics (happened_at TIMESTAMP_NS, component VARCHAR, metric VARCHAR, value DOUBLE);
";

/// Exchanges with addresses and names: `http_exchanges` and what the store's own questions need besides.
const EXCHANGES: &str = "
CREATE OR REPLACE VIEW raw.exchanges AS
SELECT x.exchange_id, x.flow_id, (x.flow_id >> 40)::UINTEGER AS source_id,
    c.ip AS client_ip, x.client_port, s.ip AS server_ip, s.port AS server_port,
    c.service AS client_service, s.service AS server_service,
    x.started_at, x.response_at, x.finished_at,
    (epoch_ns(x.response_at) - epoch_ns(x.started_at)) // 1000 AS ttfb_us,
    CASE WHEN x.status IS NULL THEN NULL
        ELSE (epoch_ns(x.finished_at) - epoch_ns(x.started_at)) // 1000 END AS duration_us,
    x.protocol, x.method, x.scheme, x.host, coalesce(x.decoded_target, x.target) AS target,
    x.target AS target_as_sent, x.path, x.status, x.grpc_status, x.request_messages, x.response_messages, x.stream_id,
    x.request_headers, x.response_headers, x.request_body_bytes, x.response_body_bytes,
    x.request_content_encoding, x.response_content_encoding, x.content_type, x.user_agent, x.x_forwarded_for,
    x.origin_ip, x.identity, x.identity_kind, x.trace_id, x.complete, x.error,
    x.ordinal, x.latency_class, x.failed, c.service_id AS client_id, s.service_id AS server_id
FROM raw.http_exchanges x
JOIN raw.peer_names c ON c.peer_id = x.client_peer
JOIN raw.peer_names s ON s.peer_id = x.server_peer;
";

/// Flows with addresses and names: `flows` and what filters and grids need besides.
const NAMED_FLOWS: &str = "
CREATE OR REPLACE VIEW raw.named_flows AS
SELECT f.flow_id, (f.flow_id >> 40)::UINTEGER AS source_id, f.transport, c.ip AS client_ip, f.client_port, s.ip AS server_ip,
    s.port AS server_port, f.vlan, f.tunnel, c.service AS client_service, s.service AS server_service,
    NULL::VARCHAR AS process, f.app_protocol, f.opened_at, f.closed_at, f.close_reason, f.handshake, f.direction_known,
    f.rtt_us, f.rtt_min_us, f.rtt_mean_us, f.rtt_max_us, f.client_packets, f.server_packets, f.client_bytes, f.server_bytes,
    f.client_missed_bytes, f.server_missed_bytes, f.client_retransmits, f.server_retransmits,
    f.client_out_of_order, f.server_out_of_order, f.client_keep_alives, f.server_keep_alives,
    f.client_zero_windows, f.server_zero_windows, f.client_conflicting_bytes, f.server_conflicting_bytes,
    coalesce(f.app_protocol IN ('tls', 'ssh', 'quic'), false) AS encrypted,
    f.upgraded_to, f.upgraded_client_bytes, f.upgraded_server_bytes, f.history,
    f.server_name, (epoch_ns(f.closed_at) - epoch_ns(f.opened_at)) // 1000 AS duration_us,
    f.client_packets + f.server_packets AS packets, f.client_bytes + f.server_bytes AS bytes,
    f.client_missed_bytes + f.server_missed_bytes AS missed_bytes,
    f.client_retransmits + f.server_retransmits AS retransmits,
    f.client_out_of_order + f.server_out_of_order AS out_of_order,
    f.client_zero_windows + f.server_zero_windows AS zero_windows
FROM raw.flows f
JOIN raw.peer_names c ON c.peer_id = f.client_peer
JOIN raw.peer_names s ON s.peer_id = f.server_peer;
";

/// The last try of everything that could not be read and was tried again.
const LAST_ATTEMPTS: &str = "
CREATE OR REPLACE VIEW raw.last_attempts AS
SELECT source_id, stage, position, flow_id, arg_max(attempts, tried_at) AS attempts, arg_max(state, tried_at) AS state,
    arg_max(note, tried_at) AS note
FROM raw.ingest_attempts GROUP BY source_id, stage, position, flow_id;
";

/// What an event does to the number of open connections: one is open from `established` (or `resume`) to `close`, `reset`
/// or `idle`; `connect` alone opens nothing.
pub(crate) const OPEN_DELTA: &str =
    "CASE WHEN kind IN ('established', 'resume') THEN 1 WHEN kind IN ('close', 'reset', 'idle') THEN -1 ELSE 0 END";

/// One row per thing that counts for an edge: an exchange, a lifecycle event, or the bytes of a flow without exchanges.
const PEER_FACTS: &str = "
CREATE OR REPLACE VIEW raw.peer_facts AS
    SELECT started_at AS happened_at, batch, client_peer, server_peer, protocol, latency_class,
        0 AS connects, 0 AS accepts, 0 AS closes, 0 AS resets, 0 AS refused, 0 AS open_delta,
        1 AS requests, coalesce(status >= 400 AND status < 500 AND NOT failed, false)::INTEGER AS errors_4xx,
        coalesce(status >= 500, false)::INTEGER AS errors_5xx, failed::INTEGER AS failed,
        request_body_bytes AS bytes_up, response_body_bytes AS bytes_down
    FROM raw.http_exchanges
    UNION ALL
    SELECT happened_at, batch, client_peer, server_peer, NULL, NULL,
        (kind = 'connect')::INTEGER, (kind = 'accept')::INTEGER, (kind = 'close')::INTEGER, (kind = 'reset')::INTEGER,
        (kind = 'refused')::INTEGER,
        {open_delta},
        0, 0, 0, 0, 0, 0
    FROM raw.flow_events
    UNION ALL
    SELECT closed_at, batch, client_peer, server_peer, coalesce(app_protocol, transport), NULL,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, client_bytes, server_bytes
    FROM raw.flows WHERE transport = 'tcp' AND app_protocol IS DISTINCT FROM 'http';
";

/// The same by service.
const FACTS: &str = "
CREATE OR REPLACE VIEW raw.facts AS
SELECT f.happened_at, f.batch, c.service_id AS client_id, s.service_id AS server_id, f.protocol, f.latency_class,
    f.connects, f.accepts, f.closes, f.resets, f.refused, f.open_delta,
    f.requests, f.errors_4xx, f.errors_5xx, f.failed, f.bytes_up, f.bytes_down
FROM raw.peer_facts f
JOIN raw.peer_names c ON c.peer_id = f.client_peer
JOIN raw.peer_names s ON s.peer_id = f.server_peer;
";

/// Seconds between two instants that some source has recorded; overlapping sources count once.
const RECORDED_SECONDS: &str = "
CREATE OR REPLACE MACRO raw.recorded_seconds(lower_at, upper_at) AS (
    SELECT coalesce(sum(greatest(0, until_ns - greatest(since_ns, coalesce(before_ns, since_ns)))), 0) / 1e9
    FROM (
        SELECT since_ns, until_ns,
            max(until_ns) OVER (ORDER BY since_ns, until_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ns
        FROM (
            SELECT greatest(epoch_ns(started_at), epoch_ns(lower_at)) AS since_ns,
                least(epoch_ns(ended_at), epoch_ns(upper_at)) AS until_ns
            FROM raw.sources WHERE started_at IS NOT NULL
        ) WHERE until_ns > since_ns
    )
);
";
