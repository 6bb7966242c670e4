//! Recordings that were open before.

use std::path::PathBuf;

use super::Workspace;
use crate::error::Result;

/// A recording that was open before, with what the empty window shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub recording_id: String,
    pub name: String,
    /// The capture file it was made from.
    pub path: PathBuf,
    /// The folder that holds its events.
    pub folder: PathBuf,
    /// When it was opened last, wall clock.
    pub opened_us: i64,
    /// Size of the capture file.
    pub bytes: u64,
    pub duration_us: i64,
    pub exchanges: u64,
    /// Requests in equal parts of the recording.
    pub trend: Vec<u32>,
    /// Errors, as `trend`.
    pub error_trend: Vec<u32>,
}

impl Workspace {
    /// Recordings that were open before, latest first.
    pub fn recents(&self) -> Result<Vec<Recent>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT recording_id, name, path, folder, opened_us, bytes, duration_us, exchanges, trend, error_trend \
             FROM recents ORDER BY opened_us DESC, recording_id",
        )?;
        let recents = statement.query_and_then([], |row| -> Result<Recent> {
            let (path, folder): (String, String) = (row.get(2)?, row.get(3)?);
            let (trend, error_trend): (String, String) = (row.get(8)?, row.get(9)?);
            Ok(Recent {
                recording_id: row.get(0)?,
                name: row.get(1)?,
                path: path.into(),
                folder: folder.into(),
                opened_us: row.get(4)?,
                bytes: row.get::<_, i64>(5)?.unsigned_abs(),
                duration_us: row.get(6)?,
                exchanges: row.get::<_, i64>(7)?.unsigned_abs(),
                trend: serde_json::from_str(&trend)?,
                error_trend: serde_json::from_str(&error_trend)?,
            })
        })?;
        recents.collect()
    }

    /// Remembers a recording, or what has changed about it.
    pub fn remember_recent(&self, recent: &Recent) -> Result<()> {
        self.connection().execute(
            "INSERT OR REPLACE INTO recents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rusqlite::params![
                recent.recording_id,
                recent.name,
                recent.path.to_string_lossy(),
                recent.folder.to_string_lossy(),
                recent.opened_us,
                signed(recent.bytes),
                recent.duration_us,
                signed(recent.exchanges),
                serde_json::to_string(&recent.trend)?,
                serde_json::to_string(&recent.error_trend)?,
            ],
        )?;
        Ok(())
    }

    /// Forgets a recording and its bookmarks. Its files stay.
    pub fn forget_recent(&self, recording_id: &str) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM recents WHERE recording_id = ?", [recording_id])?;
        transaction.execute("DELETE FROM bookmarks WHERE recording_id = ?", [recording_id])?;
        Ok(transaction.commit()?)
    }
}

/// SQLite's integers are signed.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(recording_id: &str, opened_us: i64) -> Recent {
        Recent {
            recording_id: recording_id.into(),
            name: "shop".into(),
            path: "/captures/shop.pcapng".into(),
            folder: "/workspace/shop".into(),
            opened_us,
            bytes: 12_000_000,
            duration_us: 86_400_000_000,
            exchanges: 90_210,
            trend: vec![1, 2, 3],
            error_trend: vec![0, 1, 0],
        }
    }

    #[test]
    fn the_latest_recording_is_first_and_opening_again_moves_it_up() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        workspace.remember_recent(&recent("a", 1)).unwrap();
        workspace.remember_recent(&recent("b", 2)).unwrap();
        workspace.remember_recent(&recent("a", 3)).unwrap();
        assert_eq!(workspace.recents().unwrap(), [recent("a", 3), recent("b", 2)]);
        workspace.forget_recent("a").unwrap();
        assert_eq!(workspace.recents().unwrap(), [recent("b", 2)]);
    }
}
