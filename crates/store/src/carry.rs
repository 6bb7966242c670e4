//! Rows that cannot be made anew from packets, taken over from a database that was set aside.

use std::path::Path;

use duckdb::Connection;

use crate::{
    error::{Result, StoreError},
    open::{self, Files},
    schema,
};

/// Takes over what came of checks, probes and rules from a database that was set aside into the one of a folder, which is made where there is none. Nobody has
/// it open. Gives how many rows.
///
/// # Errors
/// `Locked`, or when the one that was set aside cannot be read.
pub fn take_over(folder: &Path, aside: &Path) -> Result<u64> {
    let files = Files::in_folder(folder);
    let _lock = files.lock()?;
    carry_over(&files, aside)
}

/// The same. The caller holds the lock.
pub(crate) fn carry_over(files: &Files, aside: &Path) -> Result<u64> {
    let connection = Connection::open_with_flags(&files.events, open::config()?)?;
    let is_new = open::format_of(&connection)?.is_none();
    open::create(&connection, is_new)?;
    let from = aside.to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!("ATTACH '{from}' AS aside (READ_ONLY)"))?;
    let mut rows = 0;
    for table in schema::OWN_TABLES {
        let columns = |database: &str| -> Result<Vec<String>> {
            let sql = format!(
                "SELECT column_name || ' ' || data_type FROM duckdb_columns() WHERE schema_name = 'raw' AND table_name = '{table}' \
                 AND database_name = {database} ORDER BY column_index"
            );
            let mut statement = connection.prepare(&sql)?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<duckdb::Result<_>>()?)
        };
        // A version in which they were others says how they become these; there is none yet.
        let ours = columns("current_database()")?;
        if ours == columns("'aside'")? {
            connection.execute_batch(&format!("DELETE FROM raw.{table}"))?;
            rows += connection.execute(&format!("INSERT INTO raw.{table} SELECT * FROM aside.raw.{table}"), [])? as u64;
        }
    }
    connection.execute_batch("DETACH aside; CHECKPOINT")?;
    connection.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(rows)
}
