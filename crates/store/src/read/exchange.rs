//! One exchange with everything about it except its bodies.

use std::sync::Arc;

use duckdb::Row;
use wirereel_query::{
    answer::{ExchangeDetail, FlowFacts, Header},
    question::Scope,
};

use super::{
    Reader,
    exchanges::{ROW_COLUMN_COUNT, ROW_COLUMNS, exchange_row},
    order::{Grid, as_listed, numbered},
};
use crate::error::{Result, StoreError};

/// An exchange with what is needed to write it out.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExchange {
    /// Without its flow.
    pub detail: ExchangeDetail,
    /// `http` or `https`.
    pub scheme: String,
    /// Place among the exchanges of its flow, from 0.
    pub ordinal: u32,
}

/// What a detail takes beyond a grid's row.
const MORE_COLUMNS: &str = "request_headers, response_headers, request_content_encoding, response_content_encoding, \
    epoch_ns(finished_at) // 1000, ordinal, scheme";

fn stored_row(row: &Row<'_>) -> duckdb::Result<StoredExchange> {
    const MORE: usize = ROW_COLUMN_COUNT;
    let shown = exchange_row(row)?;
    let headers = |index: usize| -> duckdb::Result<Vec<Header>> { Ok(parse_headers(&row.get::<_, String>(index)?)) };
    let detail = ExchangeDetail {
        request_headers: headers(MORE)?,
        response_headers: headers(MORE + 1)?,
        request_content_encoding: row.get(MORE + 2)?,
        response_content_encoding: row.get(MORE + 3)?,
        response_us: shown.ttfb_us.and_then(|us| i64::try_from(us).ok()),
        finished_us: row.get(MORE + 4)?,
        flow: None,
        row: shown,
    };
    Ok(StoredExchange { detail, ordinal: row.get(MORE + 5)?, scheme: row.get(MORE + 6)? })
}

impl Reader {
    /// The exchange's detail.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn exchange(&self, exchange_id: u64) -> Result<ExchangeDetail> {
        let sql = format!("SELECT {ROW_COLUMNS}, {MORE_COLUMNS} FROM raw.exchanges WHERE exchange_id = ?");
        let found = self.first(&sql, [exchange_id], stored_row)?;
        let StoredExchange { mut detail, ordinal, .. } =
            found.ok_or_else(|| StoreError::NotFound(format!("exchange {exchange_id}")))?;
        detail.flow = self.flow_facts(detail.row.flow_id, ordinal)?;
        Ok(detail)
    }

    /// Numbers of the exchanges of a scope, by the time they started.
    ///
    /// # Errors
    /// `BadFilter`.
    pub fn exchange_numbers(&self, scope: &Scope) -> Result<Arc<Vec<u64>>> {
        self.order(Grid::Exchanges, scope, "started_at")
    }

    /// Exchanges in the order of their numbers' list.
    pub fn exchange_details(&self, ids: &[u64]) -> Result<Vec<StoredExchange>> {
        let Some(condition) = numbered("exchange_id", ids) else { return Ok(Vec::new()) };
        let sql = format!("SELECT {ROW_COLUMNS}, {MORE_COLUMNS} FROM raw.exchanges WHERE {condition}");
        let mut details = self.rows(&sql, [], stored_row)?;
        as_listed(&mut details, ids, |exchange| exchange.detail.row.exchange_id);
        Ok(details)
    }

    /// The flow's row as facts, seen from one of its exchanges; `None` while the flow is open in a running import.
    fn flow_facts(&self, flow_id: u64, ordinal: u32) -> Result<Option<FlowFacts>> {
        let on_flow = self.first(
            "SELECT count(*)::UBIGINT, (count(*) FILTER (ordinal <= ?))::UBIGINT FROM raw.http_exchanges WHERE flow_id = ?",
            duckdb::params![ordinal, flow_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let (exchanges, position) = on_flow.unwrap_or_default();
        let sql = "SELECT client_ip, client_port, server_ip, server_port, epoch_ns(opened_at) // 1000, \
                   epoch_ns(closed_at) // 1000, close_reason, handshake, rtt_us, client_packets, server_packets, client_bytes, \
                   server_bytes, client_missed_bytes, server_missed_bytes, client_retransmits, server_retransmits, history, \
                   (SELECT name FROM raw.sources s WHERE s.source_id = f.source_id) FROM flows f WHERE flow_id = ?";
        self.first(sql, [flow_id], |row| {
            let end = |index: usize| -> duckdb::Result<String> {
                let (ip, port): (String, u16) = (row.get(index)?, row.get(index + 1)?);
                Ok(if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") })
            };
            Ok(FlowFacts {
                flow_id,
                client: end(0)?,
                server: end(2)?,
                opened_us: row.get(4)?,
                closed_us: row.get(5)?,
                close_reason: row.get(6)?,
                handshake: row.get(7)?,
                rtt_us: row.get::<_, Option<i64>>(8)?.and_then(|us| u64::try_from(us).ok()),
                client_packets: row.get(9)?,
                server_packets: row.get(10)?,
                client_bytes: row.get(11)?,
                server_bytes: row.get(12)?,
                client_missed_bytes: row.get(13)?,
                server_missed_bytes: row.get(14)?,
                client_retransmits: row.get(15)?,
                server_retransmits: row.get(16)?,
                history: row.get(17)?,
                exchanges,
                position,
                source_name: row.get::<_, Option<String>>(18)?.unwrap_or_default(),
            })
        })
    }
}

/// The lines of a stored header block.
fn parse_headers(block: &str) -> Vec<Header> {
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        Header { name: name.to_owned(), value: value.trim().to_owned() }
    };
    block.lines().filter(|line| !line.is_empty()).map(header).collect()
}
