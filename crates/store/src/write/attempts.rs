//! Second tries of what could not be read: one row each, appended; views take the last.

use duckdb::params;
use wirereel_query::answer::ProblemState;

use super::Writer;
use crate::{error::Result, read::WaitingProblem};

/// How a try of a problem ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub problem: WaitingProblem,
    /// Tries so far, the import's own included.
    pub attempts: u32,
    pub state: ProblemState,
    /// A sentence that is added to the problem's message, or empty.
    pub note: &'static str,
}

impl Writer {
    /// Appends how tries ended, at a wall-clock time.
    pub fn append_attempts(&mut self, at_ns: i64, attempts: &[Attempt]) -> Result<()> {
        if attempts.is_empty() {
            return Ok(());
        }
        self.in_transaction(|writer| {
            let mut statement = writer.connection.prepare(
                "INSERT INTO raw.ingest_attempts VALUES (?, ?, ?, ?, make_timestamp_ns(?::BIGINT), ?, ?, ?)",
            )?;
            for Attempt { problem, attempts, state, note } in attempts {
                let state = state_name(*state);
                statement.execute(params![
                    problem.source.0,
                    problem.stage,
                    problem.position,
                    problem.flow,
                    at_ns,
                    attempts,
                    state,
                    note
                ])?;
            }
            Ok(())
        })
    }

    /// Makes every problem definitive that still waits, with a sentence that says why it is not tried.
    pub fn end_waiting(&mut self, at_ns: i64, note: &str) -> Result<()> {
        self.in_transaction(|writer| {
            writer.connection.execute(
                "INSERT INTO raw.ingest_attempts SELECT DISTINCT source_id, stage, position, flow_id, \
                 make_timestamp_ns(?::BIGINT), attempts, 'definitive', ? FROM ingest_errors WHERE state = 'waiting'",
                params![at_ns, note],
            )?;
            Ok(())
        })
    }
}

/// How a state is written in rows.
fn state_name(state: ProblemState) -> &'static str {
    match state {
        ProblemState::Waiting => "waiting",
        ProblemState::Recovered => "recovered",
        ProblemState::Definitive => "definitive",
    }
}
