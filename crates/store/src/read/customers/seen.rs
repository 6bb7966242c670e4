//! When customers' addresses were first and last seen in the whole recording.

use std::sync::Arc;

use super::{super::graph::Graph, Reader};
use crate::{
    error::Result,
    schema::{OngoingConnections, connections_sql},
    store::locked,
};

/// First and last times by the number of an address, in microseconds. Of one that was never seen the first is after the last.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) first_us: Vec<i64>,
    pub(super) last_us: Vec<i64>,
}

/// The times of one generation.
#[derive(Debug)]
pub(crate) struct Remembered {
    generation: u64,
    seen: Arc<Seen>,
}

impl Reader {
    /// Times of all customers, shared by the questions of a generation.
    pub(super) fn customers_seen(&self, graph: &Graph, ongoing: OngoingConnections) -> Result<Arc<Seen>> {
        let remembered = &self.shared.answers.customers;
        if let Some(known) = locked(remembered).as_ref()
            && known.generation == graph.generation()
        {
            return Ok(Arc::clone(&known.seen));
        }
        let customers = graph.who.customers();
        let count = customers.addresses.len();
        let mut seen = Seen { first_us: vec![i64::MAX; count], last_us: vec![i64::MIN; count] };
        let (many_flows, many_exchanges) = self.many_rows()?;
        let connections = connections_sql(ongoing);
        let flows =
            format!("SELECT client_peer, opened_us AS a, coalesce(closed_us, opened_us) AS b FROM ({connections})");
        let mut sources = vec![(flows, many_flows)];
        if ongoing == OngoingConnections::Count {
            let exchanges =
                "SELECT client_peer, started_us AS a, coalesce(response_us, started_us) AS b FROM raw.http_exchanges";
            sources.push((exchanges.to_owned(), many_exchanges));
        }
        for (rows, many) in sources {
            let sql = if many {
                format!("SELECT client_peer::BIGINT, min(a)::BIGINT, max(b)::BIGINT FROM ({rows}) GROUP BY client_peer")
            } else {
                format!("SELECT client_peer::BIGINT, a::BIGINT, b::BIGINT FROM ({rows})")
            };
            self.numbers_of(&sql, &[], |[peer, first_us, last_us]| {
                if let Some(number) = i32::try_from(peer).ok().and_then(|peer| customers.number(peer)) {
                    seen.first_us[number] = seen.first_us[number].min(first_us);
                    seen.last_us[number] = seen.last_us[number].max(last_us);
                }
            })?;
        }
        let seen = Arc::new(seen);
        *locked(remembered) = Some(Remembered { generation: graph.generation(), seen: Arc::clone(&seen) });
        Ok(seen)
    }
}
