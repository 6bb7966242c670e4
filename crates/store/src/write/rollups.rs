//! Roll-ups: sums per edge and bucket, appended as rows come in.
//!
//! A roll-up row is additive: an exchange that ends long after its bucket closed adds another row for the same bucket and
//! edge, and whoever reads sums. So nothing is ever updated, and rows count once however late they come.

use super::Writer;
use crate::{
    error::Result,
    schema::{COUNTERS, WIDTHS_S, counter_sums},
};

impl Writer {
    /// Adds everything written since the last time to the roll-ups.
    pub fn refresh_rollups(&mut self) -> Result<()> {
        if self.rolled_up_to == self.next_batch {
            return Ok(());
        }
        self.in_transaction(|writer| {
            let from = writer.rolled_up_to;
            writer.connection.execute_batch(&add_batches(from))?;
            writer.set_meta("rolled_up_to", &writer.next_batch.to_string())
        })?;
        self.rolled_up_to = self.next_batch;
        Ok(())
    }

    /// Makes all roll-ups anew: after names have changed, and at the end of an import to merge additive rows.
    pub fn rebuild_rollups(&mut self) -> Result<()> {
        self.in_transaction(|writer| {
            let mut sql = String::new();
            for width in WIDTHS_S {
                sql += &format!("DELETE FROM raw.rollup_{width}s; DELETE FROM raw.latency_{width}s;");
            }
            writer.connection.execute_batch(&sql)?;
            writer.connection.execute_batch(&add_batches(0))?;
            writer.set_meta("rolled_up_to", &writer.next_batch.to_string())
        })?;
        self.rolled_up_to = self.next_batch;
        Ok(())
    }
}

/// Services from peers; seconds first, tens of seconds and minutes from them.
fn add_batches(from: u32) -> String {
    let (counters, sums) = (COUNTERS.join(", "), counter_sums());
    let by_service = |table: &str| {
        format!(
            "FROM raw.{table} t JOIN raw.peer_names c ON c.peer_id = t.client_peer JOIN raw.peer_names s ON s.peer_id = t.server_peer \
             WHERE t.batch >= {from} GROUP BY ALL"
        )
    };
    let mut sql = format!(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT bucket_s, c.service_id AS client_id, s.service_id AS server_id, {sums} {};
         CREATE OR REPLACE TEMP TABLE fresh_latency AS
            SELECT bucket_s, c.service_id AS client_id, s.service_id AS server_id, class, sum(n)::BIGINT AS n {};",
        by_service("peer_seconds"),
        by_service("peer_latencies"),
    );
    for width in WIDTHS_S {
        let bucket = format!("bucket_s - bucket_s % {width} AS bucket_s");
        sql += &format!(
            "INSERT INTO raw.rollup_{width}s (bucket_s, client_id, server_id, {counters})
                SELECT {bucket}, client_id, server_id, {sums} FROM fresh GROUP BY ALL ORDER BY ALL;
             INSERT INTO raw.latency_{width}s
                SELECT {bucket}, client_id, server_id, class, sum(n)::BIGINT FROM fresh_latency GROUP BY ALL ORDER BY ALL;"
        );
    }
    sql + "DROP TABLE fresh; DROP TABLE fresh_latency;"
}
