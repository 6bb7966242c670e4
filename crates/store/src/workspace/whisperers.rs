//! What is remembered about whisperers: whether they were capturing, what their hosts said last, totals of all times, what happened.

use rusqlite::OptionalExtension;
use serde_json::Value;

use super::Workspace;
use crate::error::Result;

/// Events kept of each whisperer: the newest.
const MOST_EVENTS: u32 = 1_000;

/// What is remembered about a whisperer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WhispererMemory {
    /// It was capturing, and nobody has stopped it since.
    pub capturing: bool,
    /// What its host said last.
    pub seen: Value,
    /// Sums over all captures.
    pub totals: Value,
}

/// Something that happened to a whisperer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhispererNote {
    pub at_us: i64,
    /// The name of its state from then on.
    pub state: String,
    pub text: String,
}

impl Workspace {
    /// What is remembered about a whisperer; nothing about one that was never there.
    pub fn whisperer(&self, id: &str) -> Result<WhispererMemory> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT capturing, seen, totals FROM whisperers WHERE id = ?")?;
        let found: Option<(bool, String, String)> =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        Ok(match found {
            Some((capturing, seen, totals)) => WhispererMemory {
                capturing,
                seen: serde_json::from_str(&seen)?,
                totals: serde_json::from_str(&totals)?,
            },
            None => WhispererMemory::default(),
        })
    }

    /// Remembers a whisperer.
    pub fn remember_whisperer(&self, id: &str, memory: &WhispererMemory) -> Result<()> {
        self.connection().execute(
            "INSERT OR REPLACE INTO whisperers VALUES (?, ?, ?, ?)",
            (id, memory.capturing, memory.seen.to_string(), memory.totals.to_string()),
        )?;
        Ok(())
    }

    /// Forgets a whisperer and what happened to it.
    pub fn forget_whisperer(&self, id: &str) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM whisperers WHERE id = ?", [id])?;
        transaction.execute("DELETE FROM whisperer_events WHERE id = ?", [id])?;
        Ok(transaction.commit()?)
    }

    /// Notes what happened to a whisperer; the oldest notes make room.
    pub fn note_whisperer(&self, id: &str, note: &WhispererNote) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO whisperer_events (id, at_us, state, text) VALUES (?, ?, ?, ?)",
            (id, note.at_us, &note.state, &note.text),
        )?;
        transaction.execute(
            "DELETE FROM whisperer_events WHERE id = ?1 AND number <= (SELECT number FROM whisperer_events WHERE id = ?1 \
             ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            (id, MOST_EVENTS),
        )?;
        Ok(transaction.commit()?)
    }

    /// What happened to a whisperer in a time, latest first.
    pub fn whisperer_notes(&self, id: &str, from_us: i64, to_us: i64, limit: u32) -> Result<Vec<WhispererNote>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT at_us, state, text FROM whisperer_events WHERE id = ? AND at_us >= ? AND at_us < ? \
             ORDER BY at_us DESC, number DESC LIMIT ?",
        )?;
        let notes = statement.query_map((id, from_us, to_us, limit), |row| {
            Ok(WhispererNote { at_us: row.get(0)?, state: row.get(1)?, text: row.get(2)? })
        })?;
        Ok(notes.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_remembered_outlives_the_process_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory =
            WhispererMemory { capturing: true, seen: json!({ "host": "stage" }), totals: json!({ "packets": 7 }) };
        Workspace::open(folder.path()).unwrap().remember_whisperer("stage", &memory).unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        assert_eq!(workspace.whisperer("stage").unwrap(), memory);
        assert_eq!(workspace.whisperer("other").unwrap(), WhispererMemory::default());
        workspace.forget_whisperer("stage").unwrap();
        assert_eq!(workspace.whisperer("stage").unwrap(), WhispererMemory::default());
    }

    #[test]
    fn the_newest_events_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        for at_us in 0..1_100 {
            let note = WhispererNote { at_us, state: "stopped".into(), text: format!("event {at_us}") };
            workspace.note_whisperer("local", &note).unwrap();
        }
        workspace
            .note_whisperer("other", &WhispererNote { at_us: 5, state: "stopped".into(), text: "one".into() })
            .unwrap();
        let all = workspace.whisperer_notes("local", 0, i64::MAX, 10_000).unwrap();
        assert_eq!((all.len(), all[0].at_us, all[999].at_us), (1_000, 1_099, 100));
        let some = workspace.whisperer_notes("local", 500, 600, 3).unwrap();
        assert_eq!(some.iter().map(|note| note.at_us).collect::<Vec<_>>(), [599, 598, 597]);
        assert_eq!(workspace.whisperer_notes("other", 0, 10, 10).unwrap().len(), 1);
    }
}
