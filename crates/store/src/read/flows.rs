//! Pages of the flows grid, and one flow with everything about it except its packets.

use duckdb::Row;
use wirereel_query::{
    answer::{FlowDetail, FlowRow, FlowsPage, TlsFacts},
    question::FlowsQuestion,
};

use super::{
    Reader,
    exchanges::{ROW_COLUMNS as EXCHANGE_COLUMNS, exchange_row},
    order::{Grid, Part, as_listed, numbered},
};
use crate::{
    error::{Result, StoreError},
    rows::source_and_flow,
};

/// Exchanges that a flow's detail shows; a long-lived connection has thousands, and the grid pages through them.
const SHOWN_EXCHANGES: u32 = 200;

/// The select list [`flow_row`] reads from `raw.named_flows`: the columns of `flows` in their order.
const ROW_COLUMNS: &str = "flow_id, source_id, transport, client_ip, client_port, server_ip, server_port, vlan, tunnel, \
    client_service, server_service, process, app_protocol, opened_us, closed_us, \
    close_reason, handshake, direction_known, rtt_us, rtt_min_us, rtt_mean_us, rtt_max_us, client_packets, server_packets, \
    client_bytes, server_bytes, client_missed_bytes, server_missed_bytes, client_retransmits, server_retransmits, \
    client_out_of_order, server_out_of_order, client_keep_alives, server_keep_alives, client_zero_windows, \
    server_zero_windows, client_conflicting_bytes, server_conflicting_bytes, encrypted, upgraded_to, \
    upgraded_client_bytes, upgraded_server_bytes, history, client_process, server_process";

fn flow_row(row: &Row<'_>) -> duckdb::Result<FlowRow> {
    let elapsed = |index: usize| -> duckdb::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(index)?.and_then(|us| u64::try_from(us).ok()))
    };
    Ok(FlowRow {
        flow_id: row.get(0)?,
        source_id: row.get(1)?,
        transport: row.get(2)?,
        client_ip: row.get(3)?,
        client_port: row.get(4)?,
        server_ip: row.get(5)?,
        server_port: row.get(6)?,
        vlan: row.get(7)?,
        tunnel: row.get(8)?,
        client_service: row.get(9)?,
        server_service: row.get(10)?,
        process: row.get(11)?,
        app_protocol: row.get(12)?,
        opened_us: row.get(13)?,
        closed_us: row.get(14)?,
        close_reason: row.get(15)?,
        handshake: row.get(16)?,
        direction_known: row.get(17)?,
        rtt_us: elapsed(18)?,
        rtt_min_us: elapsed(19)?,
        rtt_mean_us: elapsed(20)?,
        rtt_max_us: elapsed(21)?,
        client_packets: row.get(22)?,
        server_packets: row.get(23)?,
        client_bytes: row.get(24)?,
        server_bytes: row.get(25)?,
        client_missed_bytes: row.get(26)?,
        server_missed_bytes: row.get(27)?,
        client_retransmits: row.get(28)?,
        server_retransmits: row.get(29)?,
        client_out_of_order: row.get(30)?,
        server_out_of_order: row.get(31)?,
        client_keep_alives: row.get(32)?,
        server_keep_alives: row.get(33)?,
        client_zero_windows: row.get(34)?,
        server_zero_windows: row.get(35)?,
        client_conflicting_bytes: row.get(36)?,
        server_conflicting_bytes: row.get(37)?,
        encrypted: row.get(38)?,
        upgraded_to: row.get(39)?,
        upgraded_client_bytes: row.get(40)?,
        upgraded_server_bytes: row.get(41)?,
        history: row.get(42)?,
        client_process: row.get(43)?,
        server_process: row.get(44)?,
    })
}

impl Reader {
    /// A page of the sorted scope: flows alive in its range that match its filter themselves or by one of their exchanges.
    ///
    /// # Errors
    /// `BadQuestion` for a column that cannot be sorted by or more than 1,000 rows; `BadFilter`.
    pub fn flows(&self, question: &FlowsQuestion) -> Result<FlowsPage> {
        let FlowsQuestion { scope, sort, descending, offset, limit } = question;
        let part = Part { scope, sort, descending: *descending, offset: *offset, limit: *limit };
        let (total, ids) = self.part(Grid::Flows, &part)?;
        let mut page = FlowsPage { total, offset: question.offset, rows: Vec::new() };
        if let Some(condition) = numbered("flow_id", &ids) {
            let sql = format!("SELECT {ROW_COLUMNS} FROM raw.named_flows WHERE {condition}");
            page.rows = self.rows(&sql, [], flow_row)?;
            as_listed(&mut page.rows, &ids, |row| row.flow_id);
        }
        Ok(page)
    }

    /// A flow's row.
    ///
    /// # Errors
    /// `NotFound`, also for a flow that is still open in a running import.
    pub fn flow_row(&self, flow_id: u64) -> Result<FlowRow> {
        let sql = format!("SELECT {ROW_COLUMNS} FROM raw.named_flows WHERE flow_id = ?");
        let found = self.first(&sql, [flow_id], flow_row)?;
        found.ok_or_else(|| StoreError::NotFound(format!("flow {flow_id}")))
    }

    /// Everything about a flow except its packets.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn flow(&self, flow_id: u64) -> Result<FlowDetail> {
        let row = self.flow_row(flow_id)?;
        let sql = format!(
            "SELECT {EXCHANGE_COLUMNS} FROM raw.exchanges WHERE flow_id = ? ORDER BY ordinal, exchange_id LIMIT {SHOWN_EXCHANGES}"
        );
        let exchanges = self.rows(&sql, [flow_id], exchange_row)?;
        let total =
            self.first("SELECT count(*)::UBIGINT FROM raw.http_exchanges WHERE flow_id = ?", [flow_id], |row| {
                row.get(0)
            })?;
        Ok(FlowDetail {
            row,
            source_name: self.source(source_and_flow(flow_id).0)?.name,
            exchanges,
            exchanges_total: total.unwrap_or_default(),
            tls: self.handshake_of(flow_id)?,
            problems: self.problems_of_flow(flow_id)?,
            packets: self.positions(flow_id)?.len() as u64,
        })
    }

    fn handshake_of(&self, flow_id: u64) -> Result<Option<TlsFacts>> {
        let sql = "SELECT sni, alpn, version, cipher, ja4, certificate_subject, certificate_issuer, \
                   array_to_string(certificate_names, chr(30)), epoch_ns(certificate_not_before) // 1000, \
                   epoch_ns(certificate_not_after) // 1000 FROM raw.tls_handshakes WHERE flow_id = ? \
                   ORDER BY happened_at LIMIT 1";
        self.first(sql, [flow_id], |row| {
            let names: Option<String> = row.get(7)?;
            Ok(TlsFacts {
                sni: row.get(0)?,
                alpn: row.get(1)?,
                version: row.get(2)?,
                cipher: row.get(3)?,
                ja4: row.get(4)?,
                certificate_subject: row.get(5)?,
                certificate_issuer: row.get(6)?,
                // Joined by the record separator, which no name contains.
                certificate_names: names
                    .unwrap_or_default()
                    .split('\u{1e}')
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
                certificate_not_before_us: row.get(8)?,
                certificate_not_after_us: row.get(9)?,
            })
        })
    }
}
