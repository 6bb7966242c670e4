//! The order of a sorted grid: scrolling through millions of rows sorts them once, and what stands near either end is found
//! without sorting them at all.

use std::{collections::HashMap, ops::Range, sync::Arc};

use duckdb::{Params, arrow::array::UInt64Array};
use wirereel_query::{
    filter::Rows,
    question::{Scope, TimeRange},
};

use super::{Reader, scope::Condition};
use crate::{
    error::{Result, StoreError},
    store::locked,
};

/// Orders remembered; the least recently used goes first, of short ones for a short one.
const REMEMBERED: usize = 3;

/// Counts remembered: they are small, and one is for every sort of a scope.
const REMEMBERED_COUNTS: usize = 8;

/// Ranges up to this long, in microseconds, may have few rows.
const SHORT_US: i64 = 300_000_000;

/// Rows that are sorted without being counted first.
const FEW: usize = 20_000;

/// Rows from either end of a grid that are selected instead of sorting all: DuckDB keeps so many in a heap while it scans.
const NEAR_AN_END: u64 = 2_000;

/// Most rows of a page.
const MOST_ROWS: u32 = 1_000;

/// Which rows a grid shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    Exchanges,
    Flows,
}

impl Grid {
    fn id(self) -> &'static str {
        match self {
            Self::Exchanges => "exchange_id",
            Self::Flows => "flow_id",
        }
    }

    /// Where the rows of a condition are that are sorted by a column, if by any. Exchanges that no filter narrows need neither names nor texts.
    fn table(self, condition: &Condition, sort: Option<&str>) -> &'static str {
        match self {
            Self::Exchanges if !condition.is_filtered() && sort.is_none_or(|sort| TIMES.contains(&sort)) => {
                "raw.timed_exchanges"
            }
            Self::Exchanges => Rows::Exchanges.table(),
            Self::Flows => Rows::Flows.table(),
        }
    }

    fn sortable(self) -> &'static [&'static str] {
        match self {
            Self::Exchanges => &OF_EXCHANGES,
            Self::Flows => &OF_FLOWS,
        }
    }

    fn condition(self, scope: &Scope) -> Result<Condition> {
        match self {
            Self::Exchanges => Condition::of(scope),
            Self::Flows => Condition::of_flows(scope),
        }
    }
}

/// A part of a sorted grid.
pub(super) struct Part<'a> {
    pub(super) scope: &'a Scope,
    pub(super) sort: &'a str,
    pub(super) descending: bool,
    pub(super) offset: u64,
    pub(super) limit: u32,
}

impl Part<'_> {
    /// The numbers of this part of an ascending order.
    fn of(&self, order: &[u64]) -> Vec<u64> {
        let first = usize::try_from(self.offset).unwrap_or(usize::MAX).min(order.len());
        let last = first.saturating_add(self.limit as usize).min(order.len());
        if self.descending {
            order[order.len() - last..order.len() - first].iter().rev().copied().collect()
        } else {
            order[first..last].to_vec()
        }
    }
}

/// Columns the grid of flows can be sorted by.
const OF_FLOWS: [&str; 53] = [
    "flow_id",
    "source_id",
    "transport",
    "client_ip",
    "client_port",
    "server_ip",
    "server_port",
    "vlan",
    "tunnel",
    "client_service",
    "server_service",
    "process",
    "app_protocol",
    "opened_at",
    "closed_at",
    "close_reason",
    "handshake",
    "direction_known",
    "rtt_us",
    "rtt_min_us",
    "rtt_mean_us",
    "rtt_max_us",
    "client_packets",
    "server_packets",
    "client_bytes",
    "server_bytes",
    "client_missed_bytes",
    "server_missed_bytes",
    "client_retransmits",
    "server_retransmits",
    "client_out_of_order",
    "server_out_of_order",
    "client_keep_alives",
    "server_keep_alives",
    "client_zero_windows",
    "server_zero_windows",
    "client_conflicting_bytes",
    "server_conflicting_bytes",
    "encrypted",
    "upgraded_to",
    "upgraded_client_bytes",
    "upgraded_server_bytes",
    "history",
    "client_process",
    "server_process",
    "server_name",
    "duration_us",
    "packets",
    "bytes",
    "missed_bytes",
    "retransmits",
    "out_of_order",
    "zero_windows",
];

/// Columns the grid of exchanges can be sorted by.
const OF_EXCHANGES: [&str; 30] = [
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

/// Of these, what exchanges tell without the names of their ends and the texts of their pages.
const TIMES: [&str; 7] =
    ["exchange_id", "flow_id", "client_port", "started_at", "response_at", "finished_at", "duration_us"];

/// How many rows a scope has.
pub(crate) struct Count {
    generation: u64,
    grid: Grid,
    range: Option<TimeRange>,
    filter: String,
    rows: u64,
}

/// Row numbers of a scope, ascending by a column and then by number; NULL is last.
pub(crate) struct Order {
    generation: u64,
    grid: Grid,
    range: Option<TimeRange>,
    filter: String,
    sort: &'static str,
    pub(super) ids: Arc<Vec<u64>>,
}

impl Reader {
    /// How many rows a scope has, and the numbers of those in a part of it.
    ///
    /// # Errors
    /// `BadQuestion` for a column that cannot be sorted by or more than 1,000 rows.
    pub(super) fn part(&self, grid: Grid, part: &Part<'_>) -> Result<(u64, Vec<u64>)> {
        if part.limit > MOST_ROWS {
            return Err(StoreError::BadQuestion(format!("{} rows: a page has at most {MOST_ROWS}", part.limit)));
        }
        let sort = sortable(grid, part.sort)?;
        if let Some(order) = self.remembered(grid, part.scope, sort) {
            return Ok((order.len() as u64, part.of(&order)));
        }
        if grid == Grid::Flows
            && part.scope.range.is_some_and(|range| range.to_us.saturating_sub(range.from_us) <= SHORT_US)
            && let Some(order) = self.few(grid, part.scope, sort)?
        {
            return Ok((order.len() as u64, part.of(&order)));
        }
        let rows = self.count(grid, part.scope)?;
        let (first, last) = (part.offset.min(rows), part.offset.saturating_add(u64::from(part.limit)).min(rows));
        let ids = if first == last {
            Vec::new()
        } else if last <= NEAR_AN_END {
            self.near_end(grid, part.scope, sort, part.descending, first..last)?
        } else if rows - first <= NEAR_AN_END {
            let mut ids = self.near_end(grid, part.scope, sort, !part.descending, rows - last..rows - first)?;
            ids.reverse();
            ids
        } else {
            let order = self.order(grid, part.scope, sort)?;
            return Ok((order.len() as u64, part.of(&order)));
        };
        Ok((rows, ids))
    }

    /// The numbers of the rows at these places from the one end (ascending) or the other.
    fn near_end(
        &self,
        grid: Grid,
        scope: &Scope,
        sort: &str,
        descending: bool,
        places: Range<u64>,
    ) -> Result<Vec<u64>> {
        let condition = grid.condition(scope)?;
        let (id, table) = (grid.id(), grid.table(&condition, Some(sort)));
        // The very reverse of ascending, where NULL is last.
        let order =
            if descending { format!("{sort} DESC NULLS FIRST, {id} DESC") } else { format!("{sort} NULLS LAST, {id}") };
        let sql = format!(
            "SELECT {id} FROM {table} WHERE {} ORDER BY {order} LIMIT {} OFFSET {}",
            condition.sql(),
            places.end - places.start,
            places.start
        );
        self.rows(&sql, condition.bound(), |row| row.get(0))
    }

    /// How many rows a scope has.
    fn count(&self, grid: Grid, scope: &Scope) -> Result<u64> {
        let generation = self.shared.generation();
        let filter = scope.filter.trim();
        {
            let mut counts = locked(&self.shared.answers.counts);
            counts.retain(|count| count.generation == generation);
            let same = |count: &&Count| count.grid == grid && count.range == scope.range && count.filter == filter;
            if let Some(count) = counts.iter().find(same) {
                return Ok(count.rows);
            }
        }
        let condition = grid.condition(scope)?;
        let table = grid.table(&condition, None);
        let sql = format!("SELECT count(*)::UBIGINT FROM {table} WHERE {}", condition.sql());
        let rows = self.first(&sql, condition.bound(), |row| row.get(0))?.unwrap_or_default();
        let mut counts = locked(&self.shared.answers.counts);
        if counts.len() >= REMEMBERED_COUNTS {
            counts.remove(0);
        }
        counts.push(Count { generation, grid, range: scope.range, filter: filter.to_owned(), rows });
        Ok(rows)
    }

    /// The order of a scope by a column, ascending.
    pub(super) fn order(&self, grid: Grid, scope: &Scope, sort: &str) -> Result<Arc<Vec<u64>>> {
        let sort = sortable(grid, sort)?;
        if let Some(ids) = self.remembered(grid, scope, sort) {
            return Ok(ids);
        }
        let generation = self.shared.generation();
        let ids = Arc::new(self.sorted_ids(grid, scope, sort, None)?);
        self.remember(generation, grid, scope, sort, &ids);
        Ok(ids)
    }

    /// The order of a scope that turns out to have few rows: counting them and then sorting them reads everything twice.
    fn few(&self, grid: Grid, scope: &Scope, sort: &'static str) -> Result<Option<Arc<Vec<u64>>>> {
        let generation = self.shared.generation();
        let ids = self.sorted_ids(grid, scope, sort, Some(FEW + 1))?;
        if ids.len() > FEW {
            return Ok(None);
        }
        let ids = Arc::new(ids);
        self.remember(generation, grid, scope, sort, &ids);
        Ok(Some(ids))
    }

    fn remember(&self, generation: u64, grid: Grid, scope: &Scope, sort: &'static str, ids: &Arc<Vec<u64>>) {
        let filter = scope.filter.trim().to_owned();
        let order = Order { generation, grid, range: scope.range, filter, sort, ids: Arc::clone(ids) };
        let mut orders = locked(&self.shared.answers.orders);
        if orders.len() >= REMEMBERED {
            // A short order takes the place of a short one: long ones are dear.
            let is_short = |order: &Order| order.ids.len() <= FEW;
            let short = orders.iter().position(is_short).filter(|_| ids.len() <= FEW);
            orders.remove(short.unwrap_or(0));
        }
        orders.push(order);
    }

    /// The order of a scope, if it was asked for lately and no row has come since.
    fn remembered(&self, grid: Grid, scope: &Scope, sort: &str) -> Option<Arc<Vec<u64>>> {
        let generation = self.shared.generation();
        let filter = scope.filter.trim();
        let mut orders = locked(&self.shared.answers.orders);
        orders.retain(|order| order.generation == generation);
        let same = |order: &Order| {
            order.grid == grid && order.range == scope.range && order.filter == filter && order.sort == sort
        };
        let index = orders.iter().position(same)?;
        let order = orders.remove(index);
        let ids = Arc::clone(&order.ids);
        orders.push(order);
        Some(ids)
    }

    fn sorted_ids(&self, grid: Grid, scope: &Scope, sort: &str, most: Option<usize>) -> Result<Vec<u64>> {
        let condition = grid.condition(scope)?;
        let (id, table) = (grid.id(), grid.table(&condition, Some(sort)));
        let limit = most.map_or_else(String::new, |most| format!(" LIMIT {most}"));
        let sql = format!("SELECT {id} FROM {table} WHERE {} ORDER BY {sort} NULLS LAST, {id}{limit}", condition.sql());
        self.numbers(&sql, condition.bound())
    }

    /// The numbers that a query selects, column by column: reading millions of rows one by one takes longer than sorting them.
    fn numbers(&self, sql: &str, params: impl Params) -> Result<Vec<u64>> {
        self.proceed()?;
        let mut statement = self.connection().prepare(sql)?;
        let mut numbers = Vec::new();
        for batch in statement.query_arrow(params)? {
            let column = batch.column(0).as_any().downcast_ref::<UInt64Array>().expect("row numbers are UBIGINT");
            numbers.extend_from_slice(column.values());
        }
        self.proceed()?;
        Ok(numbers)
    }
}

/// The name of a column, if a grid can be sorted by it.
fn sortable(grid: Grid, sort: &str) -> Result<&'static str> {
    let sortable = grid.sortable();
    sortable.iter().copied().find(|column| *column == sort).ok_or_else(|| {
        StoreError::BadQuestion(format!("{sort:?} is not a column to sort by; allowed are {}", sortable.join(", ")))
    })
}

/// The condition for the rows with these numbers. The span lets whole row groups be skipped; the list then picks rows.
pub(super) fn numbered(id: &str, ids: &[u64]) -> Option<String> {
    let (first, last) = (ids.iter().min()?, ids.iter().max()?);
    let list: Vec<String> = ids.iter().map(u64::to_string).collect();
    Some(format!("{id} BETWEEN {first} AND {last} AND {id} IN ({})", list.join(", ")))
}

/// Brings rows into the order of their numbers' list.
pub(super) fn as_listed<T>(rows: &mut [T], ids: &[u64], id: impl Fn(&T) -> u64) {
    let place: HashMap<u64, usize> = ids.iter().enumerate().map(|(place, &id)| (id, place)).collect();
    rows.sort_unstable_by_key(|row| place.get(&id(row)).copied());
}
