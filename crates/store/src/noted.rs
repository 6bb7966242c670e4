//! A note of what names were decided by, so that whoever opens a recording need not decide them again.

use crate::{
    error::Result,
    read::Reader,
    write::{LAST_BATCH, Writer},
};

const KEY: &str = "named_by";

/// How much there is that names are decided by; nothing of it is ever removed.
const SIZE: &str = "(SELECT count(*) FROM raw.peers)::VARCHAR || ' peers ' || (SELECT count(*) FROM raw.peer_pairs)::VARCHAR || ' calls'";

impl Writer {
    /// Notes that names of all that is there are decided by some rules, to be committed with the next rows.
    pub fn note_naming(&mut self, rules: &str) -> Result<()> {
        self.uncommitted_work(1, |writer| {
            let sql = format!("SELECT ? || ' ' || {SIZE}");
            let noted: String = writer.connection.query_row(&sql, [rules], |row| row.get(0))?;
            writer.set_meta(KEY, &noted)
        })
    }
}

impl Reader {
    /// Whether names of all that is there were decided by some rules, and roll-ups hold all of it.
    pub fn is_named_by(&self, rules: &str) -> Result<bool> {
        let sql = format!(
            "SELECT coalesce((SELECT max(value) FROM raw.meta WHERE key = '{KEY}') = ? || ' ' || {SIZE}, false) \
             AND coalesce((SELECT max(TRY_CAST(value AS BIGINT)) FROM raw.meta WHERE key = 'rolled_up_to') > ({LAST_BATCH}), false)"
        );
        Ok(self.first(&sql, [rules], |row| row.get(0))?.unwrap_or(false))
    }

    /// Peers that are there.
    pub fn peer_count(&self) -> Result<u64> {
        Ok(self.first("SELECT count(*)::UBIGINT FROM raw.peers", [], |row| row.get(0))?.unwrap_or(0))
    }
}
