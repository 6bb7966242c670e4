//! What packets tell of probes' hops, written beside packets' rows.

use std::sync::Arc;

use duckdb::Connection;

use super::beside::Beside;
use crate::{error::Result, rows::ProbeObserved, store::Shared};

/// A result with what packets tell of its hops. Durations are nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewObservation {
    /// The probe's number, as [`crate::Reader::probes_named`] tells.
    pub number: i32,
    pub intended_us: i64,
    /// The last of the exchanges that were looked at.
    pub newest_exchange: u64,
    pub unattributed_ns: Option<i64>,
    pub inconsistent: bool,
    /// All of them, also those of which nothing new is told.
    pub hops: Vec<ObservedHop>,
}

/// One of its hops.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservedHop {
    pub position: u16,
    /// Its times are those of its packets.
    pub observed: bool,
    pub own_ns: Option<i64>,
    pub link_ns: Option<i64>,
    pub received_at_ns: Option<i64>,
}

/// Writes what packets tell of hops. One is enough; it may write while others do.
pub struct ObservationWriter {
    beside: Beside,
}

impl ObservationWriter {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self { beside: Beside::new(connection, shared) }
    }

    /// Writes what packets tell of results, all or nothing, in the place of what they told before. They are durable when this returns.
    pub fn write(&mut self, observations: &[NewObservation]) -> Result<()> {
        let mut rows = ProbeObserved::default();
        for told in observations {
            for hop in &told.hops {
                rows.number.append_value(told.number);
                rows.intended_us.append_value(told.intended_us);
                rows.position.append_value(hop.position);
                rows.newest_exchange.append_value(told.newest_exchange);
                rows.observed.append_value(hop.observed);
                rows.own_ns.append_option(hop.own_ns);
                rows.link_ns.append_option(hop.link_ns);
                rows.received_at_ns.append_option(hop.received_at_ns);
                rows.unattributed_ns.append_option(told.unattributed_ns);
                rows.inconsistent.append_option(told.inconsistent.then_some(true));
            }
        }
        self.beside.replace(&removal(observations), vec![(ProbeObserved::TABLE, rows.take())])
    }

    /// Moves the log into the file when it is time.
    pub fn checkpoint_if_due(&mut self) {
        self.beside.checkpoint_if_due();
    }
}

/// Removes what was told of these before.
fn removal(observations: &[NewObservation]) -> String {
    let instants = || observations.iter().map(|told| told.intended_us);
    let (Some(first_us), Some(last_us)) = (instants().min(), instants().max()) else { return String::new() };
    let pairs: Vec<String> =
        observations.iter().map(|told| format!("({}, {})", told.number, told.intended_us)).collect();
    format!(
        "DELETE FROM raw.{} WHERE intended_us BETWEEN {first_us} AND {last_us} AND (number, intended_us) IN ({})",
        ProbeObserved::TABLE,
        pairs.join(", ")
    )
}
