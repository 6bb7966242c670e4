//! Roll-ups: sums per edge and bucket, appended as rows come in.
//!
//! A roll-up row is additive: an exchange that ends long after its bucket closed adds another row for the same bucket and
//! edge, and whoever reads sums. So nothing is ever updated, and rows count once however late they come.
//!
//! A width is stored only where it has far fewer rows than there are events: with thousands of edges and a request now and then on each,
//! a second per edge says no less than the events themselves and would take as much room. Questions then read wider buckets and events.

use super::Writer;
use crate::{
    error::Result,
    schema::{COUNTERS, WIDTHS_S, counter_sums},
};

/// Batches that are taken in at once: about two million events, so that memory stays bounded whatever was written.
const BATCHES_AT_ONCE: u32 = 32;

/// A width is kept while it has at most one row for so many events.
const EVENTS_PER_ROW: u64 = 32;

/// Rows of a width that are kept however few events there are: they cost little.
const ROWS_FOR_NOTHING: u64 = 200_000;

impl Writer {
    /// Adds everything written since the last time to the roll-ups, and keyframes where they are due.
    pub fn refresh_rollups(&mut self) -> Result<()> {
        let mut changed_from_s: Option<i64> = None;
        while self.rolled_up_to < self.next_batch {
            let to = self.next_batch.min(self.rolled_up_to + BATCHES_AT_ONCE);
            let from_s = self.in_transaction(|writer| {
                let from_s = writer.add_batches(writer.rolled_up_to, to)?;
                writer.set_meta("rolled_up_to", &to.to_string())?;
                if to == writer.next_batch {
                    let earliest = [changed_from_s, from_s].into_iter().flatten().min();
                    if let Some(from_s) = earliest {
                        writer.follow_with_keyframes(from_s)?;
                    }
                }
                Ok(from_s)
            })?;
            changed_from_s = [changed_from_s, from_s].into_iter().flatten().min();
            self.rolled_up_to = to;
            self.naming.rolled_up();
        }
        Ok(())
    }

    /// Makes all roll-ups anew, after names have changed.
    pub fn rebuild_rollups(&mut self) -> Result<()> {
        self.in_transaction(|writer| {
            let mut sql = String::from("DELETE FROM raw.edge_protocols; DELETE FROM raw.keyframes; DELETE FROM raw.rollup_widths;");
            for width in WIDTHS_S {
                sql += &format!(
                    "DELETE FROM raw.rollup_{width}s; DELETE FROM raw.histogram_{width}s; INSERT INTO raw.rollup_widths VALUES ({width});"
                );
            }
            writer.connection.execute_batch(&sql)?;
            writer.set_meta("rolled_up_to", "0")
        })?;
        self.rolled_up_to = 0;
        self.refresh_rollups()
    }

    /// Adds batches from one on and before another, and gives the second of the first thing in them.
    fn add_batches(&mut self, from: u32, to: u32) -> Result<Option<i64>> {
        let widths = self.stored_widths()?;
        let finest = widths.first().copied().unwrap_or(WIDTHS_S[WIDTHS_S.len() - 1]);
        self.connection.execute_batch(&gather(finest, from, to))?;
        for &width in &widths {
            if self.pays(width)? {
                self.connection.execute_batch(&add(width))?;
            } else {
                self.connection.execute_batch(&give_up(width))?;
            }
        }
        let from_s = self.connection.query_row("SELECT min(bucket_s) FROM fresh", [], |row| row.get(0))?;
        self.connection.execute_batch("DROP TABLE fresh; DROP TABLE fresh_latency;")?;
        Ok(from_s)
    }

    /// Widths that are stored, finest first.
    fn stored_widths(&self) -> Result<Vec<i64>> {
        let mut statement = self.connection.prepare("SELECT width_s FROM raw.rollup_widths ORDER BY width_s")?;
        let widths = statement.query_map([], |row| row.get(0))?;
        Ok(widths.collect::<std::result::Result<_, _>>()?)
    }

    /// Whether a width stays worth its room with what was gathered. The widest always does: everything else is built on it.
    fn pays(&self, width: i64) -> Result<bool> {
        if width == WIDTHS_S[WIDTHS_S.len() - 1] {
            return Ok(true);
        }
        let sql = format!(
            "SELECT ((SELECT count(*) FROM raw.rollup_{width}s) + \
             (SELECT count(*) FROM (SELECT DISTINCT bucket_s - bucket_s % {width}, client_id, server_id FROM fresh)))::UBIGINT, \
             ((SELECT count(*) FROM raw.http_exchanges) + 3 * (SELECT count(*) FROM raw.openings) \
             + (SELECT count(*) FROM raw.endings))::UBIGINT"
        );
        let (rows, events): (u64, u64) = self.connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows <= ROWS_FOR_NOTHING || rows.saturating_mul(EVENTS_PER_ROW) <= events)
    }
}

/// Sums of batches by the finest stored width, with names instead of peers.
fn gather(finest: i64, from: u32, to: u32) -> String {
    let sums = counter_sums();
    let by_service =
        "JOIN raw.peer_names c ON c.peer_id = t.client_peer JOIN raw.peer_names s ON s.peer_id = t.server_peer";
    format!(
        "CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT bucket_s, c.service_id AS client_id, s.service_id AS server_id, {sums} FROM (
                SELECT raw.bucket_s(happened_us, {finest}) AS bucket_s, client_peer, server_peer, {sums} FROM raw.peer_facts
                WHERE batch >= {from} AND batch < {to} GROUP BY ALL) t {by_service} GROUP BY ALL;
         CREATE OR REPLACE TEMP TABLE fresh_latency AS
            SELECT bucket_s, c.service_id AS client_id, s.service_id AS server_id, class, sum(n)::UINTEGER AS n FROM (
                SELECT raw.bucket_s(started_us, {finest}) AS bucket_s, client_peer, server_peer, latency_class AS class, count(*) AS n
                FROM raw.timed_exchanges WHERE batch >= {from} AND batch < {to} AND status IS NOT NULL GROUP BY ALL
            ) t {by_service} GROUP BY ALL;
         INSERT INTO raw.edge_protocols
            SELECT c.service_id, s.service_id, t.protocol, is_exchange, sum(n)::BIGINT FROM (
                SELECT client_peer, server_peer, raw.protocol_name(protocol) AS protocol, true AS is_exchange, count(*) AS n
                FROM raw.http_exchanges WHERE batch >= {from} AND batch < {to} GROUP BY ALL
                UNION ALL
                SELECT client_peer, server_peer, coalesce(app_protocol, 'tcp'), false, count(*) FROM raw.flows
                WHERE transport = 'tcp' AND batch >= {from} AND batch < {to} GROUP BY ALL
            ) t {by_service} GROUP BY ALL;"
    )
}

/// Appends what was gathered to a width.
fn add(width: i64) -> String {
    let (counters, sums) = (COUNTERS.join(", "), counter_sums());
    let bucket = format!("bucket_s - (bucket_s % {width} + {width}) % {width} AS bucket_s");
    format!(
        "INSERT INTO raw.rollup_{width}s (bucket_s, client_id, server_id, {counters})
            SELECT {bucket}, client_id, server_id, {sums} FROM fresh GROUP BY ALL ORDER BY ALL;
         INSERT INTO raw.histogram_{width}s
            SELECT bucket_s, client_id, server_id, list(class ORDER BY class), list(n ORDER BY class) FROM (
                SELECT {bucket}, client_id, server_id, class, sum(n)::UINTEGER AS n FROM fresh_latency GROUP BY ALL
            ) GROUP BY ALL ORDER BY bucket_s, client_id, server_id;"
    )
}

/// A width that has too many rows is not stored any more.
fn give_up(width: i64) -> String {
    format!(
        "DELETE FROM raw.rollup_{width}s; DELETE FROM raw.histogram_{width}s; DELETE FROM raw.rollup_widths WHERE width_s = {width};"
    )
}
