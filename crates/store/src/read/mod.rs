//! The reading side: answers to the questions of `wirereel-query`, and to users' SQL.

mod alerts;
mod busiest;
mod checks;
mod complete;
mod copy;
mod cover;
mod customers;
mod density;
mod difference;
mod edges;
mod exchange;
mod exchanges;
mod flows;
mod golden;
mod graph;
mod incidents;
mod inspect;
mod json;
mod metrics;
mod names;
mod naming;
mod nearby;
mod next_event;
mod order;
mod packets;
mod passing;
mod probes;
mod problems;
mod recording;
mod results;
mod scope;
mod sequence;
mod series;
mod sql;
mod state;
mod topology;
mod unresolved;
mod who;

use std::sync::{Arc, Mutex};

use duckdb::{
    Connection, Params, Row,
    arrow::{array::Int64Array, record_batch::RecordBatch},
    types::Value,
};
use wirereel_query::answer::ServiceKind;

use crate::{
    error::{Result, StoreError},
    lanes::Place,
    store::Shared,
};

pub use alerts::{AlertPage, TargetFigures};
pub use checks::{CheckReading, CheckSample};
pub use copy::{Copied, CopyFormat};
pub use difference::{WindowFigures, difference};
pub use exchange::StoredExchange;
pub use metrics::{FigurePoint, MetricPoint, StoredFigure};
pub(crate) use naming::{PEER_COLUMNS, peer, peers_of};
pub use packets::SourcePath;
pub use probes::{PathParts, ProbeReading, ProbeSample, SeenExchange, SeenProbe, ToldProbe};
pub use problems::WaitingProblem;

/// Rows that are looked at one by one; of more the database sums up first.
const FEW_ROWS: u64 = 4_000_000;

/// Answers questions over one connection. Take one per question; dropping it gives the connection back.
pub struct Reader {
    /// Present until dropped.
    connection: Option<Connection>,
    place: Option<Place>,
    shared: Arc<Shared>,
}

/// What readers of one generation share.
#[derive(Default)]
pub(crate) struct SharedAnswers {
    graph: Mutex<Option<Arc<graph::Graph>>>,
    orders: Mutex<Vec<order::Order>>,
    incidents: Mutex<Option<incidents::Remembered>>,
    counts: Mutex<Vec<order::Count>>,
    who: Mutex<who::Following>,
    customers: Mutex<Option<customers::Remembered>>,
}

impl Reader {
    pub(crate) fn new(connection: Connection, place: Option<Place>, shared: Arc<Shared>) -> Self {
        Self { connection: Some(connection), place, shared }
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("only drop takes the connection")
    }

    /// Every row of a query, mapped.
    fn rows<T, P: Params>(
        &self,
        sql: &str,
        params: P,
        map: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>> {
        self.proceed()?;
        let mut statement = self.connection().prepare(sql)?;
        let rows = statement.query_map(params, map)?;
        let rows = rows.collect::<duckdb::Result<_>>()?;
        self.proceed()?;
        Ok(rows)
    }

    /// Every row of a query, given to a closure.
    fn each<P: Params>(&self, sql: &str, params: P, each: impl FnMut(&Row<'_>) -> duckdb::Result<()>) -> Result<()> {
        self.rows(sql, params, each).map(drop)
    }

    /// A query's result as columns, for answers of many rows.
    fn batches<P: Params>(&self, sql: &str, params: P, each: impl FnMut(&RecordBatch)) -> Result<()> {
        self.proceed()?;
        let mut statement = self.connection().prepare(sql)?;
        let batches: Vec<RecordBatch> = statement.query_arrow(params)?.collect();
        self.proceed()?;
        batches.iter().for_each(each);
        Ok(())
    }

    /// The first row of a query, mapped.
    pub(crate) fn first<T, P: Params>(
        &self,
        sql: &str,
        params: P,
        map: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.rows(sql, params, map)?.into_iter().next())
    }

    /// Gives every row of a query for numbers, all `BIGINT`, to a closure.
    fn numbers_of<const N: usize>(&self, sql: &str, params: &[Value], mut each: impl FnMut([i64; N])) -> Result<()> {
        self.batches(sql, duckdb::params_from_iter(params.iter()), |batch| {
            let columns: [&Int64Array; N] = std::array::from_fn(|index| {
                batch.column(index).as_any().downcast_ref().expect("every column is cast to BIGINT")
            });
            for row in 0..batch.num_rows() {
                each(columns.map(|column| column.value(row)));
            }
        })
    }

    /// Whether there are more flows, and more exchanges, than are looked at one by one.
    fn many_rows(&self) -> Result<(bool, bool)> {
        let sql =
            "SELECT (SELECT count(*) FROM raw.flows)::UBIGINT, (SELECT count(*) FROM raw.http_exchanges)::UBIGINT";
        let rows: Option<(u64, u64)> = self.first(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.map_or((false, false), |(flows, exchanges)| (flows > FEW_ROWS, exchanges > FEW_ROWS)))
    }

    /// Ends the question when a newer one has taken its place: an interrupt that came between two queries is not lost.
    ///
    /// # Errors
    /// `Superseded`.
    pub fn proceed(&self) -> Result<()> {
        match &self.place {
            Some(place) if place.is_taken() => Err(StoreError::Superseded),
            _ => Ok(()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            self.shared.lanes.give_up(place);
        }
        if let Some(connection) = self.connection.take() {
            self.shared.give_back(connection);
        }
    }
}

/// How a kind of service is written in rows.
pub(crate) fn kind_name(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::Service => "service",
        ServiceKind::Customers => "customers",
        ServiceKind::External => "external",
        ServiceKind::Unresolved => "unresolved",
    }
}

/// The kind behind its name in rows.
pub(crate) fn kind_of(name: &str) -> ServiceKind {
    match name {
        "service" => ServiceKind::Service,
        "customers" => ServiceKind::Customers,
        "external" => ServiceKind::External,
        _ => ServiceKind::Unresolved,
    }
}
