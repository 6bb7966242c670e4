//! Addresses nobody could name.
//!
//! As customers', they are numbered ([`super::who`]), and what each did is counted into a place of its own in one pass over the rows of the
//! range. A page is chosen from these places; who is at the other end is looked up for its rows alone.

mod counted;
mod ends;
mod page;

use duckdb::types::Value;
use wirereel_query::customers::{UnresolvedPage, UnresolvedQuestion};

use super::{Reader, scope::Condition};
use crate::error::{Result, StoreError};

/// Most rows of a page.
const MOST_ROWS: u32 = 500;

/// Conditions on flows `f` and exchanges `x`, with the parameters of each.
struct Among {
    flows: String,
    exchanges: String,
    params: Vec<Value>,
}

impl Reader {
    /// A page of unresolved addresses with a flow or an exchange in the range; with a filter, only flows with a matching exchange, and matching
    /// exchanges, count.
    ///
    /// # Errors
    /// `BadQuestion` for more than 500 rows, `BadFilter`.
    pub fn unresolved(&self, question: &UnresolvedQuestion) -> Result<UnresolvedPage> {
        if question.limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{} rows: a page has at most {MOST_ROWS}", question.limit)));
        }
        let among = Among::of(question)?;
        let graph = self.graph()?;
        let search = question.search.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        let counted = self.count_unresolved(&graph, &among, search.as_deref())?;
        let (mut page, listed) = counted.page(&graph.who, question, search.as_deref());
        self.add_other_ends(&graph.who, &among, &listed, &mut page.rows)?;
        Ok(page)
    }
}

impl Among {
    fn of(question: &UnresolvedQuestion) -> Result<Self> {
        let scope = &question.scope;
        let (mut flows, mut exchanges) = (Condition::default(), Condition::default());
        if let Some(range) = scope.range {
            flows.and(format!("f.closed_us >= {} AND f.opened_us < {}", range.from_us, range.to_us));
            exchanges.and(format!("x.started_us >= {} AND x.started_us < {}", range.from_us, range.to_us));
        }
        let mut params = Vec::new();
        if !scope.filter.trim().is_empty() {
            let matching = Condition::of(scope)?;
            let of_exchanges = |column: &str| format!("(SELECT {column} FROM raw.exchanges WHERE {})", matching.sql());
            flows.and(format!("f.flow_id IN {}", of_exchanges("flow_id")));
            exchanges.and(format!("x.exchange_id IN {}", of_exchanges("exchange_id")));
            params = matching.params;
        }
        Ok(Self { flows: flows.sql(), exchanges: exchanges.sql(), params })
    }
}
