//! The calls to a service around a suspicious time, row by row, and whose fault each is.

use std::collections::{BTreeSet, HashMap};

use super::super::Reader;
use crate::error::Result;

/// Calls read of one window at the most, from each end of it: what lies between is known from roll-ups.
pub(super) const MOST_CALLS: usize = 5_000;
/// Calls of the service itself that are read for these.
const MOST_OWN_CALLS: usize = 50_000;
/// How long a request without a response may have waited: what its service did in that time counts as done for it.
const WAITED_NS: i64 = 30_000_000_000;
/// Before the end of what was recorded, a request without a response may just not have been answered yet.
pub(super) const PENDING_NS: i64 = 10_000_000_000;
/// A call that waited for others for this share of its time is slow because of them.
const WAITING_SHARE: f64 = 0.5;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With a status below 500.
    Answered,
    /// With this status of 500 and above.
    Error(u16),
    /// The connection was reset, or ended in the middle of the response.
    Reset,
    NoResponse,
    Refused,
}

/// A call to a service: a request, or a connection that was refused or not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) at_ns: i64,
    /// First byte of the response.
    pub(super) answered_ns: Option<i64>,
    pub(super) took_us: u64,
    pub(super) client: i32,
    pub(super) outcome: Outcome,
    /// What went wrong is the service's own fault: it was not waiting for a call of its own that went wrong too.
    pub(super) own: bool,
    /// It took long, and not because of others.
    pub(super) slow: bool,
}

impl Call {
    /// A connection that did not come about.
    fn without_answer(at_ns: i64, client: i32, outcome: Outcome) -> Self {
        Self { at_ns, answered_ns: None, took_us: 0, client, outcome, own: true, slow: false }
    }

    pub(super) fn is_good(&self) -> bool {
        self.outcome == Outcome::Answered
    }

    /// Nothing at all came back, and the service was not waiting for others.
    pub(super) fn is_dead(&self) -> bool {
        match self.outcome {
            Outcome::Refused => true,
            Outcome::Reset | Outcome::NoResponse => self.own,
            Outcome::Answered | Outcome::Error(_) => false,
        }
    }

    /// An error that the service made. Requests without a response are not counted: clients give up on slow answers.
    pub(super) fn is_own_error(&self) -> bool {
        match self.outcome {
            Outcome::Refused => true,
            Outcome::Reset | Outcome::Error(_) => self.own,
            Outcome::Answered | Outcome::NoResponse => false,
        }
    }
}

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) service: i32,
    pub(super) from_ns: i64,
    pub(super) to_ns: i64,
    /// An answer that took longer is slow.
    pub(super) slow_us: u64,
}

/// A call that the service made itself, or a connection that was refused to it.
struct OwnCall {
    from_ns: i64,
    to_ns: Option<i64>,
    went_wrong: bool,
    trace: Option<String>,
}

impl Reader {
    /// Calls of a window in order of time, the earliest or the latest ones.
    pub(super) fn calls(&self, wanted: Wanted, latest: bool) -> Result<Vec<Call>> {
        let Wanted { service, from_ns, to_ns, slow_us } = wanted;
        let way = if latest { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT epoch_ns(started_at), epoch_ns(response_at), epoch_ns(finished_at), client_id, status, failed, error, trace_id, \
             server_port FROM raw.exchanges WHERE server_id = {service} AND {} ORDER BY started_us {way} LIMIT {MOST_CALLS}",
            within("started_us", from_ns, to_ns)
        );
        let mut calls: Vec<(Call, i64, Option<String>)> = Vec::new();
        let (mut rows, mut ports) = (0, BTreeSet::new());
        self.each(&sql, [], |row| {
            rows += 1;
            let (at_ns, answered_ns): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let finished_ns: i64 = row.get(2)?;
            let (status, failed, error): (Option<u16>, bool, Option<String>) = (row.get(4)?, row.get(5)?, row.get(6)?);
            let Some(outcome) = outcome(status, failed, error.as_deref()) else { return Ok(()) };
            let took_us = u64::try_from((finished_ns - at_ns) / 1_000).unwrap_or(0);
            let slow = status.is_some() && took_us > slow_us;
            let call = Call { at_ns, answered_ns, took_us, client: row.get(3)?, outcome, own: true, slow };
            let until_ns = if outcome == Outcome::NoResponse { at_ns + WAITED_NS } else { finished_ns };
            if call.is_good() {
                ports.insert(row.get(8)?);
            }
            calls.push((call, until_ns, row.get(7)?));
            Ok(())
        })?;
        let (mut first_ns, mut last_ns) = (from_ns, to_ns);
        if rows == MOST_CALLS {
            let reached = calls.last().map_or(0, |(call, ..)| call.at_ns);
            *(if latest { &mut first_ns } else { &mut last_ns }) = reached;
        }
        let own = self.own_calls(service, first_ns, last_ns + WAITED_NS)?;
        for (call, until_ns, trace) in &mut calls {
            blame(call, *until_ns, trace.as_deref(), &own);
        }
        let mut calls: Vec<Call> = calls.into_iter().map(|(call, ..)| call).collect();
        calls.extend(self.refused(service, first_ns, last_ns, &ports)?);
        calls.extend(self.unheard(service, first_ns, last_ns, &ports)?);
        calls.sort_by_key(|call| call.at_ns);
        Ok(calls)
    }

    /// Connections refused at ports that the service answers on: others were never its own, as those that a scan tries.
    fn refused(&self, service: i32, from_ns: i64, to_ns: i64, ports: &BTreeSet<u16>) -> Result<Vec<Call>> {
        let sql = format!(
            "SELECT epoch_ns(e.happened_at), c.service_id, s.port FROM raw.flow_events e \
             JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer \
             WHERE e.kind = 'refused' AND s.service_id = {service} AND {} ORDER BY e.happened_us LIMIT {MOST_CALLS}",
            within("e.happened_us", from_ns, to_ns)
        );
        let mut calls = Vec::new();
        self.each(&sql, [], |row| {
            if ports.is_empty() || ports.contains(&row.get(2)?) {
                calls.push(Call::without_answer(row.get(0)?, row.get(1)?, Outcome::Refused));
            }
            Ok(())
        })?;
        Ok(calls)
    }

    /// Connections tried of which nothing was heard again, at such ports.
    fn unheard(&self, service: i32, from_ns: i64, to_ns: i64, ports: &BTreeSet<u16>) -> Result<Vec<Call>> {
        let graph = self.graph()?;
        let Some(node) = graph.nodes.get(&service) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT epoch_ns(opened_at), client_service, server_port FROM raw.named_flows \
             WHERE close_reason = 'unanswered' AND server_service = ? AND {} ORDER BY opened_us LIMIT {MOST_CALLS}",
            within("opened_us", from_ns, to_ns)
        );
        let mut calls = Vec::new();
        self.each(&sql, [&node.name], |row| {
            if ports.is_empty() || ports.contains(&row.get(2)?) {
                let client: String = row.get(1)?;
                let client = graph.id_of(&client).unwrap_or(-1);
                calls.push(Call::without_answer(row.get(0)?, client, Outcome::NoResponse));
            }
            Ok(())
        })?;
        Ok(calls)
    }

    /// What the service called itself, by the time it began.
    fn own_calls(&self, service: i32, from_ns: i64, to_ns: i64) -> Result<Vec<OwnCall>> {
        let sql = format!(
            "SELECT epoch_ns(started_at), CASE WHEN response_us IS NOT NULL THEN epoch_ns(finished_at) END, \
             failed OR coalesce(status >= 500, false), trace_id FROM raw.exchanges WHERE client_id = {service} AND {} \
             ORDER BY started_us LIMIT {MOST_OWN_CALLS}",
            within("started_us", from_ns, to_ns)
        );
        let mut own = self.rows(&sql, [], |row| {
            Ok(OwnCall { from_ns: row.get(0)?, to_ns: row.get(1)?, went_wrong: row.get(2)?, trace: row.get(3)? })
        })?;
        let sql = format!(
            "SELECT epoch_ns(e.happened_at) FROM raw.flow_events e JOIN raw.peer_names c ON c.peer_id = e.client_peer \
             WHERE e.kind = 'refused' AND c.service_id = {service} AND {} ORDER BY e.happened_us LIMIT {MOST_OWN_CALLS}",
            within("e.happened_us", from_ns, to_ns)
        );
        own.extend(self.rows(&sql, [], |row| {
            let at_ns = row.get(0)?;
            Ok(OwnCall { from_ns: at_ns, to_ns: Some(at_ns), went_wrong: true, trace: None })
        })?);
        own.sort_by_key(|call| call.from_ns);
        Ok(own)
    }

    /// The last good answer to each client before an instant and the first one from another on.
    pub(super) fn answers_around(
        &self,
        service: i32,
        before_ns: i64,
        after_ns: i64,
        reach_ns: i64,
    ) -> Result<HashMap<i32, (Option<i64>, Option<i64>)>> {
        let sql = format!(
            "SELECT client_id, max(at_ns) FILTER (at_ns < {before_ns}), min(at_ns) FILTER (at_ns >= {after_ns}) \
             FROM (SELECT client_id, epoch_ns(response_at) AS at_ns FROM raw.exchanges \
             WHERE server_id = {service} AND status < 500 AND NOT failed AND {}) GROUP BY client_id",
            within("response_us", before_ns.saturating_sub(reach_ns), after_ns.saturating_add(reach_ns))
        );
        Ok(self.rows(&sql, [], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.into_iter().collect())
    }
}

/// Takes blame off a call whose time holds one that went wrong, or that it waited for.
fn blame(call: &mut Call, until_ns: i64, trace: Option<&str>, own: &[OwnCall]) {
    if call.is_good() && !call.slow {
        return;
    }
    let first = own.partition_point(|child| child.from_ns < call.at_ns);
    // Of two traces, what one did is not for the other.
    let is_for_it =
        |child: &&OwnCall| !matches!((trace, child.trace.as_deref()), (Some(ours), Some(its)) if ours != its);
    let children = own[first..].iter().take_while(|child| child.from_ns <= until_ns).filter(is_for_it);
    let (mut waited_ns, mut reached_ns) = (0, call.at_ns);
    for child in children {
        call.own &= !child.went_wrong;
        let end_ns = child.to_ns.unwrap_or(until_ns).min(until_ns);
        waited_ns += (end_ns - child.from_ns.max(reached_ns)).max(0);
        reached_ns = reached_ns.max(end_ns);
    }
    if waited_ns as f64 >= WAITING_SHARE * (until_ns - call.at_ns) as f64 {
        call.slow = false;
        call.own &= call.outcome != Outcome::NoResponse;
    }
}

/// How an exchange ended; `None` when the capture does not tell.
fn outcome(status: Option<u16>, failed: bool, error: Option<&str>) -> Option<Outcome> {
    match (status, error) {
        (Some(status), _) if status >= 500 => Some(Outcome::Error(status)),
        (Some(_), _) if failed => Some(Outcome::Reset),
        (Some(_), _) => Some(Outcome::Answered),
        (None, Some("reset")) => Some(Outcome::Reset),
        (None, Some("no response") | None) => Some(Outcome::NoResponse),
        (None, Some(_)) => None,
    }
}

/// Whole microseconds of a span: as rows are stored.
fn within(at_us: &str, from_ns: i64, to_ns: i64) -> String {
    let whole = |ns: i64| ns.div_euclid(1_000) + i64::from(ns.rem_euclid(1_000) > 0);
    format!("{at_us} >= {} AND {at_us} < {}", whole(from_ns), whole(to_ns))
}
