//! Bookmarks: marked instants of a recording.

use wirereel_query::workbench::Bookmark;

use super::Workspace;
use crate::error::{Result, StoreError};

impl Workspace {
    /// A recording's bookmarks in order of time.
    pub fn bookmarks(&self, recording_id: &str) -> Result<Vec<Bookmark>> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT id, at_us, note FROM bookmarks WHERE recording_id = ? ORDER BY at_us, id")?;
        let bookmarks = statement
            .query_map([recording_id], |row| Ok(Bookmark { id: row.get(0)?, at_us: row.get(1)?, note: row.get(2)? }))?;
        Ok(bookmarks.collect::<rusqlite::Result<_>>()?)
    }

    /// Marks an instant.
    pub fn add_bookmark(&self, recording_id: &str, at_us: i64, note: &str) -> Result<Bookmark> {
        let connection = self.connection();
        connection.execute(
            "INSERT INTO bookmarks (recording_id, at_us, note) VALUES (?, ?, ?)",
            (recording_id, at_us, note),
        )?;
        Ok(Bookmark { id: connection.last_insert_rowid(), at_us, note: note.to_owned() })
    }

    /// Removes a bookmark.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_bookmark(&self, id: i64) -> Result<()> {
        match self.connection().execute("DELETE FROM bookmarks WHERE id = ?", [id])? {
            0 => Err(StoreError::NotFound(format!("bookmark {id}"))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_belong_to_their_recording_and_come_in_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let late = workspace.add_bookmark("one", 20, "crash").unwrap();
        let early = workspace.add_bookmark("one", 10, "sale opens").unwrap();
        workspace.add_bookmark("two", 15, "elsewhere").unwrap();
        assert_eq!(workspace.bookmarks("one").unwrap(), [early.clone(), late]);
        workspace.remove_bookmark(early.id).unwrap();
        assert_eq!(workspace.bookmarks("one").unwrap().len(), 1);
        assert!(matches!(workspace.remove_bookmark(early.id), Err(StoreError::NotFound(_))));
    }
}
