//! Views of website checks.

use super::{Column, View, column};

/// What came of a check, as it is counted.
pub(super) const MACROS: &str = "
CREATE OR REPLACE MACRO raw.check_state(code) AS ['up', 'down', 'overrun', 'self_offline'][code + 1];
CREATE OR REPLACE MACRO raw.check_outcome(state, status, failure) AS CASE
    WHEN state > 1 THEN NULL
    WHEN failure IS NULL OR failure = 'status' THEN coalesce(status::VARCHAR, 'ok')
    ELSE failure END;
";

/// Sums over rows of `raw.check_results` named `r`, in the order of [`stats_columns`].
const SUMS: &str = "coalesce(sum(r.instants) FILTER (r.state = 0), 0)::UBIGINT AS up,
    coalesce(sum(r.instants) FILTER (r.state = 1), 0)::UBIGINT AS down,
    coalesce(sum(r.instants) FILTER (r.state = 2), 0)::UBIGINT AS overruns,
    coalesce(sum(r.instants) FILTER (r.state = 3), 0)::UBIGINT AS self_offline,
    up / nullif(up + down, 0) AS availability,
    avg(r.response_us) FILTER (r.state < 2) AS response_avg_us, max(r.response_us) FILTER (r.state < 2) AS response_max_us,
    avg(r.ttfb_us) FILTER (r.state < 2) AS ttfb_avg_us, max(r.ttfb_us) FILTER (r.state < 2) AS ttfb_max_us,
    histogram(raw.check_outcome(r.state, r.status, r.failure)) FILTER (r.state < 2) AS outcomes";

pub(super) fn views() -> [View; 3] {
    [results(), stats(), stats_between()]
}

fn results() -> View {
    View {
        name: "check_results",
        parameters: &[],
        about: "What came of an instant at which a website was to be checked. Removed when it is older than what is kept of live capture, but \
                never within three hours.",
        columns: vec![
            column("website", "VARCHAR", "Its name in `wirereel.json`; without one, its URL."),
            column("intended_at", "TIMESTAMP_NS", "When the check was to begin."),
            column("at", "TIMESTAMP_NS", "When it began, or when it was seen that it does not."),
            column("ok", "BOOLEAN", "Whether it is up; NULL where that is not known."),
            column("state", "VARCHAR", "`up`, `down`, `overrun` (there was no check) or `self_offline` (this machine could not check)."),
            column("instants", "UINTEGER", "Intended instants that it stands for: one, but for a time in which there was no checking."),
            column("status", "USMALLINT", "Status of the last answer."),
            column("failure", "VARCHAR", "Kind of failure, such as `timeout`."),
            column("error", "VARCHAR", "Why it is down or was not made, a sentence."),
            column("dns_us", "UBIGINT", "Looking the name up. As with all phases, NULL where it did not happen or did not end."),
            column("connect_us", "UBIGINT", "The TCP handshake."),
            column("proxy_us", "UBIGINT", "The proxy's answer to CONNECT."),
            column("tls_us", "UBIGINT", "The TLS handshake."),
            column("write_us", "UBIGINT", "Writing the request."),
            column("ttfb_us", "UBIGINT", "From the request's last byte to the answer's first."),
            column("transfer_us", "UBIGINT", "From the answer's first byte to its last."),
            column("unattributed_us", "UBIGINT", "What no phase explains."),
            column("stopped_in", "VARCHAR", "The phase in which it was stopped."),
            column("stopped_after_us", "UBIGINT", "How long that phase had gone on."),
            column("total_us", "UBIGINT", "From the first moment to the last byte, or to the failure."),
            column("response_us", "UBIGINT", "The same where a whole answer came; this is what response times are made of."),
            column("http_version", "VARCHAR", "Such as `http/1.1`."),
            column("remote", "VARCHAR", "Address and port that were connected to; a proxy's, when there is one."),
            column("local", "VARCHAR", "Address and port that it came from: those of the flow's client."),
            column("body_bytes", "UBIGINT", "Bytes of the last answer's body that were read."),
            column("reused_connection", "BOOLEAN", "The connection of the check before was used."),
            column("tls_version", "VARCHAR", "Such as `TLS 1.3`."),
            column("tls_cipher", "VARCHAR", "The cipher suite."),
            column("certificate", "VARCHAR", "The server's certificate as JSON: subject, issuer, not_after_us."),
            column("hops", "VARCHAR", "Every request as JSON, when there was more than one."),
        ],
        sql: "SELECT w.name, make_timestamp_ns(r.intended_us * 1000), make_timestamp_ns(r.at_us * 1000), \
              CASE r.state WHEN 0 THEN true WHEN 1 THEN false END, raw.check_state(r.state), r.instants, r.status, r.failure, r.reason, \
              r.dns_us, r.connect_us, r.proxy_us, r.tls_us, r.write_us, r.ttfb_us, r.transfer_us, r.unattributed_us, r.stopped_in, \
              r.stopped_after_us, r.total_us, r.response_us, r.http_version, r.remote, r.local, r.body_bytes, \
              coalesce(r.reused_connection, false), r.tls_version, r.tls_cipher, r.certificate, r.hops \
              FROM raw.check_results r JOIN raw.check_websites w ON w.website_id = r.website_id"
            .into(),
    }
}

fn stats_columns() -> Vec<Column> {
    vec![
        column("up", "UBIGINT", "Checks that found it up."),
        column("down", "UBIGINT", "Checks that found it down."),
        column("overruns", "UBIGINT", "Instants without a check; no part of availability."),
        column(
            "self_offline",
            "UBIGINT",
            "Instants at which this machine slept or had no network; no part of availability.",
        ),
        column("availability", "DOUBLE", "up / (up + down); NULL without either."),
        column("response_avg_us", "DOUBLE", "Mean time until the whole answer was there."),
        column("response_max_us", "UBIGINT", "The longest."),
        column("ttfb_avg_us", "DOUBLE", "Mean time from the request's last byte to the answer's first."),
        column("ttfb_max_us", "UBIGINT", "The longest."),
        column(
            "outcomes",
            "MAP(VARCHAR, UBIGINT)",
            "What came of checks, by how often: a status, `ok` where there is none to be had, or a kind of failure.",
        ),
    ]
}

fn stats() -> View {
    let mut columns =
        vec![column("website", "VARCHAR", "Its name."), column("hour", "TIMESTAMP_NS", "Begin of the hour, UTC.")];
    columns.extend(stats_columns());
    View {
        name: "check_stats",
        parameters: &[],
        about: "A website in an hour. Hours stay for 400 days, when their results are long gone.",
        columns,
        sql: format!(
            "WITH closed AS (SELECT coalesce(max(hour_s) + 3600, 0) AS until_s FROM raw.check_hours)
            SELECT w.name, make_timestamp_ns(h.hour_s * 1000000000), h.up, h.down, h.overruns, h.self_offline,
                h.up / nullif(h.up + h.down, 0), h.response_sum_us / nullif(h.responses, 0), h.response_max_us,
                h.ttfb_sum_us / nullif(h.ttfbs, 0), h.ttfb_max_us, map(h.outcomes, h.outcome_counts::UBIGINT[])
            FROM raw.check_hours h JOIN raw.check_websites w ON w.website_id = h.website_id
            UNION ALL
            SELECT w.name, make_timestamp_ns(o.hour_s * 1000000000), o.* EXCLUDE (website_id, hour_s) FROM (
                SELECT r.website_id, raw.bucket_s(r.intended_us, 3600::BIGINT) AS hour_s, {SUMS} FROM raw.check_results r, closed
                WHERE r.intended_us >= closed.until_s * 1000000 GROUP BY 1, 2
            ) o JOIN raw.check_websites w ON w.website_id = o.website_id"
        ),
    }
}

fn stats_between() -> View {
    let mut columns = vec![column("website", "VARCHAR", "Its name.")];
    columns.extend(stats_columns());
    columns.extend([
        column("response_p50_us", "UBIGINT", "Median time until the whole answer was there."),
        column("response_p95_us", "UBIGINT", "95th percentile."),
        column("response_p99_us", "UBIGINT", "99th percentile."),
    ]);
    View {
        name: "check_stats_between",
        parameters: &["from_at", "to_at"],
        about: "A website over a range, of single results: `SELECT * FROM check_stats_between(TIMESTAMP_NS '…', NULL)`; NULL is open.",
        columns,
        sql: format!(
            "SELECT w.name AS website, o.* EXCLUDE (website_id) FROM (
                SELECT r.website_id, {SUMS}, quantile_disc(r.response_us, 0.5) FILTER (r.state < 2) AS response_p50_us,
                    quantile_disc(r.response_us, 0.95) FILTER (r.state < 2) AS response_p95_us,
                    quantile_disc(r.response_us, 0.99) FILTER (r.state < 2) AS response_p99_us
                FROM raw.check_results r
                WHERE r.intended_us >= coalesce(epoch_us(from_at::TIMESTAMP_NS), -9223372036854775807)
                    AND r.intended_us < coalesce(epoch_us(to_at::TIMESTAMP_NS), 9223372036854775807)
                GROUP BY 1
            ) o JOIN raw.check_websites w ON w.website_id = o.website_id ORDER BY w.name"
        ),
    }
}
