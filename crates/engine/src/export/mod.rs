//! What a flow, an exchange or a filter selects, written to a file that others can open.

mod har;
mod merge;
mod pcap;
mod rows;

use wirereel_query::question::Scope;

pub use pcap::pcap;
pub use rows::{RowsExport, rows};

/// Whose packets are exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// One flow.
    Flow(u64),
    /// The flow of one exchange.
    Exchange(u64),
    /// The packets in the range of the flows that match themselves or by one of their exchanges.
    Scope(Scope),
}
