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
    rows::Tally,
    schema::{COUNTERS, OPEN_DELTA, UNTOLD_BYTES, WIDTHS_S, counter_sums},
};

/// Batches that are taken in at once: about two million events, so that memory stays bounded whatever was written.
const BATCHES_AT_ONCE: u32 = 32;

/// A width is kept while it has at most one row for so many events.
const EVENTS_PER_ROW: u64 = 32;

/// Rows of a width that are kept however few events there are: they cost little.
pub(super) const ROWS_FOR_NOTHING: u64 = 200_000;

/// Names instead of peers.
pub(super) const BY_SERVICE: &str =
    "JOIN raw.peer_names c ON c.peer_id = t.client_peer JOIN raw.peer_names s ON s.peer_id = t.server_peer";

impl Writer {
    /// Brings roll-ups up to date with rows and names. True when names had changed so that they were made anew.
    pub fn follow_rollups(&mut self) -> Result<bool> {
        if self.are_rollups_old {
            self.rebuild_rollups()?;
            return Ok(true);
        }
        self.refresh_rollups()?;
        Ok(false)
    }

    /// Adds everything written since the last time to the roll-ups, and keyframes where they are due. Rows that are not committed yet come to
    /// light together with their roll-ups.
    pub fn refresh_rollups(&mut self) -> Result<()> {
        self.write_names()?;
        if let Some(tally) = self.tally.take()
            && self.follow_tally(&tally)?
        {
            self.tally = Some(Tally::default());
            return Ok(());
        }
        self.widths = None;
        let mut changed_from_s: Option<i64> = None;
        while self.rolled_up_to < self.next_batch {
            let to = self.next_batch.min(self.rolled_up_to + BATCHES_AT_ONCE);
            let from_s = self.commit_with(|writer| {
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
        self.tally = Some(Tally::default());
        Ok(())
    }

    /// Makes all roll-ups anew, after names have changed, and commits them together with the names: until then readers see both as they were.
    pub fn rebuild_rollups(&mut self) -> Result<()> {
        self.commit_with(|writer| {
            let mut sql = String::from("DELETE FROM raw.edge_protocols; DELETE FROM raw.keyframes; DELETE FROM raw.rollup_widths;");
            for width in WIDTHS_S {
                sql += &format!(
                    "DELETE FROM raw.rollup_{width}s; DELETE FROM raw.histogram_{width}s; INSERT INTO raw.rollup_widths VALUES ({width});"
                );
            }
            writer.connection.execute_batch(&sql)?;
            let (mut from, mut earliest): (u32, Option<i64>) = (0, None);
            while from < writer.next_batch {
                let to = writer.next_batch.min(from + BATCHES_AT_ONCE);
                let from_s = writer.add_batches(from, to)?;
                (from, earliest) = (to, [earliest, from_s].into_iter().flatten().min());
            }
            if let Some(from_s) = earliest {
                writer.follow_with_keyframes(from_s)?;
            }
            writer.set_meta("rolled_up_to", &writer.next_batch.to_string())
        })?;
        (self.rolled_up_to, self.tally, self.widths) = (self.next_batch, Some(Tally::default()), None);
        self.are_rollups_old = false;
        self.naming.rolled_up();
        Ok(())
    }

    /// Adds batches from one on and before another, and gives the second of the first thing in them.
    fn add_batches(&mut self, from: u32, to: u32) -> Result<Option<i64>> {
        let widths = self.stored_widths()?;
        let of_batches = |_: &str| format!("t.batch >= {from} AND t.batch < {to}");
        self.connection.execute_batch(&gather(finest(&widths), of_batches))?;
        self.connection.execute_batch(&tally_protocols(1, &of_batches("")))?;
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

    /// Makes the roll-ups from a second on anew, which must be a whole minute, after rows that they hold were removed. Inside a transaction.
    pub(super) fn roll_up_again(&mut self, from_s: i64) -> Result<()> {
        let widths = self.stored_widths()?;
        self.connection.execute_batch(&gather(finest(&widths), |us| format!("t.{us} >= {}", from_s * 1_000_000)))?;
        for &width in &widths {
            self.connection.execute_batch(&format!(
                "DELETE FROM raw.rollup_{width}s WHERE bucket_s >= {from_s}; \
                 DELETE FROM raw.histogram_{width}s WHERE bucket_s >= {from_s};"
            ))?;
            self.connection.execute_batch(&add(width))?;
        }
        self.connection.execute_batch("DROP TABLE fresh; DROP TABLE fresh_latency;")?;
        self.follow_with_keyframes(from_s)
    }

    /// Adds to the tallies of edges' protocols, or takes away, what rows with a condition say.
    pub(super) fn tally(&self, sign: i32, condition: &str) -> Result<()> {
        Ok(self.connection.execute_batch(&tally_protocols(sign, condition))?)
    }

    /// Widths that are stored, finest first.
    pub(super) fn stored_widths(&self) -> Result<Vec<i64>> {
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

/// Joins the page of an exchange `t`, which has what it shares with others.
const OF_PAGE: &str = "JOIN raw.http_pages p ON p.page_id = t.page_id";

/// Counts of batches by the finest stored width, with names instead of peers: what `raw.facts` says, but each kind of row by itself, since
/// sums over columns that are mostly empty cost four times as much.
///
/// `which` is the condition that rows of `t` are chosen by, given the column of their time.
fn gather(finest: i64, which: impl Fn(&str) -> String) -> String {
    let by_service = |us: &str| format!("{BY_SERVICE} WHERE {}", which(us));
    let (of_started, of_happened, of_closed) =
        (by_service("started_us"), by_service("happened_us"), by_service("closed_us"));
    let of_page = OF_PAGE;
    let edge = |us: &str| {
        format!("raw.bucket_s(t.{us}, {finest}) AS bucket_s, c.service_id AS client_id, s.service_id AS server_id")
    };
    let (started, happened, closed) = (edge("started_us"), edge("happened_us"), edge("closed_us"));
    let counted = |condition: &str, name: &str| format!("count(*) FILTER ({condition}) AS {name}");
    let of_exchanges = [
        "count(*) AS requests".to_owned(),
        counted("raw.is_4xx(t.outcome)", "errors_4xx"),
        counted("raw.is_5xx(t.outcome)", "errors_5xx"),
        counted("raw.has_failed(t.outcome)", "failed"),
        "sum(coalesce(t.request_body_bytes, p.request_body_bytes))::BIGINT AS bytes_up".to_owned(),
        "sum(coalesce(t.response_body_bytes, p.response_body_bytes))::BIGINT AS bytes_down".to_owned(),
    ]
    .join(", ");
    let of_events = [
        counted("t.kind = 'connect'", "connects"),
        counted("t.kind = 'accept'", "accepts"),
        counted("t.kind = 'close'", "closes"),
        counted("t.kind = 'reset'", "resets"),
        counted("t.kind = 'refused'", "refused"),
        format!("sum({})::BIGINT AS open_delta", OPEN_DELTA.replace("kind", "t.kind")),
    ]
    .join(", ");
    format!(
        "CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT {started}, 0 AS connects, 0 AS accepts, 0 AS closes, 0 AS resets, 0 AS refused, 0 AS open_delta, {of_exchanges}
            FROM raw.http_exchanges t {of_page} {of_started} GROUP BY ALL
            UNION ALL
            SELECT {happened}, {of_events}, 0, 0, 0, 0, 0, 0 FROM raw.flow_events t {of_happened} GROUP BY ALL
            UNION ALL
            SELECT {closed}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(coalesce(t.upgraded_client_bytes, t.client_bytes))::BIGINT,
                sum(coalesce(t.upgraded_server_bytes, t.server_bytes))::BIGINT
            FROM raw.flows t {of_closed} AND {UNTOLD_BYTES} GROUP BY ALL;
         CREATE OR REPLACE TEMP TABLE fresh_latency AS
            SELECT {started}, t.latency_class AS class, count(*)::UINTEGER AS n
            FROM raw.timed_exchanges t {of_started} AND raw.has_status(t.outcome) GROUP BY ALL;"
    )
}

/// Protocols of edges: counts of exchanges and flows with a condition, added or taken away.
fn tally_protocols(sign: i32, condition: &str) -> String {
    format!(
        "INSERT INTO raw.edge_protocols
            SELECT c.service_id, s.service_id, raw.protocol_name(p.protocol), true, {sign} * count(*)
            FROM raw.http_exchanges t {OF_PAGE} {BY_SERVICE} WHERE {condition} GROUP BY ALL
            UNION ALL
            SELECT c.service_id, s.service_id, coalesce(t.app_protocol, 'tcp'), false, {sign} * count(*)
            FROM raw.flows t {BY_SERVICE} WHERE {condition} AND t.transport = 'tcp' GROUP BY ALL;"
    )
}

fn finest(widths: &[i64]) -> i64 {
    widths.first().copied().unwrap_or(WIDTHS_S[WIDTHS_S.len() - 1])
}

/// Appends what was gathered to a width.
fn add(width: i64) -> String {
    let (counters, sums) = (COUNTERS.join(", "), counter_sums());
    let bucket = format!("bucket_s - (bucket_s % {width} + {width}) % {width} AS bucket_s");
    format!(
        "INSERT INTO raw.rollup_{width}s (bucket_s, client_id, server_id, {counters})
            SELECT {bucket}, client_id, server_id, {sums} FROM fresh GROUP BY ALL ORDER BY bucket_s, client_id, server_id;
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
