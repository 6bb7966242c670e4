//! Taking a source out again: what a crash left half-way is read anew from its packets, and must not count twice.

use std::path::{Path, PathBuf};

use duckdb::params;

use super::Writer;
use crate::{
    error::Result,
    rows::SourceId,
    schema::{PULSE_MS, WIDTHS_S},
};

/// First and last flow number of a source.
fn flows_of(source: SourceId) -> (u64, u64) {
    let first = u64::from(source.0) << 40;
    (first, first | ((1 << 40) - 1))
}

impl Writer {
    /// Removes a source and every row of it. Peers, names and pages stay: others may use them.
    pub fn remove_source(&mut self, source: SourceId) -> Result<()> {
        self.refresh_rollups()?;
        self.in_transaction(|writer| {
            let (first, last) = flows_of(source);
            let of_source = format!("flow_id BETWEEN {first} AND {last}");
            let begins_us = writer.first_of(&of_source)?;
            // Sums that do not tell by whom: the opposite is added, as with everything that comes late.
            writer.tally(-1, &format!("t.{of_source}"))?;
            writer.connection.execute_batch(&format!(
                "INSERT INTO raw.pulse SELECT started_us // {pulse_us} - (started_us % {pulse_us} < 0)::BIGINT, -count(*), \
                 -count(*) FILTER (raw.is_error(outcome)) FROM raw.http_exchanges WHERE {of_source} GROUP BY 1;",
                pulse_us = PULSE_MS * 1_000,
            ))?;
            for table in ["http_exchanges", "flows", "openings", "endings", "tls_handshakes", "flow_spans"] {
                writer.connection.execute_batch(&format!("DELETE FROM raw.{table} WHERE {of_source}"))?;
            }
            for table in ["dns_queries", "ingest_errors", "ingest_attempts", "lost_packets", "sources"] {
                writer.connection.execute(&format!("DELETE FROM raw.{table} WHERE source_id = ?"), params![source.0])?;
            }
            writer.connection.execute("DELETE FROM raw.meta WHERE key = ?", params![complete(source)])?;
            if let Some(begins_us) = begins_us {
                let minute_us = WIDTHS_S[WIDTHS_S.len() - 1] * 1_000_000;
                writer.roll_up_again(begins_us.div_euclid(minute_us) * minute_us / 1_000_000)?;
            }
            Ok(())
        })
    }

    /// Time of the earliest row that roll-ups hold, among those with a condition.
    fn first_of(&self, condition: &str) -> Result<Option<i64>> {
        let sql = format!(
            "SELECT min(us) FROM (SELECT min(started_us) AS us FROM raw.http_exchanges WHERE {condition} UNION ALL \
             SELECT min(happened_us) FROM raw.flow_events WHERE {condition} UNION ALL \
             SELECT min(closed_us) FROM raw.flows WHERE {condition})"
        );
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// Says that every row of a source is there. Committed with the rows: where they are lost, so is this.
    pub fn complete_source(&mut self, source: SourceId) -> Result<()> {
        self.in_transaction(|writer| writer.set_meta(&complete(source), "yes"))
    }

    /// Where the bytes of every source are, and whether all its rows are there, in the order in which they began.
    pub fn kept_sources(&self) -> Result<Vec<KeptSource>> {
        let sql = format!(
            "SELECT s.source_id, s.path, m.key IS NOT NULL FROM raw.sources s LEFT JOIN (SELECT DISTINCT key FROM raw.meta) m \
             ON m.key = '{COMPLETE}' || s.source_id ORDER BY s.source_id"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let sources = statement.query_map([], |row| {
            let path: String = row.get(1)?;
            Ok(KeptSource { source: SourceId(row.get(0)?), path: path.into(), is_complete: row.get(2)? })
        })?;
        Ok(sources.collect::<std::result::Result<_, _>>()?)
    }

    /// Says where the bytes of a source are now.
    pub fn move_source(&mut self, source: SourceId, path: &Path) -> Result<()> {
        let sql = "UPDATE raw.sources SET path = ? WHERE source_id = ?";
        self.in_transaction(|writer| {
            writer.connection.execute(sql, params![path.to_string_lossy(), source.0])?;
            Ok(())
        })
    }
}

/// A source whose packets are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSource {
    pub source: SourceId,
    /// A capture, or the folder of a run's segments.
    pub path: PathBuf,
    /// Every row of it is there; else a run must be read again.
    pub is_complete: bool,
}

const COMPLETE: &str = "complete source ";

fn complete(source: SourceId) -> String {
    format!("{COMPLETE}{}", source.0)
}
