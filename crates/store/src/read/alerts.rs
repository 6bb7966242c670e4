//! Alerts: pages of them, and the instants at which they opened and were over.

use std::collections::HashMap;

use duckdb::{Row, types::Value};
use wirereel_query::{
    alerts::{AlertDelivery, AlertFilter, AlertRow, AlertSubject, AlertsQuestion, DeliveryState},
    answer::FoundEvent,
    question::{Direction, NextEventQuestion, TimeRange},
};

use super::Reader;
use crate::error::Result;

/// Most rows of an answer.
const MOST_ROWS: u32 = 500;

/// A part of the alerts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlertPage {
    /// Open ones, whatever was asked, and those of them that nobody acknowledged.
    pub open: u32,
    pub unacknowledged: u32,
    /// How many the question means.
    pub total: u32,
    pub rows: Vec<AlertRow>,
}

/// How deliveries to a target went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetFigures {
    pub waiting: u32,
    pub sent: u64,
    pub failed: u64,
    /// Of the last delivery that was tried, if that failed.
    pub error: Option<String>,
    /// When one was last sent or given up.
    pub last_us: Option<i64>,
}

impl Reader {
    /// A page of alerts, latest first. Of those that are open, evidence ends at `now_us`. Silences are not told of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn alerts(&self, question: &AlertsQuestion, now_us: i64) -> Result<AlertPage> {
        let (condition, params) = condition(question);
        let counts = format!(
            "SELECT count(*) FILTER (resolved_at IS NULL)::UINTEGER, \
             count(*) FILTER (resolved_at IS NULL AND acknowledged_at IS NULL)::UINTEGER, \
             count(*) FILTER ({condition})::UINTEGER FROM raw.alerts"
        );
        let counted = self.first(&counts, duckdb::params_from_iter(params.clone()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let (open, unacknowledged, total) = counted.unwrap_or_default();
        let page = format!(
            "SELECT alert_id, rule, rule_name, kind, subject, epoch_ns(opened_at) // 1000, epoch_ns(resolved_at) // 1000, message, \
             recovery_message, value, epoch_ns(acknowledged_at) // 1000, note, quiet, epoch_ns(evidence_from) // 1000 FROM alerts \
             WHERE {condition} ORDER BY opened_at DESC, alert_id LIMIT {} OFFSET {}",
            question.limit.min(MOST_ROWS),
            question.offset
        );
        let mut rows = self.rows(&page, duckdb::params_from_iter(params), |row| alert(row, now_us))?;
        let mut deliveries = self.deliveries_of(&rows)?;
        for row in &mut rows {
            row.deliveries = deliveries.remove(&row.alert_id).unwrap_or_default();
        }
        Ok(AlertPage { open, unacknowledged, total, rows })
    }

    /// How deliveries went, by target.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn alert_targets(&self) -> Result<HashMap<String, TargetFigures>> {
        let sql = "SELECT target, count(*) FILTER (state = 'waiting')::UINTEGER, count(*) FILTER (state = 'sent')::UBIGINT, \
                   count(*) FILTER (state = 'failed')::UBIGINT, \
                   arg_max(coalesce(failure, ''), coalesce(finished_at, queued_at)) FILTER (attempts > 0 OR state <> 'waiting'), \
                   epoch_ns(max(finished_at)) // 1000 FROM raw.alert_deliveries GROUP BY target";
        let rows = self.rows(sql, [], |row| {
            let failure: Option<String> = row.get(4)?;
            let figures = TargetFigures {
                waiting: row.get(1)?,
                sent: row.get(2)?,
                failed: row.get(3)?,
                error: failure.filter(|failure| !failure.is_empty()),
                last_us: row.get(5)?,
            };
            Ok((row.get::<_, String>(0)?, figures))
        })?;
        Ok(rows.into_iter().collect())
    }

    fn deliveries_of(&self, alerts: &[AlertRow]) -> Result<HashMap<String, Vec<AlertDelivery>>> {
        if alerts.is_empty() {
            return Ok(HashMap::new());
        }
        let marks = vec!["?"; alerts.len()].join(", ");
        let sql = format!(
            "SELECT alert_id, target, event, state, attempts, failure, epoch_ns(finished_at) // 1000, epoch_ns(next_at) // 1000 \
             FROM raw.alert_deliveries WHERE alert_id IN ({marks}) ORDER BY queued_at, delivery_id"
        );
        let ids = alerts.iter().map(|alert| Value::Text(alert.alert_id.clone()));
        let mut by_alert: HashMap<String, Vec<AlertDelivery>> = HashMap::new();
        self.each(&sql, duckdb::params_from_iter(ids), |row| {
            let state: String = row.get(3)?;
            let state = match state.as_str() {
                "sent" => DeliveryState::Sent,
                "failed" => DeliveryState::Failed,
                _ => DeliveryState::Waiting,
            };
            let next: Option<i64> = row.get(7)?;
            by_alert.entry(row.get(0)?).or_default().push(AlertDelivery {
                target: row.get(1)?,
                event: row.get(2)?,
                state,
                attempts: row.get(4)?,
                error: row.get(5)?,
                at_us: row.get(6)?,
                next_attempt_us: next.filter(|_| state == DeliveryState::Waiting),
            });
            Ok(())
        })?;
        Ok(by_alert)
    }

    /// The nearest instant, not the given one itself, at which an alert opened or was over.
    pub(super) fn next_alert(&self, question: &NextEventQuestion) -> Result<Option<FoundEvent>> {
        // Instants are shown in microseconds, so everything inside the asked one is where the playhead already stands.
        let (beyond, way) = match question.direction {
            Direction::Forward => (">", "ASC"),
            Direction::Backward => ("<", "DESC"),
        };
        let sql = format!(
            "SELECT at_us, said FROM (\
             SELECT epoch_ns(opened_at) // 1000 AS at_us, message AS said, alert_id FROM raw.alerts UNION ALL \
             SELECT epoch_ns(resolved_at) // 1000, coalesce(recovery_message, message), alert_id FROM raw.alerts \
             WHERE resolved_at IS NOT NULL) WHERE at_us {beyond} ? ORDER BY at_us {way}, alert_id LIMIT 1"
        );
        self.first(&sql, [question.from_us], |row| {
            Ok(FoundEvent { at_us: row.get(0)?, label: row.get(1)?, exchange_id: None })
        })
    }
}

fn alert(row: &Row<'_>, now_us: i64) -> duckdb::Result<AlertRow> {
    let resolved_us: Option<i64> = row.get(6)?;
    Ok(AlertRow {
        alert_id: row.get(0)?,
        rule: row.get(1)?,
        rule_name: row.get(2)?,
        subject: AlertSubject { kind: row.get(3)?, name: row.get(4)? },
        opened_us: row.get(5)?,
        resolved_us,
        message: row.get(7)?,
        recovery_message: row.get(8)?,
        value: row.get(9)?,
        acknowledged_us: row.get(10)?,
        note: row.get(11)?,
        silenced_until_us: None,
        quiet: row.get(12)?,
        evidence: TimeRange { from_us: row.get(13)?, to_us: resolved_us.unwrap_or(now_us) },
        deliveries: Vec::new(),
    })
}

/// Which alerts a question means.
fn condition(question: &AlertsQuestion) -> (String, Vec<Value>) {
    let (mut parts, mut params) = (vec!["TRUE".to_owned()], Vec::new());
    if let Some(range) = question.range {
        parts.push(
            "epoch_ns(opened_at) // 1000 < ? AND (resolved_at IS NULL OR epoch_ns(resolved_at) // 1000 >= ?)".into(),
        );
        params.extend([Value::BigInt(range.to_us), Value::BigInt(range.from_us)]);
    }
    match question.which {
        AlertFilter::All => {}
        AlertFilter::Open => parts.push("resolved_at IS NULL".into()),
        AlertFilter::Resolved => parts.push("resolved_at IS NOT NULL".into()),
    }
    if let Some(subject) = &question.subject {
        parts.push("kind = ? AND subject = ?".into());
        params.extend([Value::Text(subject.kind.clone()), Value::Text(subject.name.clone())]);
    }
    if let Some(search) = question.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        parts.push("(contains(lower(subject), lower(?)) OR contains(lower(message), lower(?)))".into());
        params.extend([Value::Text(search.to_owned()), Value::Text(search.to_owned())]);
    }
    (parts.join(" AND "), params)
}
