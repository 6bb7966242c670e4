//! Pages of the exchanges grid.

use duckdb::Row;
use wirereel_query::{
    answer::{ExchangeRow, ExchangesPage},
    question::{ExchangeAtQuestion, ExchangesQuestion},
};

use super::{
    Reader,
    order::{Grid, Part, as_listed, numbered},
    scope::Condition,
};
use crate::error::Result;

/// The select list [`exchange_row`] reads from `raw.exchanges`.
pub(super) const ROW_COLUMNS: &str = "exchange_id, flow_id, started_us, client_service, server_service, client_ip, \
    client_port, server_ip, server_port, protocol, method, host, target_as_sent, path, status, ttfb_us, duration_us, \
    request_body_bytes, response_body_bytes, content_type, user_agent, origin_ip, identity, identity_kind, trace_id, \
    complete, error, grpc_status, request_messages, response_messages";

/// Columns [`exchange_row`] takes from a row.
pub(super) const ROW_COLUMN_COUNT: usize = 30;

/// A grid row from a row of [`ROW_COLUMNS`].
pub(super) fn exchange_row(row: &Row<'_>) -> duckdb::Result<ExchangeRow> {
    // A response before its request happens in captures with packets out of order: no negative time is shown.
    let elapsed = |index: usize| -> duckdb::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(index)?.map(|us| u64::try_from(us).unwrap_or(0)))
    };
    Ok(ExchangeRow {
        exchange_id: row.get(0)?,
        flow_id: row.get(1)?,
        started_us: row.get(2)?,
        client_service: row.get(3)?,
        server_service: row.get(4)?,
        client_ip: row.get(5)?,
        client_port: row.get(6)?,
        server_ip: row.get(7)?,
        server_port: row.get(8)?,
        protocol: row.get(9)?,
        method: row.get(10)?,
        host: row.get(11)?,
        target: row.get(12)?,
        path: row.get(13)?,
        status: row.get(14)?,
        ttfb_us: elapsed(15)?,
        duration_us: elapsed(16)?,
        request_body_bytes: row.get(17)?,
        response_body_bytes: row.get(18)?,
        content_type: row.get(19)?,
        user_agent: row.get(20)?,
        origin_ip: row.get(21)?,
        identity: row.get(22)?,
        identity_kind: row.get(23)?,
        trace_id: row.get(24)?,
        complete: row.get(25)?,
        error: row.get(26)?,
        grpc_status: row.get(27)?,
        request_messages: row.get(28)?,
        response_messages: row.get(29)?,
    })
}

impl Reader {
    /// A page of the sorted scope.
    ///
    /// # Errors
    /// `BadQuestion` for a column that cannot be sorted by or more than 1,000 rows.
    pub fn exchanges(&self, question: &ExchangesQuestion) -> Result<ExchangesPage> {
        let ExchangesQuestion { scope, sort, descending, offset, limit } = question;
        let part = Part { scope, sort, descending: *descending, offset: *offset, limit: *limit };
        let (total, ids) = self.part(Grid::Exchanges, &part)?;
        Ok(ExchangesPage { total, offset: question.offset, rows: self.exchanges_by_id(&ids)? })
    }

    /// Rows in the order of their numbers' list.
    fn exchanges_by_id(&self, ids: &[u64]) -> Result<Vec<ExchangeRow>> {
        let Some(condition) = numbered("exchange_id", ids) else { return Ok(Vec::new()) };
        let sql = format!("SELECT {ROW_COLUMNS} FROM raw.exchanges WHERE {condition}");
        let mut rows = self.rows(&sql, [], exchange_row)?;
        as_listed(&mut rows, ids, |row| row.exchange_id);
        Ok(rows)
    }

    /// Where the first exchange started at or after an instant stands in the scope sorted by time, and how many there are.
    pub fn exchange_index(&self, question: &ExchangeAtQuestion) -> Result<(u64, u64)> {
        let condition = Condition::of(&question.scope)?;
        let sql = format!(
            "SELECT (count(*) FILTER (started_us < {}))::UBIGINT, count(*)::UBIGINT FROM raw.exchanges WHERE {}",
            question.at_us,
            condition.sql()
        );
        Ok(self.first(&sql, condition.bound(), |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default())
    }
}
