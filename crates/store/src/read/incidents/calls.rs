//! The calls to a service around a suspicious time, row by row, and whose fault each is.

use std::collections::{BTreeSet, HashMap};

use super::super::{Reader, cover::By};
use crate::error::Result;

/// Calls read of one window at the most, from each end of it: what lies between is known from roll-ups.
pub(super) const MOST_CALLS: usize = 5_000;
/// Calls of the service itself that are read for these.
const MOST_OWN_CALLS: usize = 50_000;
/// How long a request without a response may have waited: what its service did in that time counts as done for it.
const WAITED_NS: i64 = 30_000_000_000;
/// Before the end of what was recorded, a request without a response may just not have been answered yet.
pub(super) const PENDING_NS: i64 = 10_000_000_000;
/// A 502 or 504 says that another service failed (RFC 9110 §15.6.3 and §15.6.5). It is believed where one did this long before or after.
const GATEWAY_NS: i64 = 300_000_000_000;
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

/// The last instant before and the first one after, in nanoseconds.
pub(super) type Around = (Option<i64>, Option<i64>);

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
        let own = self.own_calls(service, first_ns - GATEWAY_NS, last_ns + WAITED_NS)?;
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
        let Some(name) = graph.who.name(service) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT epoch_ns(opened_at), client_service, server_port FROM raw.named_flows \
             WHERE close_reason = 'unanswered' AND server_service = ? AND {} ORDER BY opened_us LIMIT {MOST_CALLS}",
            within("opened_us", from_ns, to_ns)
        );
        let mut calls = Vec::new();
        self.each(&sql, [&name], |row| {
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
             raw.is_error(outcome), trace_id FROM raw.exchanges WHERE client_id = {service} AND {} \
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
    ) -> Result<HashMap<i32, Around>> {
        let sql = format!(
            "SELECT client_peer, server_peer, max(at_ns) FILTER (at_ns < {before_ns}), min(at_ns) FILTER (at_ns >= {after_ns}) \
             FROM (SELECT client_peer, server_peer, epoch_ns(response_at) AS at_ns FROM raw.timed_exchanges \
             WHERE NOT raw.is_error(outcome) AND {} \
             AND server_peer IN (SELECT peer_id FROM raw.peer_names WHERE service_id = {service})) GROUP BY ALL",
            within("response_us", before_ns.saturating_sub(reach_ns), after_ns.saturating_add(reach_ns))
        );
        let graph = self.graph()?;
        let mut around: HashMap<i32, Around> = HashMap::new();
        self.each_edge(&graph, By::Peer, &sql, [], |(client, _), row| {
            let (last, first): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let known = around.entry(client).or_default();
            known.0 = known.0.max(last);
            known.1 = [known.1, first].into_iter().flatten().min();
            Ok(())
        })?;
        Ok(around)
    }
}

/// Takes blame off a call whose time holds one that went wrong, or that it waited for.
fn blame(call: &mut Call, until_ns: i64, trace: Option<&str>, own: &[OwnCall]) {
    if call.is_good() && !call.slow {
        return;
    }
    let first = own.partition_point(|child| child.from_ns < call.at_ns);
    if matches!(call.outcome, Outcome::Error(502 | 504)) {
        let since = own.partition_point(|child| child.from_ns < call.at_ns - GATEWAY_NS);
        let around = own[since..].iter().take_while(|child| child.from_ns <= until_ns + GATEWAY_NS);
        call.own &= !around.into_iter().any(|child| child.went_wrong);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS_NS: i64 = 1_000_000;

    fn own_call(from_ms: i64, to_ms: i64, went_wrong: bool, trace: Option<&str>) -> OwnCall {
        OwnCall { from_ns: from_ms * MS_NS, to_ns: Some(to_ms * MS_NS), went_wrong, trace: trace.map(str::to_owned) }
    }

    /// A call from 10 to 110 ms after it was held against what its service did: whether it is its own fault, and its own slowness.
    fn blamed(outcome: Outcome, trace: Option<&str>, own: &[OwnCall]) -> (bool, bool) {
        let mut call = Call {
            at_ns: 10 * MS_NS,
            answered_ns: Some(110 * MS_NS),
            took_us: 100_000,
            client: 1,
            outcome,
            own: true,
            slow: true,
        };
        blame(&mut call, 110 * MS_NS, trace, own);
        (call.own, call.slow)
    }

    #[test]
    fn what_went_wrong_inside_takes_the_blame_off() {
        let failed = Outcome::Error(500);
        assert!(!blamed(failed, None, &[own_call(20, 20, true, None)]).0);
        assert!(blamed(failed, None, &[own_call(20, 30, false, None)]).0, "it went well");
        assert!(
            blamed(failed, None, &[own_call(5, 5, true, None), own_call(111, 111, true, None)]).0,
            "before and after"
        );
        assert!(blamed(failed, Some("a"), &[own_call(20, 20, true, Some("b"))]).0, "it was for another");
        assert!(!blamed(failed, Some("a"), &[own_call(20, 20, true, None)]).0, "a refused connection has no trace");
        let gateway = Outcome::Error(502);
        assert!(!blamed(gateway, None, &[own_call(5, 5, true, None)]).0, "somebody failed at the time");
        assert!(blamed(gateway, None, &[own_call(5, 6, false, None)]).0, "nobody is known to have failed");
    }

    #[test]
    fn who_waits_for_others_is_not_slow() {
        let half = [own_call(20, 40, false, None), own_call(30, 75, false, None)];
        assert!(!blamed(Outcome::Answered, None, &half).1, "55 of 100 ms, counted once");
        assert!(blamed(Outcome::Answered, None, &half[..1]).1);
        let hanging = [OwnCall { to_ns: None, ..own_call(30, 0, true, None) }];
        assert_eq!(blamed(Outcome::NoResponse, None, &hanging), (false, false));
    }

    #[test]
    fn what_the_capture_does_not_tell_is_no_outcome() {
        assert_eq!(outcome(Some(204), false, None), Some(Outcome::Answered));
        assert_eq!(outcome(Some(200), true, Some("cut off")), Some(Outcome::Reset));
        assert_eq!(outcome(Some(503), false, None), Some(Outcome::Error(503)));
        assert_eq!(outcome(None, true, Some("no response")), Some(Outcome::NoResponse));
        assert_eq!(outcome(None, true, Some("reset")), Some(Outcome::Reset));
        assert_eq!(outcome(None, true, Some("gap")), None);
    }
}
