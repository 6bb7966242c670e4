//! Alerts: their tables and views. They are few and stay for ever, so they are replaced in place, by their ids.

use super::{View, column};

/// `saved` numbers the savings: what was saved later takes the place of what has the same id.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS raw.alerts (alert_id VARCHAR, rule VARCHAR, rule_name VARCHAR, kind VARCHAR, subject VARCHAR,
    opened_at TIMESTAMP_NS, resolved_at TIMESTAMP_NS, message VARCHAR, recovery_message VARCHAR, value DOUBLE,
    acknowledged_at TIMESTAMP_NS, note VARCHAR, told BOOLEAN, evidence_from TIMESTAMP_NS, saved UBIGINT);
CREATE TABLE IF NOT EXISTS raw.alert_events (event_id VARCHAR, happened_at TIMESTAMP_NS, what VARCHAR, alert_id VARCHAR, rule VARCHAR,
    kind VARCHAR, subject VARCHAR, quiet VARCHAR, untold VARCHAR);
CREATE TABLE IF NOT EXISTS raw.alert_states (rule VARCHAR, kind VARCHAR, subject VARCHAR, record VARCHAR, saved UBIGINT);
CREATE TABLE IF NOT EXISTS raw.alert_deliveries (delivery_id VARCHAR, alert_id VARCHAR, target VARCHAR, event VARCHAR, state VARCHAR,
    attempts UINTEGER, queued_at TIMESTAMP_NS, next_at TIMESTAMP_NS, finished_at TIMESTAMP_NS, failure VARCHAR, record VARCHAR,
    saved UBIGINT);
CREATE TABLE IF NOT EXISTS raw.alert_mark (heard_to TIMESTAMP_NS);
CREATE OR REPLACE VIEW raw.quiet_alerts AS
SELECT alert_id, coalesce(arg_min(quiet, happened_at) FILTER (quiet <> 'never_told'), any_value(quiet)) AS quiet
FROM raw.alert_events WHERE quiet IS NOT NULL GROUP BY alert_id;
";

pub(super) fn alerts() -> View {
    View {
        name: "alerts",
        parameters: &[],
        about: "An alert's life. Alerts stay for ever; they are in the live recording.",
        columns: vec![
            column("alert_id", "VARCHAR", "Follows from its rule, its subject and the instant it opened."),
            column("rule", "VARCHAR", "Id of the rule."),
            column("rule_name", "VARCHAR", "What the rule was called."),
            column("kind", "VARCHAR", "What its subject is: `website`, `probe`, `wirereel`."),
            column("subject", "VARCHAR", "Name of whom it is about."),
            column("state", "VARCHAR", "`open` or `resolved`."),
            column("opened_at", "TIMESTAMP_NS", "When its rule's condition was met."),
            column("resolved_at", "TIMESTAMP_NS", "When it was over; NULL while it is open."),
            column("message", "VARCHAR", "What was said when it opened."),
            column("recovery_message", "VARCHAR", "What was said when it was over."),
            column("value", "DOUBLE", "The number that opened it, as its condition counts it."),
            column("acknowledged_at", "TIMESTAMP_NS", "When somebody said that they know."),
            column("note", "VARCHAR", "What people noted."),
            column("quiet", "VARCHAR", "Why nobody was told of something: `silenced`, `maintenance`, `never_told` or `removed`."),
            column("evidence_from", "TIMESTAMP_NS", "From when on its rule looked at readings when it opened."),
        ],
        sql: "SELECT a.alert_id, rule, rule_name, kind, subject, CASE WHEN resolved_at IS NULL THEN 'open' ELSE 'resolved' END, \
              opened_at, resolved_at, message, recovery_message, value, acknowledged_at, note, q.quiet, evidence_from \
              FROM raw.alerts a LEFT JOIN raw.quiet_alerts q ON q.alert_id = a.alert_id"
            .into(),
    }
}

pub(super) fn alert_events() -> View {
    View {
        name: "alert_events",
        parameters: &[],
        about: "Something that happened to an alert, or would have, had there been no maintenance.",
        columns: vec![
            column("at", "TIMESTAMP_NS", "When."),
            column("what", "VARCHAR", "`opened`, `reminded`, `resolved` or `suppressed`."),
            column("alert_id", "VARCHAR", "Whose; nobody's for `suppressed`."),
            column("rule", "VARCHAR", "Id of the rule."),
            column("kind", "VARCHAR", "What the subject is."),
            column("subject", "VARCHAR", "Name of whom it is about."),
            column("quiet", "VARCHAR", "Why nobody is told; NULL when somebody is."),
        ],
        sql: "SELECT happened_at, what, alert_id, rule, kind, subject, quiet FROM raw.alert_events".into(),
    }
}

pub(super) fn alert_deliveries() -> View {
    View {
        name: "alert_deliveries",
        parameters: &[],
        about: "News of an alert on its way to one target.",
        columns: vec![
            column("alert_id", "VARCHAR", "Of which alert."),
            column("event", "VARCHAR", "`opened`, `reminded` or `resolved`."),
            column("target", "VARCHAR", "Id of the target."),
            column("state", "VARCHAR", "`waiting`, `sent`, or `failed` when it was given up."),
            column("attempts", "UINTEGER", "Attempts that have ended."),
            column("queued_at", "TIMESTAMP_NS", "Since when it is on its way."),
            column("next_at", "TIMESTAMP_NS", "Not tried before this; NULL when it is done."),
            column("finished_at", "TIMESTAMP_NS", "When it was sent or given up."),
            column("failure", "VARCHAR", "Why the last attempt failed, without the address."),
        ],
        sql: "SELECT alert_id, event, target, state, attempts, queued_at, CASE WHEN state = 'waiting' THEN next_at END, finished_at, \
              failure FROM raw.alert_deliveries"
            .into(),
    }
}
