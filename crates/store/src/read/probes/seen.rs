//! The exchanges that a probe itself was, where they were captured.

use super::{super::Reader, quoted};
use crate::error::Result;

/// How far a capturing host's clock may be from the sender's, microseconds.
const CLOCKS_US: i64 = 3_600_000_000;

/// An exchange of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenExchange {
    pub exchange_id: u64,
    pub client_ip: String,
    pub client_port: u16,
    pub server_ip: String,
    pub server_port: u16,
    /// The request's first packet, nanoseconds since 1970.
    pub started_ns: i64,
    /// The answer's last packet; `None` when there was none.
    pub finished_ns: Option<i64>,
}

impl Reader {
    /// Exchanges of a trace about an instant, microseconds since 1970, in the order of their beginnings; a hundred at most.
    pub fn exchanges_of_trace(&self, trace_id: &str, about_us: i64) -> Result<Vec<SeenExchange>> {
        let (from_us, to_us) = (about_us.saturating_sub(CLOCKS_US), about_us.saturating_add(CLOCKS_US));
        let sql = format!(
            "SELECT exchange_id, client_ip, client_port, server_ip, server_port, epoch_ns(started_at), epoch_ns(finished_at) \
             FROM raw.exchanges WHERE started_us BETWEEN {from_us} AND {to_us} AND trace_id = {} \
             ORDER BY started_at, exchange_id LIMIT 100",
            quoted([trace_id])
        );
        self.rows(&sql, [], |row| {
            Ok(SeenExchange {
                exchange_id: row.get(0)?,
                client_ip: row.get(1)?,
                client_port: row.get(2)?,
                server_ip: row.get(3)?,
                server_port: row.get(4)?,
                started_ns: row.get(5)?,
                finished_ns: row.get(6)?,
            })
        })
    }
}
