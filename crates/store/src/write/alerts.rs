//! Alerts: what came of readings, who is told, and what is remembered of each rule and subject, saved together.
//!
//! They have a connection of their own beside the one writer of traffic: their tables are their own, so neither waits for the other.

use std::sync::{Arc, PoisonError};

use duckdb::{
    Connection,
    arrow::{
        array::{
            ArrayRef, BooleanArray, Float64Array, StringArray, TimestampNanosecondArray, UInt32Array, UInt64Array,
        },
        record_batch::RecordBatch,
    },
    params,
};

use super::append_columns;
use crate::{error::Result, store::Shared};

/// Events that are looked for at once.
const TOLD_AT_ONCE: usize = 1_000;

/// An alert as it is saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SavedAlert {
    pub alert_id: String,
    pub rule: String,
    pub rule_name: String,
    pub kind: String,
    pub subject: String,
    pub opened_ns: i64,
    pub resolved_ns: Option<i64>,
    pub message: String,
    pub recovery_message: Option<String>,
    pub value: Option<f64>,
    pub acknowledged_ns: Option<i64>,
    pub note: String,
    pub told: bool,
    /// From when on its rule looked at readings when it opened.
    pub evidence_from_ns: i64,
}

/// Something that happened to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedAlertEvent {
    pub event_id: String,
    pub at_ns: i64,
    pub what: String,
    pub alert_id: String,
    pub rule: String,
    pub kind: String,
    pub subject: String,
    pub quiet: Option<String>,
    /// The event itself, until it is on its way to those who are to be told.
    pub untold: Option<String>,
}

/// What is remembered of a rule and a subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedAlertState {
    pub rule: String,
    pub kind: String,
    pub subject: String,
    /// `None` when nothing is to be remembered any more.
    pub record: Option<String>,
}

/// News of an alert on its way to one target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedDelivery {
    pub delivery_id: String,
    pub alert_id: String,
    pub target: String,
    pub event: String,
    pub state: String,
    pub attempts: u32,
    pub queued_ns: i64,
    pub next_ns: i64,
    pub finished_ns: Option<i64>,
    pub failure: Option<String>,
    /// All of it, to go on from.
    pub record: String,
}

/// What is saved at once. Of several with one id the last counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlertSaving {
    pub alerts: Vec<SavedAlert>,
    /// Those that are saved already are left as they are.
    pub events: Vec<SavedAlertEvent>,
    pub states: Vec<SavedAlertState>,
    pub deliveries: Vec<SavedDelivery>,
    /// Events whose deliveries are saved.
    pub told: Vec<String>,
    /// Everything that was measured before this instant is in the states.
    pub heard_to_ns: Option<i64>,
}

impl AlertSaving {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was saved, to go on from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SavedAlerts {
    /// Records of states.
    pub states: Vec<String>,
    /// Events that nobody is being told of yet, in their order.
    pub untold: Vec<String>,
    /// Records of deliveries that wait, and of the last that are done, in the order in which they were queued.
    pub deliveries: Vec<String>,
    /// Open alerts with the instant from which on their rule looked at readings.
    pub evidence: Vec<(String, i64)>,
    pub heard_to_ns: Option<i64>,
}

/// Saves alerts. There is one.
pub struct AlertWriter {
    connection: Connection,
    shared: Arc<Shared>,
    saved: u64,
}

impl AlertWriter {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Result<Self> {
        let saved = connection.query_row(
            "SELECT coalesce(max(saved), 0)::UBIGINT FROM (SELECT max(saved) AS saved FROM raw.alerts \
             UNION ALL SELECT max(saved) FROM raw.alert_states UNION ALL SELECT max(saved) FROM raw.alert_deliveries)",
            [],
            |row| row.get(0),
        )?;
        Ok(Self { connection, shared, saved })
    }

    /// What was saved; of deliveries that are done the last so many.
    pub fn saved(&self, done_deliveries: u32) -> Result<SavedAlerts> {
        let texts = |sql: &str| -> Result<Vec<String>> {
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<duckdb::Result<_>>()?)
        };
        let mut statement = self
            .connection
            .prepare("SELECT alert_id, epoch_ns(evidence_from) FROM raw.alerts WHERE resolved_at IS NULL")?;
        let evidence = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(SavedAlerts {
            states: texts("SELECT record FROM raw.alert_states ORDER BY rule, kind, subject")?,
            untold: texts(
                "SELECT untold FROM raw.alert_events WHERE untold IS NOT NULL ORDER BY happened_at, event_id",
            )?,
            deliveries: texts(&format!(
                "SELECT record FROM (SELECT record, queued_at, delivery_id FROM raw.alert_deliveries \
                 ORDER BY state = 'waiting' DESC, queued_at DESC LIMIT {done_deliveries} + \
                 (SELECT count(*) FROM raw.alert_deliveries WHERE state = 'waiting')) ORDER BY queued_at, delivery_id"
            ))?,
            evidence: evidence.collect::<duckdb::Result<_>>()?,
            heard_to_ns: self.connection.query_row(
                "SELECT epoch_ns(max(heard_to)) FROM raw.alert_mark",
                [],
                |row| row.get(0),
            )?,
        })
    }

    /// Saves all of it or nothing.
    pub fn save(&mut self, saving: &AlertSaving) -> Result<()> {
        if saving.is_empty() {
            return Ok(());
        }
        self.in_transaction(|connection, saved| {
            save_events(connection, &saving.events)?;
            replace(connection, "alerts", "alert_id", saved, alerts(&saving.alerts, saved))?;
            replace(connection, "alert_states", "(rule, kind, subject)", saved, states(&saving.states, saved))?;
            connection.execute_batch("DELETE FROM raw.alert_states WHERE record IS NULL")?;
            replace(connection, "alert_deliveries", "delivery_id", saved, deliveries(&saving.deliveries, saved))?;
            for some in saving.told.chunks(TOLD_AT_ONCE) {
                let marks = vec!["?"; some.len()].join(", ");
                let sql = format!("UPDATE raw.alert_events SET untold = NULL WHERE event_id IN ({marks})");
                connection.execute(&sql, duckdb::params_from_iter(some))?;
            }
            if let Some(heard_to_ns) = saving.heard_to_ns {
                connection.execute("DELETE FROM raw.alert_mark", [])?;
                connection.execute(
                    "INSERT INTO raw.alert_mark VALUES (make_timestamp_ns(?::BIGINT))",
                    params![heard_to_ns],
                )?;
            }
            Ok(())
        })
    }

    /// Writes a note on an alert, open or over; `false` when there is no such alert.
    pub fn note(&mut self, alert_id: &str, note: &str) -> Result<bool> {
        self.in_transaction(|connection, _| {
            Ok(connection.execute("UPDATE raw.alerts SET note = ? WHERE alert_id = ?", [note, alert_id])? > 0)
        })
    }

    fn in_transaction<T>(&mut self, work: impl FnOnce(&Connection, u64) -> Result<T>) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        // A checkpoint fails while somebody writes, and one of packets' rows must not.
        let _writes = shared.beside.read().unwrap_or_else(PoisonError::into_inner);
        self.connection.execute_batch("BEGIN")?;
        let done = work(&self.connection, self.saved + 1).and_then(|done| {
            self.connection.execute_batch("COMMIT")?;
            Ok(done)
        });
        match &done {
            Ok(_) => self.saved += 1,
            // The first error is what matters; a failed roll-back ends with the connection.
            Err(_) => drop(self.connection.execute_batch("ROLLBACK")),
        }
        done
    }
}

type Columns<'a> = Vec<(&'a str, ArrayRef)>;

/// Appends rows and removes those whose place they take.
fn replace(connection: &Connection, table: &str, key: &str, saved: u64, columns: Columns<'_>) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    append_columns(connection, table, columns)?;
    connection.execute_batch(&format!(
        "DELETE FROM raw.{table} WHERE saved < {saved} AND {key} IN (SELECT {key} FROM raw.{table} WHERE saved = {saved})"
    ))?;
    Ok(())
}

/// The last of every id.
fn last<'a, T, K: Eq + std::hash::Hash>(rows: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let mut met = std::collections::HashSet::new();
    let mut last: Vec<&'a T> = rows.iter().rev().filter(|row| met.insert(key(row))).collect();
    last.reverse();
    last
}

fn text<T>(rows: &[&T], of: fn(&T) -> &str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(|row| of(row))))
}

fn text_if<T>(rows: &[&T], of: fn(&T) -> Option<&str>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>())
}

fn instant<T>(rows: &[&T], of: fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(row)).collect::<TimestampNanosecondArray>())
}

fn saved_column(rows: usize, saved: u64) -> ArrayRef {
    Arc::new(UInt64Array::from(vec![saved; rows]))
}

fn alerts(all: &[SavedAlert], saved: u64) -> Columns<'_> {
    let rows = last(all, |row| &row.alert_id);
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        ("alert_id", text(&rows, |row| &row.alert_id)),
        ("rule", text(&rows, |row| &row.rule)),
        ("rule_name", text(&rows, |row| &row.rule_name)),
        ("kind", text(&rows, |row| &row.kind)),
        ("subject", text(&rows, |row| &row.subject)),
        ("opened_at", instant(&rows, |row| Some(row.opened_ns))),
        ("resolved_at", instant(&rows, |row| row.resolved_ns)),
        ("message", text(&rows, |row| &row.message)),
        ("recovery_message", text_if(&rows, |row| row.recovery_message.as_deref())),
        ("value", Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>())),
        ("acknowledged_at", instant(&rows, |row| row.acknowledged_ns)),
        ("note", text(&rows, |row| &row.note)),
        ("told", Arc::new(rows.iter().map(|row| Some(row.told)).collect::<BooleanArray>())),
        ("evidence_from", instant(&rows, |row| Some(row.evidence_from_ns))),
        ("saved", saved_column(rows.len(), saved)),
    ]
}

fn states(all: &[SavedAlertState], saved: u64) -> Columns<'_> {
    let rows = last(all, |row| (&row.rule, &row.kind, &row.subject));
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        ("rule", text(&rows, |row| &row.rule)),
        ("kind", text(&rows, |row| &row.kind)),
        ("subject", text(&rows, |row| &row.subject)),
        ("record", text_if(&rows, |row| row.record.as_deref())),
        ("saved", saved_column(rows.len(), saved)),
    ]
}

fn deliveries(all: &[SavedDelivery], saved: u64) -> Columns<'_> {
    let rows = last(all, |row| &row.delivery_id);
    if rows.is_empty() {
        return Vec::new();
    }
    vec![
        ("delivery_id", text(&rows, |row| &row.delivery_id)),
        ("alert_id", text(&rows, |row| &row.alert_id)),
        ("target", text(&rows, |row| &row.target)),
        ("event", text(&rows, |row| &row.event)),
        ("state", text(&rows, |row| &row.state)),
        ("attempts", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.attempts)))),
        ("queued_at", instant(&rows, |row| Some(row.queued_ns))),
        ("next_at", instant(&rows, |row| Some(row.next_ns))),
        ("finished_at", instant(&rows, |row| row.finished_ns)),
        ("failure", text_if(&rows, |row| row.failure.as_deref())),
        ("record", text(&rows, |row| &row.record)),
        ("saved", saved_column(rows.len(), saved)),
    ]
}

/// Appends events that are not there yet: a replay brings some again.
fn save_events(connection: &Connection, events: &[SavedAlertEvent]) -> Result<()> {
    let rows = last(events, |row| &row.event_id);
    if rows.is_empty() {
        return Ok(());
    }
    let columns: Columns<'_> = vec![
        ("event_id", text(&rows, |row| &row.event_id)),
        ("happened_at", instant(&rows, |row| Some(row.at_ns))),
        ("what", text(&rows, |row| &row.what)),
        ("alert_id", text(&rows, |row| &row.alert_id)),
        ("rule", text(&rows, |row| &row.rule)),
        ("kind", text(&rows, |row| &row.kind)),
        ("subject", text(&rows, |row| &row.subject)),
        ("quiet", text_if(&rows, |row| row.quiet.as_deref())),
        ("untold", text_if(&rows, |row| row.untold.as_deref())),
    ];
    connection
        .execute_batch("CREATE OR REPLACE TEMP TABLE events_to_save AS SELECT * FROM raw.alert_events LIMIT 0")?;
    let batch = RecordBatch::try_from_iter(columns).expect("all columns are made from one list");
    let mut appender = connection.appender_to_catalog_and_db("events_to_save", "temp", "main")?;
    appender.append_record_batch(batch)?;
    appender.flush()?;
    drop(appender);
    connection.execute_batch(
        "INSERT INTO raw.alert_events SELECT * FROM events_to_save e \
         WHERE NOT EXISTS (SELECT 1 FROM raw.alert_events o WHERE o.event_id = e.event_id); DROP TABLE events_to_save",
    )?;
    Ok(())
}
