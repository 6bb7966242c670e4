//! What comes of website checks, written beside packets' rows.

use std::{collections::HashMap, sync::Arc};

use duckdb::Connection;
use wirereel_query::checks::{CheckHop, CheckRun, CheckState};

use super::beside::Beside;
use crate::{
    error::Result,
    rows::{CheckHours, CheckResults, CheckWebsites},
    store::Shared,
};

/// A result to be kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewCheckRun {
    /// Without its flow and exchange, which are found when somebody asks.
    pub run: CheckRun,
    /// Until the whole answer was there, where it was.
    pub response_us: Option<u64>,
}

/// A website in an hour that is over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckHour {
    pub website: Arc<str>,
    /// Begin, in seconds since 1970.
    pub hour_s: i64,
    pub up: u64,
    pub down: u64,
    pub overruns: u64,
    pub self_offline: u64,
    pub response: HourTimes,
    pub ttfb: HourTimes,
    /// What came of checks, how often, and how often of that it counted as down.
    pub outcomes: Vec<(String, u32, u32)>,
    /// Response times by class.
    pub classes: Vec<(u16, u32)>,
}

/// Times of an hour, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourTimes {
    pub count: u64,
    pub sum_us: u64,
    pub max_us: Option<u64>,
}

/// Writes what comes of checks. One is enough; it may write while packets' rows are written.
pub struct CheckWriter {
    beside: Beside,
    websites: HashMap<Arc<str>, i32>,
}

impl CheckWriter {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Result<Self> {
        let beside = Beside::new(connection, shared);
        Ok(Self { websites: numbers(&beside)?, beside })
    }

    /// Writes results and hours that are over, all or nothing. They are durable when this returns.
    pub fn write(&mut self, runs: &[NewCheckRun], hours: &[CheckHour]) -> Result<()> {
        let (mut names, mut results, mut over) =
            (CheckWebsites::default(), CheckResults::default(), CheckHours::default());
        for new in runs {
            let id = self.number(&new.run.website, &mut names);
            push_run(&mut results, id, new);
        }
        for hour in hours {
            let id = self.number(&hour.website, &mut names);
            push_hour(&mut over, id, hour);
        }
        let tables = vec![
            (CheckWebsites::TABLE, names.take()),
            (CheckResults::TABLE, results.take()),
            (CheckHours::TABLE, over.take()),
        ];
        let done = self.beside.append(tables);
        if done.is_err() {
            // Names that were given numbers are gone with the rows.
            self.websites = numbers(&self.beside)?;
        }
        done
    }

    fn number(&mut self, website: &str, names: &mut CheckWebsites) -> i32 {
        if let Some(id) = self.websites.get(website) {
            return *id;
        }
        let id = i32::try_from(self.websites.len()).unwrap_or(i32::MAX);
        names.website_id.append_value(id);
        names.name.append_value(website);
        self.websites.insert(website.into(), id);
        id
    }

    /// The number of a website's rows, if it has any.
    pub fn number_of(&self, website: &str) -> Option<i32> {
        self.websites.get(website).copied()
    }

    /// Removes results that were intended before an instant, at most about so many; gives how many. Hours stay.
    pub fn forget_results(&mut self, until_us: i64, rows: u64) -> Result<u64> {
        self.beside.forget(CheckResults::TABLE, "intended_us", until_us, rows)
    }

    /// Removes hours that began before an instant; gives how many.
    pub fn forget_hours(&mut self, until_us: i64, rows: u64) -> Result<u64> {
        self.beside.forget(CheckHours::TABLE, "hour_s", until_us.div_euclid(1_000_000), rows)
    }

    /// Moves the log into the file when it is time.
    pub fn checkpoint_if_due(&mut self) {
        self.beside.checkpoint_if_due();
    }

    /// The same at once.
    pub fn checkpoint(&mut self) {
        self.beside.checkpoint();
    }
}

fn numbers(beside: &Beside) -> Result<HashMap<Arc<str>, i32>> {
    beside.numbers(CheckWebsites::TABLE, "website_id")
}

/// The number that a state has in rows.
pub(super) fn code_of(state: CheckState) -> u8 {
    match state {
        CheckState::Up => 0,
        CheckState::Down => 1,
        CheckState::Overrun => 2,
        CheckState::SelfOffline => 3,
    }
}

fn push_run(rows: &mut CheckResults, id: i32, new: &NewCheckRun) {
    let NewCheckRun { run, response_us } = new;
    let micros = |us: Option<f64>| us.map(|us| us as u64);
    let phases = run.phases;
    rows.website_id.append_value(id);
    rows.intended_us.append_value(run.intended_us);
    rows.at_us.append_value(run.at_us);
    rows.instants.append_value(run.instants);
    rows.state.append_value(code_of(run.state));
    rows.reason.append_option(run.reason.as_deref());
    rows.failure.append_option(run.failure.as_deref());
    rows.status.append_option(run.status);
    rows.dns_us.append_option(micros(phases.dns_us));
    rows.connect_us.append_option(micros(phases.connect_us));
    rows.proxy_us.append_option(micros(phases.proxy_us));
    rows.tls_us.append_option(micros(phases.tls_us));
    rows.write_us.append_option(micros(phases.write_us));
    rows.ttfb_us.append_option(micros(phases.ttfb_us));
    rows.transfer_us.append_option(micros(phases.transfer_us));
    rows.unattributed_us.append_option(micros(phases.unattributed_us));
    rows.stopped_in.append_option(run.stopped_in.as_deref());
    rows.stopped_after_us.append_option(run.stopped_after_us);
    rows.total_us.append_option(run.total_us);
    rows.response_us.append_option(*response_us);
    rows.http_version.append_option(run.http_version.as_deref());
    rows.remote.append_option(run.remote.as_deref());
    rows.local.append_option(run.local.as_deref());
    rows.body_bytes.append_option(run.body_bytes);
    rows.reused_connection.append_option(run.reused_connection.then_some(true));
    rows.tls_version.append_option(run.tls_version.as_deref());
    rows.tls_cipher.append_option(run.tls_cipher.as_deref());
    let certificate = run.certificate.as_ref().and_then(|certificate| serde_json::to_string(certificate).ok());
    rows.certificate.append_option(certificate.as_deref());
    let hops = (!run.hops.is_empty()).then(|| serde_json::to_string::<Vec<CheckHop>>(&run.hops).ok()).flatten();
    rows.hops.append_option(hops.as_deref());
}

fn push_hour(rows: &mut CheckHours, id: i32, hour: &CheckHour) {
    rows.website_id.append_value(id);
    rows.hour_s.append_value(hour.hour_s);
    rows.up.append_value(hour.up);
    rows.down.append_value(hour.down);
    rows.overruns.append_value(hour.overruns);
    rows.self_offline.append_value(hour.self_offline);
    rows.responses.append_value(hour.response.count);
    rows.response_sum_us.append_value(hour.response.sum_us);
    rows.response_max_us.append_option(hour.response.max_us);
    rows.ttfbs.append_value(hour.ttfb.count);
    rows.ttfb_sum_us.append_value(hour.ttfb.sum_us);
    rows.ttfb_max_us.append_option(hour.ttfb.max_us);
    rows.outcomes.append_value(hour.outcomes.iter().map(|(name, ..)| Some(name)));
    rows.outcome_counts.append_value(hour.outcomes.iter().map(|(_, count, _)| Some(*count)));
    rows.outcome_failures.append_value(hour.outcomes.iter().map(|(.., failures)| Some(*failures)));
    rows.classes.append_value(hour.classes.iter().map(|(class, _)| Some(*class)));
    rows.counts.append_value(hour.classes.iter().map(|(_, count)| Some(*count)));
}
