//! What could not be read, and what became of it.

use duckdb::Row;
use wirereel_query::{
    answer::{ProblemRow, ProblemState, ProblemsPage, StageCount},
    question::ProblemsQuestion,
};

use super::Reader;
use crate::{
    error::{Result, StoreError},
    rows::SourceId,
};

/// Most rows of a page.
const MOST_ROWS: u32 = 1_000;

/// Problems that a flow's detail shows; dissection reports eight of a flow, and the reader of its file few more.
const SHOWN_OF_FLOW: u32 = 100;

/// A problem that waits for its second try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingProblem {
    pub source: SourceId,
    pub stage: String,
    pub position: u64,
    /// The workspace's number of the flow.
    pub flow: Option<u64>,
}

/// The select list [`problem_row`] reads from `ingest_errors e`.
const COLUMNS: &str = "epoch_ns(e.at) // 1000, e.source_id, \
    (SELECT s.name FROM raw.sources s WHERE s.source_id = e.source_id), e.stage, e.position, e.flow_id, e.message, \
    e.attempts::UINTEGER, e.state";

fn problem_row(row: &Row<'_>) -> duckdb::Result<ProblemRow> {
    let state: String = row.get(8)?;
    Ok(ProblemRow {
        at_us: row.get(0)?,
        source_id: row.get(1)?,
        source_name: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        stage: row.get(3)?,
        position: row.get(4)?,
        flow_id: row.get(5)?,
        message: row.get(6)?,
        attempts: row.get(7)?,
        state: match &*state {
            "waiting" => ProblemState::Waiting,
            "recovered" => ProblemState::Recovered,
            _ => ProblemState::Definitive,
        },
    })
}

impl Reader {
    /// A page of problems in the order of their sources and positions, with the number of each stage's, whichever stage was
    /// asked for.
    ///
    /// # Errors
    /// `BadQuestion` for more than 1,000 rows.
    pub fn problems(&self, question: &ProblemsQuestion) -> Result<ProblemsPage> {
        if question.limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{} rows: a page has at most {MOST_ROWS}", question.limit)));
        }
        let condition = question.source_id.map_or_else(|| "true".into(), |source| format!("source_id = {source}"));
        let stages = self.rows(
            &format!(
                "SELECT stage, count(*)::UBIGINT AS n FROM raw.ingest_errors WHERE {condition} GROUP BY stage ORDER BY n DESC, stage"
            ),
            [],
            |row| Ok(StageCount { stage: row.get(0)?, problems: row.get(1)? }),
        )?;
        let asked = |stage: &str| question.stage.as_deref().is_none_or(|asked| asked == stage);
        let sql = format!(
            "SELECT {COLUMNS} FROM ingest_errors e WHERE {condition} AND (?1 IS NULL OR e.stage = ?1) \
             ORDER BY e.source_id, e.position, e.stage, e.message LIMIT {} OFFSET {}",
            question.limit, question.offset
        );
        Ok(ProblemsPage {
            total: stages.iter().filter(|count| asked(&count.stage)).map(|count| count.problems).sum(),
            offset: question.offset,
            rows: self.rows(&sql, [&question.stage], problem_row)?,
            stages,
        })
    }

    /// Problems of one flow, in the order of their positions.
    pub(super) fn problems_of_flow(&self, flow_id: u64) -> Result<Vec<ProblemRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM ingest_errors e WHERE e.flow_id = ? ORDER BY e.position, e.stage, e.message LIMIT {SHOWN_OF_FLOW}"
        );
        self.rows(&sql, [flow_id], problem_row)
    }

    /// Problems that wait for their second try, each once, those of a flow together; at most `limit`.
    pub fn waiting_problems(&self, limit: usize) -> Result<Vec<WaitingProblem>> {
        let sql = format!(
            "SELECT DISTINCT source_id, flow_id, position, stage FROM ingest_errors WHERE state = 'waiting' \
             ORDER BY source_id, flow_id NULLS FIRST, position, stage LIMIT {limit}"
        );
        self.rows(&sql, [], |row| {
            Ok(WaitingProblem {
                source: SourceId(row.get(0)?),
                flow: row.get(1)?,
                position: row.get(2)?,
                stage: row.get(3)?,
            })
        })
    }
}
