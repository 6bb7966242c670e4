//! Forgetting: rows older than an instant are removed, a slice at a time, so that whoever appends never waits long.
//!
//! A slice is one small transaction. Its size follows from how long the last one took. Rows are in order of time nearly everywhere, so whole
//! row groups become free; the next checkpoint lets the file use their blocks again.
//!
//! What is still alive at the instant keeps what its state needs: the lifecycle events of flows that have not ended before. Everything that
//! is made of events can therefore be made anew at any time. Connections open at the instant are a keyframe.

use std::time::{Duration, Instant};

use super::{Writer, rollups::BY_SERVICE};
use crate::{
    error::Result,
    rows::SourceId,
    schema::{COUNTERS, KEYFRAME_S, OPEN_DELTA, WIDTHS_S},
};

/// How long a slice should take.
const AIM: Duration = Duration::from_millis(25);
const FIRST_ROWS: u64 = 4_000;
const LEAST_ROWS: u64 = 500;
const MOST_ROWS: u64 = 400_000;

/// Tables whose rows go by their own time, with an expression for it in microseconds. Roll-ups come after the keyframe that is made of them.
const BY_TIME: [(&str, &str, Unit); 10] = [
    ("http_exchanges", "started_us", Unit::Microseconds),
    ("flow_spans", "last_at", Unit::Timestamp),
    ("dns_queries", "happened_at", Unit::Timestamp),
    ("tls_handshakes", "happened_at", Unit::Timestamp),
    ("pulse", "bucket", Unit::Pulses),
    ("ingest_errors", "happened_at", Unit::Timestamp),
    ("ingest_attempts", "tried_at", Unit::Timestamp),
    ("self_metrics", "happened_at", Unit::Timestamp),
    ("lost_packets", "second", Unit::Seconds),
    ("keyframes", "frame_s", Unit::Seconds),
];

/// How a table says when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Microseconds,
    Seconds,
    Pulses,
    Timestamp,
}

impl Unit {
    /// The instant as the table would have it.
    fn literal(self, at_s: i64) -> String {
        match self {
            Self::Microseconds => format!("{}", at_s * 1_000_000),
            Self::Seconds => format!("{at_s}"),
            Self::Pulses => format!("{}", at_s * 1_000 / crate::schema::PULSE_MS),
            Self::Timestamp => format!("make_timestamp_ns({})", at_s * 1_000_000_000),
        }
    }
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Flows that ended before, with their lifecycle events.
    Flows,
    Keyframe,
    ByTime(usize),
    /// Roll-ups and histograms of a width.
    Rollup(usize, &'static str),
    /// Sums that stay, put together, and sources that have nothing any more.
    Rest,
    Done,
}

/// The way to forgetting everything before an instant. [`Writer::forget`] goes a step at a time.
#[derive(Debug)]
pub struct Forgetting {
    until_s: i64,
    /// Sources that are being captured: they stay, however long ago their last packet came.
    spared: Vec<SourceId>,
    step: Step,
    rows_at_once: u64,
    rows: u64,
    longest: Duration,
}

impl Forgetting {
    /// Nothing that is older than this instant stays, but for at most five minutes: instants are rounded to keyframes.
    pub fn before(at_ns: i64, spared: Vec<SourceId>) -> Self {
        let at_s = at_ns.div_euclid(1_000_000_000);
        let until_s = at_s.div_euclid(KEYFRAME_S) * KEYFRAME_S;
        Self { until_s, spared, step: Step::Flows, rows_at_once: FIRST_ROWS, rows: 0, longest: Duration::ZERO }
    }

    /// The oldest instant that is kept; nanoseconds since 1970.
    pub fn until_ns(&self) -> i64 {
        self.until_s * 1_000_000_000
    }

    /// Rows removed so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The longest that a slice has taken.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    fn next(&mut self) {
        let last_width = WIDTHS_S.len() - 1;
        self.rows_at_once = self.rows_at_once.min(FIRST_ROWS);
        self.step = match self.step {
            Step::Flows => Step::Keyframe,
            Step::Keyframe => Step::ByTime(0),
            Step::ByTime(table) if table + 1 < BY_TIME.len() => Step::ByTime(table + 1),
            Step::ByTime(_) => Step::Rollup(0, "rollup"),
            Step::Rollup(width, "rollup") => Step::Rollup(width, "histogram"),
            Step::Rollup(width, _) if width < last_width => Step::Rollup(width + 1, "rollup"),
            Step::Rollup(..) => Step::Rest,
            Step::Rest | Step::Done => Step::Done,
        };
    }

    fn took(&mut self, time: Duration, removed: u64) {
        self.rows += removed;
        self.longest = self.longest.max(time);
        if time > AIM {
            self.rows_at_once = (self.rows_at_once / 2).max(LEAST_ROWS);
        } else if time < AIM / 3 {
            self.rows_at_once = (self.rows_at_once * 2).min(MOST_ROWS);
        }
    }
}

impl Writer {
    /// Time of the oldest row of traffic, nanoseconds since 1970.
    pub fn oldest_ns(&self) -> Result<Option<i64>> {
        let sql = "SELECT min(us) FROM (SELECT min(started_us) AS us FROM raw.http_exchanges UNION ALL \
                   SELECT min(closed_us) FROM raw.flows UNION ALL SELECT min(epoch_us(last_at)) FROM raw.flow_spans \
                   UNION ALL SELECT min(epoch_us(happened_at)) FROM raw.dns_queries \
                   UNION ALL SELECT min(epoch_us(happened_at)) FROM raw.self_metrics)";
        let us: Option<i64> = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(us.map(|us| us.saturating_mul(1_000)))
    }

    /// Removes one slice of what is to be forgotten.
    pub fn forget(&mut self, forgetting: &mut Forgetting) -> Result<()> {
        let until_s = forgetting.until_s;
        loop {
            let began = Instant::now();
            let rows = forgetting.rows_at_once;
            let removed = match forgetting.step {
                Step::Done => return Ok(()),
                Step::Flows => self.in_transaction(|writer| writer.forget_flows(until_s, rows))?,
                Step::Keyframe => {
                    self.in_transaction(|writer| writer.keyframe_at(until_s))?;
                    0
                }
                Step::ByTime(table) => {
                    let (table, column, unit) = BY_TIME[table];
                    self.in_transaction(|writer| writer.forget_by(table, column, &unit.literal(until_s), rows))?
                }
                Step::Rollup(width, kind) => {
                    let table = format!("{kind}_{}s", WIDTHS_S[width]);
                    self.in_transaction(|writer| writer.forget_by(&table, "bucket_s", &until_s.to_string(), rows))?
                }
                Step::Rest => {
                    self.in_transaction(|writer| writer.settle(until_s, &forgetting.spared))?;
                    0
                }
            };
            forgetting.took(began.elapsed(), removed);
            if removed == 0 {
                forgetting.next();
            }
            // Looking where there is nothing costs next to nothing: no need to come back for that.
            if removed > 0 || began.elapsed() > AIM || forgetting.is_done() {
                return Ok(());
            }
        }
    }

    /// Removes rows before an instant, about as many as are wanted at once; gives how many.
    fn forget_by(&self, table: &str, column: &str, until: &str, rows: u64) -> Result<u64> {
        // The oldest lie first, so the look for them ends early.
        let oldest = format!("SELECT {column} FROM raw.{table} WHERE {column} < {until} LIMIT {rows}");
        let sql = format!("DELETE FROM raw.{table} WHERE {column} <= (SELECT max({column}) FROM ({oldest}))");
        Ok(self.connection.execute(&sql, [])? as u64)
    }

    fn forget_flows(&self, until_s: i64, rows: u64) -> Result<u64> {
        self.connection.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE ended AS \
             SELECT flow_id FROM raw.flows WHERE closed_us < {} LIMIT {rows};",
            until_s * 1_000_000
        ))?;
        let mut removed = 0;
        for table in ["openings", "endings", "flows"] {
            let sql = format!("DELETE FROM raw.{table} WHERE flow_id IN (SELECT flow_id FROM ended)");
            removed += self.connection.execute(&sql, [])? as u64;
        }
        self.connection.execute_batch("DROP TABLE ended")?;
        Ok(removed)
    }

    /// Makes the state at the instant a keyframe of its own: what it was made of goes. A connection whose flow has ended before without a
    /// word, as when its capture ended, is not open any more.
    fn keyframe_at(&self, until_s: i64) -> Result<()> {
        self.connection.execute_batch(&format!(
            "DELETE FROM raw.keyframes WHERE frame_s = {until_s};
             INSERT INTO raw.keyframes
                SELECT {until_s}, 0, 0, 0 UNION ALL
                SELECT {until_s}, c.service_id, s.service_id, sum({delta})::BIGINT AS n FROM raw.flow_events t {BY_SERVICE}
                WHERE happened_us < {} GROUP BY ALL HAVING n <> 0;",
            until_s * 1_000_000,
            delta = open_delta()
        ))?;
        Ok(())
    }

    fn settle(&self, until_s: i64, spared: &[SourceId]) -> Result<()> {
        let spared: String = spared.iter().map(|source| format!(" AND source_id <> {}", source.0)).collect();
        let minutes = WIDTHS_S[WIDTHS_S.len() - 1];
        let zeros = COUNTERS
            .map(|name| if name == "open_delta" { format!("sum({})::BIGINT", open_delta()) } else { "0".into() })
            .join(", ");
        self.connection.execute_batch(&format!(
            // What is still open is told by its minutes as well, for when keyframes are made anew.
            "DELETE FROM raw.rollup_{minutes}s WHERE bucket_s < {until_s};
             INSERT INTO raw.rollup_{minutes}s
                SELECT raw.bucket_s(t.happened_us, {minutes}), c.service_id, s.service_id, {zeros} FROM raw.flow_events t {BY_SERVICE}
                WHERE happened_us < {until_us} GROUP BY ALL;
             CREATE OR REPLACE TEMP TABLE tallies AS
                SELECT client_id, server_id, protocol, is_exchange, sum(n)::BIGINT AS n FROM raw.edge_protocols
                WHERE (client_id, server_id) IN (SELECT (client_id, server_id) FROM raw.rollup_{minutes}s) GROUP BY ALL;
             DELETE FROM raw.edge_protocols;
             INSERT INTO raw.edge_protocols SELECT * FROM tallies WHERE n > 0 ORDER BY ALL;
             DROP TABLE tallies;
             DELETE FROM raw.sources WHERE ended_at < make_timestamp_ns({until_us} * 1000){spared};
             UPDATE raw.sources SET started_at = least(ended_at, make_timestamp_ns({until_us} * 1000))
                WHERE started_at < make_timestamp_ns({until_us} * 1000);",
            until_us = until_s * 1_000_000,
        ))?;
        self.set_meta("kept_from_s", &until_s.to_string())
    }
}

/// [`OPEN_DELTA`] of rows called `t`: services have a kind as well.
fn open_delta() -> String {
    OPEN_DELTA.replace("kind", "t.kind")
}
