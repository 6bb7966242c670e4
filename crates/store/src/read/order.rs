//! The order of a sorted grid, remembered: scrolling through a million rows sorts them once.

use std::sync::Arc;

use wirereel_query::question::{Scope, TimeRange};

use super::{Reader, scope::Condition};
use crate::{
    error::{Result, StoreError},
    store::locked,
};

/// Orders remembered; the least recently used goes first.
const REMEMBERED: usize = 3;

/// Columns the grid can be sorted by.
const SORTABLE: [&str; 30] = [
    "exchange_id",
    "flow_id",
    "source_id",
    "client_ip",
    "client_port",
    "server_ip",
    "server_port",
    "client_service",
    "server_service",
    "started_at",
    "response_at",
    "finished_at",
    "ttfb_us",
    "duration_us",
    "protocol",
    "method",
    "scheme",
    "host",
    "target",
    "path",
    "status",
    "request_body_bytes",
    "response_body_bytes",
    "content_type",
    "user_agent",
    "origin_ip",
    "identity",
    "trace_id",
    "complete",
    "error",
];

/// Exchange numbers of a scope, ascending by a column and then by number; NULL is last.
pub(crate) struct Order {
    generation: u64,
    range: Option<TimeRange>,
    filter: String,
    sort: &'static str,
    pub(super) ids: Arc<Vec<u64>>,
}

impl Reader {
    /// The order of a scope by a column, ascending.
    pub(super) fn order(&self, scope: &Scope, sort: &str) -> Result<Arc<Vec<u64>>> {
        let sort = SORTABLE.into_iter().find(|column| *column == sort).ok_or_else(|| {
            StoreError::BadQuestion(format!("{sort:?} is not a column to sort by; allowed are {}", SORTABLE.join(", ")))
        })?;
        let generation = self.shared.generation();
        let filter = scope.filter.trim();
        {
            let mut orders = locked(&self.shared.answers.orders);
            orders.retain(|order| order.generation == generation);
            let same = |order: &Order| order.range == scope.range && order.filter == filter && order.sort == sort;
            if let Some(index) = orders.iter().position(same) {
                let order = orders.remove(index);
                let ids = Arc::clone(&order.ids);
                orders.push(order);
                return Ok(ids);
            }
        }
        let ids = Arc::new(self.sorted_ids(scope, sort)?);
        let order = Order { generation, range: scope.range, filter: filter.to_owned(), sort, ids: Arc::clone(&ids) };
        let mut orders = locked(&self.shared.answers.orders);
        if orders.len() >= REMEMBERED {
            orders.remove(0);
        }
        orders.push(order);
        Ok(ids)
    }

    fn sorted_ids(&self, scope: &Scope, sort: &str) -> Result<Vec<u64>> {
        let condition = Condition::of(scope)?;
        let sql = format!(
            "SELECT exchange_id FROM raw.exchanges WHERE {} ORDER BY {sort} NULLS LAST, exchange_id",
            condition.sql()
        );
        self.rows(&sql, condition.bound(), |row| row.get(0))
    }
}
