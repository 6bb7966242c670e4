//! A connection that writes beside packets' rows, whose writer holds its transaction for long: what it writes is shown only once it is
//! durable.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use duckdb::{Connection, arrow::record_batch::RecordBatch};

use crate::{error::Result, store::Shared};

/// Rows after which the log is moved into the file, where packets' rows do not see to that.
const CHECKPOINT_ROWS: usize = 250_000;
/// The same in time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);

pub(super) struct Beside {
    connection: Connection,
    shared: Arc<Shared>,
    /// Rows in the log, and since when.
    logged: usize,
    checkpointed: Instant,
}

impl Beside {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self { connection, shared, logged: 0, checkpointed: Instant::now() }
    }

    /// Appends rows to tables, all or nothing. They are durable when this returns.
    pub(super) fn append(&mut self, tables: Vec<(&'static str, Option<RecordBatch>)>) -> Result<()> {
        self.replace("", tables)
    }

    /// The same, after a statement that removes whose place they take.
    pub(super) fn replace(&mut self, removal: &str, tables: Vec<(&'static str, Option<RecordBatch>)>) -> Result<()> {
        let tables: Vec<_> = tables.into_iter().filter_map(|(table, rows)| Some((table, rows?))).collect();
        if tables.is_empty() {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        // A checkpoint fails while somebody writes, and one of packets' rows must not.
        let writes = shared.beside.read().unwrap_or_else(PoisonError::into_inner);
        self.connection.execute_batch("BEGIN")?;
        let rows: usize = tables.iter().map(|(_, rows)| rows.num_rows()).sum();
        let removed = if removal.is_empty() { Ok(()) } else { self.connection.execute_batch(removal) };
        let done = removed.map_err(Into::into);
        let done = done.and_then(|()| tables.into_iter().try_for_each(|(table, rows)| self.append_rows(table, rows)));
        let done = done.and_then(|()| Ok(self.connection.execute_batch("COMMIT")?));
        drop(writes);
        if let Err(error) = done {
            // The first error is what matters; a failed roll-back ends with the connection.
            let _ = self.connection.execute_batch("ROLLBACK");
            return Err(error);
        }
        self.logged += rows;
        Ok(())
    }

    fn append_rows(&self, table: &str, rows: RecordBatch) -> Result<()> {
        let schema = rows.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut appender = self.connection.appender_with_columns_to_db(table, "raw", &columns)?;
        appender.append_record_batch(rows)?;
        Ok(appender.flush()?)
    }

    /// Names that have numbers in a table.
    pub(super) fn numbers(&self, table: &str, number: &str) -> Result<HashMap<Arc<str>, i32>> {
        let mut statement = self.connection.prepare(&format!("SELECT name, {number} FROM raw.{table}"))?;
        let rows = statement.query_map([], |row| Ok((Arc::from(row.get::<_, String>(0)?), row.get(1)?)))?;
        Ok(rows.collect::<duckdb::Result<_>>()?)
    }

    /// Removes the oldest rows by a column that lies before a value, at most about so many; gives how many.
    pub(super) fn forget(&mut self, table: &str, column: &str, until: i64, rows: u64) -> Result<u64> {
        let shared = Arc::clone(&self.shared);
        let writes = shared.beside.read().unwrap_or_else(PoisonError::into_inner);
        let oldest = format!("SELECT {column} FROM raw.{table} WHERE {column} < {until} LIMIT {rows}");
        let sql = format!("DELETE FROM raw.{table} WHERE {column} <= (SELECT max({column}) FROM ({oldest}))");
        let removed = self.connection.execute(&sql, [])?;
        drop(writes);
        self.logged += removed;
        Ok(removed as u64)
    }

    /// Moves the log into the file when it is time. Somebody who writes packets' rows may be in its way: then it is done another time, by
    /// them or here.
    pub(super) fn checkpoint_if_due(&mut self) {
        if self.logged >= CHECKPOINT_ROWS || (self.logged > 0 && self.checkpointed.elapsed() >= CHECKPOINT_EVERY) {
            self.checkpoint();
        }
    }

    /// The same at once.
    pub(super) fn checkpoint(&mut self) {
        let shared = Arc::clone(&self.shared);
        let alone = shared.beside.write().unwrap_or_else(PoisonError::into_inner);
        let done = self.connection.execute_batch("CHECKPOINT");
        drop(alone);
        self.checkpointed = Instant::now();
        if done.is_ok() {
            self.logged = 0;
        }
    }
}
