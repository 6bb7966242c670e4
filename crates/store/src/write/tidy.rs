//! Tidying: rows of one bucket that came in parts are put together once the bucket is past.
//!
//! Live traffic is rolled up twice a second, so that a minute of an edge comes in up to 120 parts, which say no more than one row.

use super::Writer;
use crate::{
    error::Result,
    schema::{COUNTERS, PULSE_MS, WIDTHS_S},
};

/// Buckets that are tidied in one transaction: an hour, so that a long time without is made up for in slices.
const MOST_S: i64 = 3_600;

impl Writer {
    /// Puts together what came in parts, up to an instant in seconds since 1970 or an hour further than the last time. True when that
    /// instant is reached.
    pub fn tidy(&mut self, until_s: i64) -> Result<bool> {
        let minute_s = WIDTHS_S[WIDTHS_S.len() - 1];
        let until_s = until_s.div_euclid(minute_s) * minute_s;
        let last: Option<i64> = self.meta("tidied_s")?.and_then(|text| text.parse().ok());
        let sql = format!("SELECT min(bucket_s) FROM raw.rollup_{minute_s}s");
        let first: Option<i64> = self.connection.query_row(&sql, [], |row| row.get(0))?;
        let Some(from_s) = last.or(first) else { return Ok(true) };
        if from_s >= until_s {
            return Ok(true);
        }
        let to_s = until_s.min(from_s.max(first.unwrap_or(from_s)) + MOST_S);
        self.in_transaction(|writer| {
            for width in writer.stored_widths()? {
                writer.put_together(&format!("rollup_{width}s"), &rollups(), "bucket_s", from_s, to_s)?;
                writer.put_together(&format!("histogram_{width}s"), HISTOGRAMS, "bucket_s", from_s, to_s)?;
            }
            let pulses = |at_s: i64| at_s * 1_000 / PULSE_MS;
            writer.put_together("pulse", PULSES, "bucket", pulses(from_s), pulses(to_s))?;
            writer.set_meta("tidied_s", &to_s.to_string())
        })?;
        Ok(to_s >= until_s)
    }

    /// Replaces rows of a table with a time in a span by what a query makes of them, which it finds as `parts`.
    fn put_together(&self, table: &str, query: &str, time: &str, from: i64, to: i64) -> Result<()> {
        let within = format!("{time} >= {from} AND {time} < {to}");
        self.connection.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE parts AS SELECT * FROM raw.{table} WHERE {within};
             CREATE OR REPLACE TEMP TABLE wholes AS {query};"
        ))?;
        let (parts, wholes): (i64, i64) = self.connection.query_row(
            "SELECT (SELECT count(*) FROM parts), (SELECT count(*) FROM wholes)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if wholes < parts {
            self.connection.execute_batch(&format!(
                "DELETE FROM raw.{table} WHERE {within}; INSERT INTO raw.{table} SELECT * FROM wholes;"
            ))?;
        }
        Ok(self.connection.execute_batch("DROP TABLE parts; DROP TABLE wholes")?)
    }
}

fn rollups() -> String {
    let sums: Vec<String> = COUNTERS.iter().map(|name| format!("sum({name})::BIGINT AS {name}")).collect();
    format!("SELECT bucket_s, client_id, server_id, {} FROM parts GROUP BY ALL ORDER BY ALL", sums.join(", "))
}

const HISTOGRAMS: &str = "SELECT bucket_s, client_id, server_id, list(class ORDER BY class) AS classes, list(n ORDER BY class) AS counts FROM (
        SELECT bucket_s, client_id, server_id, class, sum(n)::UINTEGER AS n FROM (
            SELECT bucket_s, client_id, server_id, unnest(classes) AS class, unnest(counts) AS n FROM parts
        ) GROUP BY ALL
    ) GROUP BY bucket_s, client_id, server_id ORDER BY ALL";

const PULSES: &str = "SELECT bucket, sum(requests)::BIGINT AS requests, sum(errors)::BIGINT AS errors FROM parts GROUP BY ALL ORDER BY ALL";
