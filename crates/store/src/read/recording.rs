//! What is open: sources, extent and sums.

use wirereel_query::answer::{Recording, ServiceKind, SourceSummary};

use super::Reader;
use crate::error::Result;

impl Reader {
    /// The recording as panes head their figures with it.
    pub fn recording(&self) -> Result<Recording> {
        let graph = self.graph()?;
        let sources = self.sources()?;
        let meta = |key: &str| -> Result<String> {
            let value = self.first("SELECT max(value) FROM raw.meta WHERE key = ?", [key], |row| row.get(0))?;
            Ok(value.flatten().unwrap_or_default())
        };
        let sums = self.rows(
            "SELECT (SELECT count(*) FROM raw.flows), (SELECT count(*) FROM raw.http_exchanges), \
             (SELECT count(*) FROM raw.dns_queries), (SELECT count(*) FROM raw.ingest_errors)",
            [],
            |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
        )?;
        let [flows, exchanges, dns_queries, problems] =
            sums.first().copied().unwrap_or_default().map(|sum| sum.unsigned_abs());
        Ok(Recording {
            recording_id: meta("recording_id")?,
            name: meta("recording_name")?,
            range: graph.whole(),
            packets: sources.iter().map(|source| source.packets).sum(),
            bytes: sources.iter().map(|source| source.bytes).sum(),
            sources,
            flows,
            exchanges,
            dns_queries,
            services: graph.who.named().filter(|(_, node)| node.kind == ServiceKind::Service).count() as u64,
            problems,
        })
    }

    /// One summary per source, in order of opening.
    fn sources(&self) -> Result<Vec<SourceSummary>> {
        let sql = "SELECT source_id, name, kind, link_type, packets, bytes, dropped, truncated, \
                   array_to_string(warnings, chr(30)) FROM raw.sources ORDER BY source_id";
        self.rows(sql, [], |row| {
            let warnings: Option<String> = row.get(8)?;
            Ok(SourceSummary {
                source_id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                link_type: row.get(3)?,
                packets: row.get(4)?,
                bytes: row.get(5)?,
                dropped: row.get(6)?,
                truncated: row.get(7)?,
                // Joined by the record separator, which no message contains.
                warnings: warnings
                    .unwrap_or_default()
                    .split('\u{1e}')
                    .filter(|w| !w.is_empty())
                    .map(str::to_owned)
                    .collect(),
            })
        })
    }
}
