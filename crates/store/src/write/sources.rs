//! Sources: what was opened, and what it turned out to hold.

use std::path::PathBuf;

use duckdb::{Connection, params};

use super::Writer;
use crate::{error::Result, rows::SourceId};

/// Where a source's packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    File,
    Interface,
    Upload,
}

impl SourceKind {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Interface => "interface",
            Self::Upload => "upload",
        }
    }
}

/// A source about to be read.
#[derive(Debug, Clone)]
pub struct NewSource {
    pub kind: SourceKind,
    /// File name or interface.
    pub name: String,
    /// Where its bytes can be read again.
    pub path: PathBuf,
}

/// What reading a source has shown.
#[derive(Debug, Clone, Default)]
pub struct SourceFigures {
    /// Names of its link types, joined by commas.
    pub link_type: String,
    /// First packet; nanoseconds since 1970 UTC.
    pub started_ns: Option<i64>,
    /// Last packet.
    pub ended_ns: Option<i64>,
    pub packets: u64,
    /// Captured bytes of the packets.
    pub bytes: u64,
    /// Packets the capturing program says it lost.
    pub dropped: u64,
    /// The file ends in the middle of a packet.
    pub truncated: bool,
    pub warnings: Vec<String>,
}

impl Writer {
    /// Numbers a new source and makes its row.
    pub fn begin_source(&mut self, source: &NewSource) -> Result<SourceId> {
        self.in_transaction(|writer| {
            let id: u32 = writer.connection.query_row(
                "SELECT coalesce(max(source_id) + 1, 1)::UINTEGER FROM raw.sources",
                [],
                |row| row.get(0),
            )?;
            writer.connection.execute(
                "INSERT INTO raw.sources VALUES (?, ?, ?, ?, '', NULL, NULL, 0, 0, 0, false, [])",
                params![id, source.kind.name(), source.name, source.path.to_string_lossy()],
            )?;
            Ok(SourceId(id))
        })
    }

    /// Writes what is known about a source, at its end or while it is being read.
    pub fn update_source(&mut self, id: SourceId, figures: &SourceFigures) -> Result<()> {
        self.in_transaction(|writer| {
            // Lists cannot be bound: joined by the record separator, which no message contains.
            let warnings = figures.warnings.join("\u{1e}");
            writer.connection.execute(
                "UPDATE raw.sources SET link_type = ?, packets = ?, bytes = ?, dropped = ?, truncated = ?, \
                 warnings = CASE WHEN length(?) = 0 THEN [] ELSE string_split(?, chr(30)) END WHERE source_id = ?",
                params![
                    figures.link_type,
                    figures.packets,
                    figures.bytes,
                    figures.dropped,
                    figures.truncated,
                    warnings,
                    warnings,
                    id.0
                ],
            )?;
            match (figures.started_ns, figures.ended_ns) {
                (Some(started_ns), Some(ended_ns)) => reach(&writer.connection, id, started_ns, ended_ns),
                _ => Ok(()),
            }
        })
    }
}

/// Widens the span a source reaches over.
pub(super) fn reach(connection: &Connection, id: SourceId, first_ns: i64, last_ns: i64) -> Result<()> {
    // `least` and `greatest` leave NULL arguments out.
    let sql = "UPDATE raw.sources SET started_at = least(started_at, make_timestamp_ns(?::BIGINT)), \
         ended_at = greatest(ended_at, make_timestamp_ns(?::BIGINT)) WHERE source_id = ?";
    connection.prepare_cached(sql)?.execute(params![first_ns, last_ns, id.0])?;
    Ok(())
}
