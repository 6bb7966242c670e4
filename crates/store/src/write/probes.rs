//! What comes of probes, written beside packets' rows.

use std::{collections::HashMap, sync::Arc};

use duckdb::Connection;
use wirereel_query::{checks::CheckState, probes::HopReported};

use super::{beside::Beside, checks::code_of};
use crate::{
    error::Result,
    rows::{ProbeHops, ProbeNames, ProbeObserved, ProbeResults},
    store::Shared,
};

/// A result to be kept. Durations are nanoseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewProbeRun {
    pub probe: String,
    pub intended_us: i64,
    pub at_us: i64,
    pub instants: u32,
    pub state: CheckState,
    pub white_box: bool,
    /// The way in words.
    pub path: Option<String>,
    pub reason: Option<String>,
    pub failure: Option<String>,
    /// 32 hexadecimal digits.
    pub probe_id: Option<String>,
    pub total_ns: Option<u64>,
    pub connect_ns: Option<u64>,
    pub unattributed_ns: Option<i64>,
    pub inconsistent: bool,
    pub ignored_records: u32,
    pub last_seen: Option<String>,
    pub grpc_status: Option<u32>,
    pub http_status: Option<u16>,
    pub from_region: String,
    pub to_region: String,
    pub to_service: String,
    pub local: Option<String>,
    pub remote: Option<String>,
    pub hops: Vec<NewProbeHop>,
}

/// One of its hops. Durations are nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewProbeHop {
    pub position: u16,
    pub hop: String,
    pub region: String,
    /// `relay`, `gateway` or `responder`.
    pub role: Option<&'static str>,
    pub reported: HopReported,
    pub own_ns: Option<i64>,
    pub link_ns: Option<i64>,
    pub residence_ns: Option<u64>,
    pub queue_ns: Option<u64>,
    pub backend_ns: Option<u64>,
    pub received_at_ns: Option<i64>,
}

/// Writes what comes of probes. One is enough; it may write while others do.
pub struct ProbeWriter {
    beside: Beside,
    probes: HashMap<Arc<str>, i32>,
}

impl ProbeWriter {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Result<Self> {
        let beside = Beside::new(connection, shared);
        Ok(Self { probes: numbers(&beside)?, beside })
    }

    /// Writes results with their hops, all or nothing. They are durable when this returns.
    pub fn write(&mut self, runs: &[NewProbeRun]) -> Result<()> {
        let (mut names, mut results, mut hops) = (ProbeNames::default(), ProbeResults::default(), ProbeHops::default());
        for run in runs {
            let number = self.number(&run.probe, &mut names);
            push_run(&mut results, number, run);
            for hop in &run.hops {
                push_hop(&mut hops, number, run, hop);
            }
        }
        let tables = vec![
            (ProbeNames::TABLE, names.take()),
            (ProbeResults::TABLE, results.take()),
            (ProbeHops::TABLE, hops.take()),
        ];
        let done = self.beside.append(tables);
        if done.is_err() {
            // Names that were given numbers are gone with the rows.
            self.probes = numbers(&self.beside)?;
        }
        done
    }

    fn number(&mut self, probe: &str, names: &mut ProbeNames) -> i32 {
        if let Some(number) = self.probes.get(probe) {
            return *number;
        }
        let number = i32::try_from(self.probes.len()).unwrap_or(i32::MAX);
        names.number.append_value(number);
        names.name.append_value(probe);
        self.probes.insert(probe.into(), number);
        number
    }

    /// Removes results that were intended before an instant, at most about so many, and then hops of none; gives how many rows.
    pub fn forget(&mut self, until_us: i64, rows: u64) -> Result<u64> {
        let removed = self.beside.forget(ProbeResults::TABLE, "intended_us", until_us, rows)?;
        // Hops never outlive their result by more than a slice.
        let removed = removed + self.beside.forget(ProbeHops::TABLE, "intended_us", until_us, rows)?;
        Ok(removed + self.beside.forget(ProbeObserved::TABLE, "intended_us", until_us, rows)?)
    }

    /// Moves the log into the file when it is time.
    pub fn checkpoint_if_due(&mut self) {
        self.beside.checkpoint_if_due();
    }
}

fn numbers(beside: &Beside) -> Result<HashMap<Arc<str>, i32>> {
    beside.numbers(ProbeNames::TABLE, "number")
}

/// Nothing rather than an empty text.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn push_run(rows: &mut ProbeResults, number: i32, run: &NewProbeRun) {
    rows.number.append_value(number);
    rows.intended_us.append_value(run.intended_us);
    rows.at_us.append_value(run.at_us);
    rows.instants.append_value(run.instants);
    rows.state.append_value(code_of(run.state));
    rows.white_box.append_value(run.white_box);
    rows.path.append_option(run.path.as_deref());
    rows.reason.append_option(run.reason.as_deref());
    rows.failure.append_option(run.failure.as_deref());
    rows.probe_id.append_option(run.probe_id.as_deref());
    rows.total_ns.append_option(run.total_ns);
    rows.connect_ns.append_option(run.connect_ns);
    rows.unattributed_ns.append_option(run.unattributed_ns);
    rows.inconsistent.append_option(run.inconsistent.then_some(true));
    rows.ignored_records.append_option((run.ignored_records > 0).then_some(run.ignored_records));
    rows.last_seen.append_option(run.last_seen.as_deref());
    rows.grpc_status.append_option(run.grpc_status);
    rows.http_status.append_option(run.http_status);
    rows.from_region.append_option(said(&run.from_region));
    rows.to_region.append_option(said(&run.to_region));
    rows.to_service.append_option(said(&run.to_service));
    rows.local.append_option(run.local.as_deref());
    rows.remote.append_option(run.remote.as_deref());
}

fn push_hop(rows: &mut ProbeHops, number: i32, run: &NewProbeRun, hop: &NewProbeHop) {
    rows.number.append_value(number);
    rows.intended_us.append_value(run.intended_us);
    rows.at_us.append_value(run.at_us);
    rows.probe_id.append_option(run.probe_id.as_deref());
    rows.position.append_value(hop.position);
    rows.hop.append_value(&hop.hop);
    rows.region.append_option(said(&hop.region));
    rows.role.append_option(match hop.role {
        Some("relay") => Some(0),
        Some("gateway") => Some(1),
        Some("responder") => Some(2),
        _ => None,
    });
    rows.reported.append_value(match hop.reported {
        HopReported::Reported => 0,
        HopReported::Observed => 1,
        HopReported::Opaque => 2,
    });
    rows.own_ns.append_option(hop.own_ns);
    rows.link_ns.append_option(hop.link_ns);
    rows.residence_ns.append_option(hop.residence_ns);
    rows.queue_ns.append_option(hop.queue_ns);
    rows.backend_ns.append_option(hop.backend_ns);
    rows.received_at_ns.append_option(hop.received_at_ns);
}
