//! What lies behind the public views: the schema `raw`, with narrow tables and the views that join names to them.

use std::fmt::Write;

use crate::{
    latency,
    rows::{
        CheckHours, CheckResults, CheckWebsites, DnsQueries, ENDINGS, Endings, FlowSpans, Flows, HttpExchanges,
        HttpPages, IngestErrors, OUTCOMES, Openings, PROTOCOLS, PeerPairs, Peers, ProbeHops, ProbeNames, ProbeObserved,
        ProbeResults, Pulses, TlsHandshakes,
    },
};

/// Tables whose rows cannot be made anew from packets: where a database is set aside and another one begun, they are taken over.
pub(crate) const OWN_TABLES: [&str; 12] = [
    CheckWebsites::TABLE,
    CheckResults::TABLE,
    CheckHours::TABLE,
    ProbeNames::TABLE,
    ProbeResults::TABLE,
    ProbeHops::TABLE,
    ProbeObserved::TABLE,
    "alerts",
    "alert_events",
    "alert_states",
    "alert_deliveries",
    "alert_mark",
];

/// Changes when a physical table changes: a file with another number is set aside and imported again.
pub const FORMAT: u32 = 9;

/// Widths of roll-up buckets in seconds, finest first. Each divides the next. The last one is always stored, the others where they have
/// far fewer rows than there are events; `raw.rollup_widths` tells.
pub(crate) const WIDTHS_S: [i64; 3] = [1, 10, 60];

/// Time between two keyframes in seconds; a multiple of every width.
pub(crate) const KEYFRAME_S: i64 = 300;

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
        Openings::create(),
        Endings::create(),
        HttpExchanges::create(),
        HttpPages::create(),
        PeerPairs::create(),
        Pulses::create(),
        DnsQueries::create(),
        TlsHandshakes::create(),
        FlowSpans::create(),
        IngestErrors::create(),
        CheckWebsites::create(),
        CheckResults::create(),
        CheckHours::create(),
        ProbeNames::create(),
        ProbeResults::create(),
        ProbeHops::create(),
        ProbeObserved::create(),
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
             CREATE TABLE IF NOT EXISTS raw.histogram_{width}s \
             (bucket_s BIGINT, client_id INTEGER, server_id INTEGER, classes USMALLINT[], counts UINTEGER[]);\n\
             CREATE OR REPLACE VIEW raw.latency_{width}s AS SELECT bucket_s, client_id, server_id, unnest(classes) AS class, \
             unnest(counts)::BIGINT AS n FROM raw.histogram_{width}s;"
        );
    }
    let _ = writeln!(
        sql,
        "CREATE OR REPLACE MACRO raw.protocol_name(code) AS {}[code + 1];",
        format!("{PROTOCOLS:?}").replace('"', "'")
    );
    let _ = writeln!(
        sql,
        "CREATE OR REPLACE MACRO raw.ending_name(code) AS {}[code + 1];",
        format!("{ENDINGS:?}").replace('"', "'")
    );
    let _ = writeln!(sql, "CREATE OR REPLACE MACRO raw.class_us(class) AS {};", latency::middle_us_sql("class"));
    let _ = writeln!(sql, "CREATE OR REPLACE MACRO raw.class_of(us) AS {};", latency::class_of_sql("us"));
    sql.push_str(INSTANT);
    sql.push_str(&outcome_macros());
    sql.push_str(DATED);
    sql.push_str(FLOW_EVENTS);
    sql.push_str(TIMED_EXCHANGES);
    sql.push_str(EXCHANGES);
    sql.push_str(KNOWN_HOPS);
    sql.push_str(NAMED_FLOWS);
    sql.push_str(LAST_ATTEMPTS);
    sql.push_str(&PEER_FACTS.replace("{open_delta}", OPEN_DELTA).replace("{untold_bytes}", UNTOLD_BYTES));
    sql.push_str(FACTS);
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
    service VARCHAR, kind VARCHAR, process VARCHAR);
CREATE TABLE IF NOT EXISTS raw.rollup_widths (width_s BIGINT);
CREATE TABLE IF NOT EXISTS raw.edge_protocols (client_id INTEGER, server_id INTEGER, protocol VARCHAR, is_exchange BOOLEAN, n BIGINT);
CREATE TABLE IF NOT EXISTS raw.keyframes (frame_s BIGINT, client_id INTEGER, server_id INTEGER, open_connections BIGINT);
CREATE TABLE IF NOT EXISTS raw.entry_points (service VARCHAR, guessed BOOLEAN);
CREATE TABLE IF NOT EXISTS raw.ingest_attempts (source_id UINTEGER, stage VARCHAR, position UBIGINT, flow_id UBIGINT,
    tried_at TIMESTAMP_NS, attempts INTEGER, state VARCHAR, note VARCHAR);
CREATE TABLE IF NOT EXISTS raw.lost_packets (source_id UINTEGER, second BIGINT, in_kernel UBIGINT, in_queue UBIGINT);
CREATE TABLE IF NOT EXISTS raw.self_metrics (happened_at TIMESTAMP_NS, component VARCHAR, metric VARCHAR, value DOUBLE);
";

/// An instant from microseconds and what is left of the nanoseconds. A condition on it reads every row: ask for the microseconds where
/// there are many.
const INSTANT: &str = "
CREATE OR REPLACE MACRO raw.instant(us, rest) AS make_timestamp_ns(us * 1000 + rest);
CREATE OR REPLACE MACRO raw.bucket_s(us, width_s) AS
    (us - (us % (width_s * 1000000) + width_s * 1000000) % (width_s * 1000000)) // 1000000;
";

/// A page's fields with the date of one exchange, in seconds since 1970, where they have a mark for it.
const DATED: &str = "
CREATE OR REPLACE MACRO raw.dated(headers, date_s) AS CASE WHEN date_s IS NULL THEN headers
    ELSE replace(headers, chr(1), strftime(make_timestamp(date_s * 1000000), '%a, %d %b %Y %H:%M:%S GMT')) END;
";

/// What an exchange's outcome says about it.
fn outcome_macros() -> String {
    let from = |name: &str| OUTCOMES.iter().position(|outcome| *outcome == name).unwrap_or(OUTCOMES.len());
    format!(
        "CREATE OR REPLACE MACRO raw.is_4xx(outcome) AS outcome = {};
CREATE OR REPLACE MACRO raw.is_5xx(outcome) AS outcome = {};
CREATE OR REPLACE MACRO raw.has_failed(outcome) AS outcome >= {};
CREATE OR REPLACE MACRO raw.is_error(outcome) AS outcome >= {};
CREATE OR REPLACE MACRO raw.has_status(outcome) AS outcome <> {};\n",
        from("4xx"),
        from("5xx"),
        from("broken off"),
        from("5xx"),
        from("no status")
    )
}

/// Lifecycle events one by one, as they were seen.
const FLOW_EVENTS: &str = "
CREATE OR REPLACE VIEW raw.flow_events AS
SELECT raw.instant(happened_us, happened_rest) AS happened_at, * FROM (
    SELECT connect_us AS happened_us, connect_rest AS happened_rest, flow_id, 'connect' AS kind, client_peer, server_peer, batch
    FROM raw.openings WHERE connect_us IS NOT NULL
    UNION ALL
    SELECT accept_us, accept_rest, flow_id, 'accept', client_peer, server_peer, batch FROM raw.openings WHERE accept_us IS NOT NULL
    UNION ALL
    SELECT established_us, established_rest, flow_id, 'established', client_peer, server_peer, batch
    FROM raw.openings WHERE established_us IS NOT NULL
    UNION ALL
    SELECT happened_us, happened_rest, flow_id, raw.ending_name(kind), client_peer, server_peer, batch FROM raw.endings
);
";

/// Exchanges with their instants and the class of their duration. Texts that are their page's are missing.
const TIMED_EXCHANGES: &str = "
CREATE OR REPLACE VIEW raw.timed_exchanges AS
SELECT x.*, raw.instant(started_us, started_rest) AS started_at, raw.instant(response_us, response_rest) AS response_at,
    raw.instant(coalesce(response_us, started_us) + finished_after_us, finished_rest) AS finished_at,
    CASE WHEN raw.has_status(outcome)
        THEN coalesce(response_us, started_us) - started_us + finished_after_us - (finished_rest < started_rest)::BIGINT END AS duration_us,
    CASE WHEN raw.has_status(outcome)
        THEN raw.class_of(coalesce(response_us, started_us) - started_us + finished_after_us - (finished_rest < started_rest)::BIGINT)
        END AS latency_class,
    raw.has_failed(outcome) AS failed
FROM raw.http_exchanges x;
";

/// Exchanges with addresses, names and texts: `http_exchanges` and what the store's own questions need besides.
const EXCHANGES: &str = "
CREATE OR REPLACE VIEW raw.exchanges AS
SELECT x.exchange_id, x.flow_id, (x.flow_id >> 40)::UINTEGER AS source_id,
    c.ip AS client_ip, x.client_port, s.ip AS server_ip, s.port AS server_port,
    c.service AS client_service, s.service AS server_service,
    x.started_at, x.response_at, x.finished_at, x.started_us, x.response_us,
    x.response_us - x.started_us - (x.response_rest < x.started_rest)::BIGINT AS ttfb_us, x.duration_us,
    raw.protocol_name(p.protocol) AS protocol, p.method, p.scheme, p.host,
    coalesce(x.decoded_target, x.target, p.decoded_target, p.target) AS target, coalesce(x.target, p.target) AS target_as_sent,
    nullif(coalesce(x.path, p.path, split_part(coalesce(x.target, p.target), '?', 1)), '') AS path,
    coalesce(x.status, p.status) AS status, x.grpc_status, x.request_messages, x.response_messages, x.stream_id,
    coalesce(x.request_headers, p.request_headers) AS request_headers,
    coalesce(x.response_headers, raw.dated(p.response_headers, raw.bucket_s(coalesce(x.response_us, x.started_us), 1) + x.date_after_s))
        AS response_headers,
    coalesce(x.request_body_bytes, p.request_body_bytes) AS request_body_bytes,
    coalesce(x.response_body_bytes, p.response_body_bytes) AS response_body_bytes,
    p.request_content_encoding, p.response_content_encoding, p.content_type, p.user_agent, x.x_forwarded_for,
    coalesce(x.origin_ip, c.ip) AS origin_ip, x.identity, p.identity_kind, x.trace_id, coalesce(x.complete, p.complete) AS complete,
    coalesce(x.error, p.error) AS error, c.process AS client_process, s.process AS server_process,
    x.ordinal, x.outcome, x.latency_class, x.failed, c.service_id AS client_id, s.service_id AS server_id
FROM raw.timed_exchanges x
JOIN raw.peer_names c ON c.peer_id = x.client_peer
JOIN raw.peer_names s ON s.peer_id = x.server_peer
JOIN raw.http_pages p ON p.page_id = x.page_id;
";

/// Hops of probes with what packets tell of them, and with what that changes of the whole result where `observed_result`.
const KNOWN_HOPS: &str = "
CREATE OR REPLACE VIEW raw.known_hops AS
SELECT h.* REPLACE (
        CASE WHEN o.observed THEN 1 ELSE h.reported END::UTINYINT AS reported,
        CASE WHEN o.number IS NULL THEN h.own_ns ELSE o.own_ns END AS own_ns,
        CASE WHEN o.number IS NULL THEN h.link_ns ELSE o.link_ns END AS link_ns,
        coalesce(o.received_at_ns, h.received_at_ns) AS received_at_ns
    ), o.number IS NOT NULL AS observed_result, o.unattributed_ns, coalesce(o.inconsistent, false) AS inconsistent
FROM raw.probe_hops h LEFT JOIN raw.probe_observed o
    ON o.number = h.number AND o.intended_us = h.intended_us AND o.position = h.position;
";

/// Flows with addresses and names: `flows` and what filters and grids need besides.
const NAMED_FLOWS: &str = "
CREATE OR REPLACE VIEW raw.named_flows AS
SELECT f.flow_id, (f.flow_id >> 40)::UINTEGER AS source_id, f.transport, c.ip AS client_ip, f.client_port, s.ip AS server_ip,
    s.port AS server_port, f.vlan, f.tunnel, c.service AS client_service, s.service AS server_service,
    coalesce(s.process, c.process) AS process, c.process AS client_process, s.process AS server_process, f.app_protocol, raw.instant(f.opened_us, f.opened_rest) AS opened_at,
    raw.instant(f.closed_us, f.closed_rest) AS closed_at, f.opened_us, f.closed_us, f.close_reason, f.handshake, f.direction_known,
    f.rtt_us, f.rtt_min_us, f.rtt_mean_us, f.rtt_max_us, f.client_packets, f.server_packets, f.client_bytes, f.server_bytes,
    f.client_missed_bytes, f.server_missed_bytes, f.client_retransmits, f.server_retransmits,
    f.client_out_of_order, f.server_out_of_order, f.client_keep_alives, f.server_keep_alives,
    f.client_zero_windows, f.server_zero_windows, f.client_conflicting_bytes, f.server_conflicting_bytes,
    coalesce(f.app_protocol IN ('tls', 'ssh', 'quic'), false) AS encrypted,
    f.upgraded_to, f.upgraded_client_bytes, f.upgraded_server_bytes, f.history,
    f.server_name, f.closed_us - f.opened_us - (f.closed_rest < f.opened_rest)::BIGINT AS duration_us,
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
    SELECT x.started_us AS happened_us, x.started_rest AS happened_rest, x.batch, x.client_peer, x.server_peer,
        raw.protocol_name(p.protocol) AS protocol, x.latency_class,
        0 AS connects, 0 AS accepts, 0 AS closes, 0 AS resets, 0 AS refused, 0 AS open_delta,
        1 AS requests, raw.is_4xx(x.outcome)::INTEGER AS errors_4xx, raw.is_5xx(x.outcome)::INTEGER AS errors_5xx,
        x.failed::INTEGER AS failed, coalesce(x.request_body_bytes, p.request_body_bytes) AS bytes_up,
        coalesce(x.response_body_bytes, p.response_body_bytes) AS bytes_down
    FROM raw.timed_exchanges x JOIN raw.http_pages p ON p.page_id = x.page_id
    UNION ALL
    SELECT happened_us, happened_rest, batch, client_peer, server_peer, NULL, NULL,
        (kind = 'connect')::INTEGER, (kind = 'accept')::INTEGER, (kind = 'close')::INTEGER, (kind = 'reset')::INTEGER,
        (kind = 'refused')::INTEGER,
        {open_delta},
        0, 0, 0, 0, 0, 0
    FROM raw.flow_events
    UNION ALL
    SELECT closed_us, closed_rest, batch, client_peer, server_peer, coalesce(app_protocol, transport), NULL,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, coalesce(upgraded_client_bytes, client_bytes), coalesce(upgraded_server_bytes, server_bytes)
    FROM raw.flows WHERE {untold_bytes};
";

/// Flows whose bytes no exchange tells.
pub(crate) const UNTOLD_BYTES: &str =
    "transport = 'tcp' AND (upgraded_to IS NOT NULL OR coalesce(app_protocol, '') NOT IN ('http', 'h2', 'grpc'))";

/// The same by service.
const FACTS: &str = "
CREATE OR REPLACE VIEW raw.facts AS
SELECT raw.instant(f.happened_us, f.happened_rest) AS happened_at, f.happened_us, f.batch, c.service_id AS client_id, s.service_id AS server_id, f.protocol, f.latency_class,
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
