//! Customers: addresses from outside that reached an entry point, by network, address or identity.
//!
//! Addresses are numbered ([`super::who`]), and what each did is counted into a place of its own: a million of them take one pass over
//! the rows of the range. Groups, totals and the curve are sums over these places.

mod counted;
mod curve;
mod identities;
mod network;
mod rows;
mod seen;

use std::sync::Arc;

use duckdb::types::Value;
use wirereel_query::{
    customers::{CustomerGrouping, Customers, CustomersQuestion},
    filter,
    question::TimeRange,
};

use super::{Reader, scope::Condition, who::Who};
use crate::{
    error::{Result, StoreError},
    schema::OngoingConnections,
};

use curve::Axis;
use network::Network;
pub(crate) use seen::Remembered;
use seen::Seen;

/// Most rows of a page.
const MOST_ROWS: u32 = 500;
/// Most points of the curve.
const MOST_POINTS: u32 = 600;

/// What is asked, and of whom.
struct Asked {
    range: TimeRange,
    axis: Axis,
    ongoing: OngoingConnections,
    who: Who,
    network: Option<Network>,
    seen: Arc<Seen>,
    /// What the scope's filter selects, as a condition on exchanges `x`; `None` without a filter.
    filtered: Option<Condition>,
    /// There are more flows, or more exchanges, than are looked at one by one.
    many: (bool, bool),
}

impl Reader {
    /// Customers of a scope.
    ///
    /// # Errors
    /// `BadQuestion` for more than 500 rows, more than 600 points or a network that is none, `BadFilter`.
    pub fn customers(&self, question: &CustomersQuestion) -> Result<Customers> {
        if question.limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{} rows: a page has at most {MOST_ROWS}", question.limit)));
        }
        if question.points > MOST_POINTS {
            return Err(StoreError::BadQuestion(format!(
                "{} points: there are at most {MOST_POINTS}",
                question.points
            )));
        }
        let network = question.network.as_deref().map(Network::read).transpose()?;
        let filtered = if question.scope.filter.trim().is_empty() {
            None
        } else {
            let matching = Condition::of(&question.scope)?;
            let mut selected = Condition::default();
            selected.and(format!("x.exchange_id IN (SELECT exchange_id FROM raw.exchanges WHERE {})", matching.sql()));
            selected.params = matching.params;
            Some(selected)
        };
        let graph = self.graph()?;
        let mut answer = Customers {
            entry_points: graph.entry_points.clone(),
            entry_points_guessed: graph.entry_points_guessed,
            ..Customers::default()
        };
        let Some(range) = graph.whole().map(|whole| question.scope.range.unwrap_or(whole)) else { return Ok(answer) };
        answer.range = Some(range);
        let ongoing = self.ongoing_connections()?;
        let asked = Asked {
            range,
            axis: Axis::of(range, question.points),
            ongoing,
            who: graph.who.clone(),
            network,
            seen: self.customers_seen(&graph, ongoing)?,
            filtered,
            many: self.many_rows()?,
        };
        let counted = self.count_customers(&asked)?;
        counted.total(&asked, &mut answer);
        answer.identities = self.identities(&asked)?;
        match question.by {
            CustomerGrouping::Identity => self.identity_rows(&asked, question, &mut answer)?,
            _ => counted.rows(&asked, question, &mut answer),
        }
        for row in &mut answer.rows {
            row.filter = filter_of(question, row);
        }
        counted.curve(&asked, &mut answer);
        Ok(answer)
    }

    /// Files have a flow for every connection; live traffic has none for those that go on.
    fn ongoing_connections(&self) -> Result<OngoingConnections> {
        let live = self.first("SELECT bool_or(kind = 'interface') FROM raw.sources", [], |row| row.get(0))?;
        let is_live = live.flatten().unwrap_or(false);
        Ok(if is_live { OngoingConnections::Count } else { OngoingConnections::No })
    }
}

impl Asked {
    fn is_in_range(&self, us: i64) -> bool {
        (self.range.from_us..self.range.to_us).contains(&us)
    }

    /// The number of a peer's address, where it is a customer of the network asked for.
    fn address(&self, peer: i64) -> Option<usize> {
        let customers = self.who.customers();
        let number = customers.number(i32::try_from(peer).ok()?)?;
        self.network.is_none_or(|network| network.contains(customers.addresses[number])).then_some(number)
    }

    /// Connections `f` that count: alive in the range, and with a matching exchange where there is a filter.
    fn connections(&self) -> String {
        let alive = format!(
            "coalesce(f.closed_us, {}) >= {} AND f.opened_us < {}",
            i64::MAX,
            self.range.from_us,
            self.range.to_us
        );
        match &self.filtered {
            None => alive,
            Some(filtered) => {
                format!(
                    "{alive} AND f.flow_id IN (SELECT x.flow_id FROM raw.http_exchanges x WHERE {})",
                    filtered.sql()
                )
            }
        }
    }

    /// Exchanges `x` that count.
    fn exchanges(&self) -> String {
        let started = format!("x.started_us >= {} AND x.started_us < {}", self.range.from_us, self.range.to_us);
        self.filtered.as_ref().map_or_else(|| started.clone(), |filtered| format!("{started} AND {}", filtered.sql()))
    }

    /// Parameters of the filter.
    fn params(&self) -> &[Value] {
        self.filtered.as_ref().map_or(&[], |filtered| &filtered.params)
    }
}

/// What selects the exchanges of a row, and of what was asked for, in the grid.
fn filter_of(question: &CustomersQuestion, row: &wirereel_query::customers::CustomerRow) -> String {
    let mut parts = Vec::new();
    let asked = question.scope.filter.trim();
    if !asked.is_empty() {
        parts.push(format!("({asked})"));
    }
    parts.push("client:customers".to_owned());
    match question.by {
        CustomerGrouping::Network | CustomerGrouping::Address => parts.push(format!("client_ip:{}", row.name)),
        CustomerGrouping::Identity => {
            if let Some(network) = &question.network {
                parts.push(format!("client_ip:{}", filter::quote(network.trim())));
            }
            match &row.identity_kind {
                None if row.name.is_empty() => parts.push("identity:none".to_owned()),
                kind => {
                    parts.push(format!("identity:{}", filter::quote(&row.name)));
                    parts.push(format!("identity_kind:{}", kind.as_deref().unwrap_or("none")));
                }
            }
        }
    }
    parts.join(" ")
}
