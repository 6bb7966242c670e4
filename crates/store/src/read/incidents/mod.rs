//! Incidents: services that stopped answering, failed or became slow, found from the data alone.
//!
//! Roll-ups tell when calls to a service went wrong more often than usual; around these times every call is read, freed of blame when
//! the service was itself waiting for a call that went wrong, and judged. So the cost is that of the roll-ups and of a few thousand rows
//! per suspicious time, however long the day.

mod calls;
mod judge;
mod scan;
mod suspects;

use std::sync::Arc;

use wirereel_query::{
    question::TimeRange,
    reel::{CallerSaw, Incident, IncidentKind, IncidentsQuestion},
};

use super::{Reader, graph::Graph};
use crate::{error::Result, store::locked};

use calls::{Call, MOST_CALLS, Outcome, PENDING_NS, Wanted};
use judge::Finding;
use suspects::{Suspect, Window};

/// Answers around an incident are looked for this far away, in services with many calls; in others everywhere.
const REACH_NS: i64 = 3_600_000_000_000;
const MANY_CALLS: u64 = 100_000;
/// Calls that stand for a bucket of which no rows are read.
const STANDING_FOR: u64 = 10;
/// Calls that went wrong last, which tell how and by whose fault.
const AS_LATELY: usize = 50;

/// The incidents of one generation.
pub(super) struct Remembered {
    generation: u64,
    incidents: Arc<Vec<Incident>>,
}

impl Reader {
    /// Incidents that touch a range, by time.
    pub fn incidents(&self, question: &IncidentsQuestion) -> Result<Vec<Incident>> {
        let touches = |incident: &&Incident| {
            question
                .range
                .is_none_or(|range| incident.range.from_us < range.to_us && incident.range.to_us > range.from_us)
        };
        Ok(self.all_incidents()?.iter().filter(touches).cloned().collect())
    }

    /// Every incident of the recording, shared between readers: pins are drawn from it all the time.
    pub(super) fn all_incidents(&self) -> Result<Arc<Vec<Incident>>> {
        let generation = self.shared.generation();
        if let Some(known) = locked(&self.shared.answers.incidents).as_ref()
            && known.generation == generation
        {
            return Ok(Arc::clone(&known.incidents));
        }
        let incidents = Arc::new(self.find_incidents()?);
        *locked(&self.shared.answers.incidents) = Some(Remembered { generation, incidents: Arc::clone(&incidents) });
        Ok(incidents)
    }

    fn find_incidents(&self) -> Result<Vec<Incident>> {
        let graph = self.graph()?;
        let mut incidents = Vec::new();
        for (service, suspect) in self.suspects(&graph)? {
            for window in &suspect.windows {
                let calls = self.calls_of(&graph, &suspect, window)?;
                for finding in judge::judge(&calls, &suspect.usual) {
                    incidents.push(self.incident(&graph, service, &suspect, &calls, &finding)?);
                }
            }
        }
        incidents.sort_by(|a: &Incident, b| (a.range.from_us, &a.service).cmp(&(b.range.from_us, &b.service)));
        Ok(incidents)
    }

    /// Every call of a window; of one with very many calls its beginning and its end, and between them a few that stand for each bucket.
    fn calls_of(&self, graph: &Graph, suspect: &Suspect, window: &Window) -> Result<Vec<Call>> {
        let Window { service, from_ns, to_ns, .. } = *window;
        let wanted = Wanted { service, from_ns, to_ns, slow_us: suspect.slow_us };
        let mut calls = self.calls(wanted, false)?;
        if calls.len() >= MOST_CALLS {
            let head_ns = calls.last().map_or(from_ns, |call| call.at_ns + 1);
            let tail = self.calls(Wanted { from_ns: head_ns, ..wanted }, true)?;
            let tail_ns = tail.first().map_or(head_ns, |call| call.at_ns);
            let wrong: Vec<Call> = calls.iter().rev().filter(|call| !call.is_good()).take(AS_LATELY).copied().collect();
            let own = 2 * wrong.iter().filter(|call| call.own).count() >= wrong.len();
            let outcome = wrong.first().map_or(Outcome::NoResponse, |call| call.outcome);
            calls.extend(between(suspect, head_ns, tail_ns, (outcome, own)));
            calls.extend(tail);
        }
        let is_pending = |call: &Call| {
            let ends = graph.recorded.iter().map(|span| span.to_ns);
            call.outcome == Outcome::NoResponse
                && ends.into_iter().any(|end_ns| (end_ns - PENDING_NS..=end_ns).contains(&call.at_ns))
        };
        calls.retain(|call| !is_pending(call));
        Ok(calls)
    }

    fn incident(
        &self,
        graph: &Graph,
        service: i32,
        suspect: &Suspect,
        calls: &[Call],
        finding: &Finding,
    ) -> Result<Incident> {
        let shown = &calls[finding.first..=finding.last];
        let (from_ns, last_ns) = (calls[finding.first].at_ns, calls[finding.last].at_ns);
        let micros = |ns: i64| ns.div_euclid(1_000);
        let recorded_to_us = graph.whole().map_or(micros(last_ns), |whole| whole.to_us);
        let to_us = finding.ended_ns.map_or(recorded_to_us, micros).max(micros(last_ns) + 1);
        let reach_ns = if suspect.usual.errors.all > MANY_CALLS { REACH_NS } else { i64::MAX / 4 };
        let around = self.answers_around(service, from_ns, last_ns, reach_ns)?;
        let mut clients: Vec<i32> = shown.iter().map(|call| call.client).collect();
        clients.sort_unstable();
        clients.dedup();
        let mut callers: Vec<CallerSaw> = clients
            .into_iter()
            .filter_map(|client| {
                let (last, first) = around.get(&client).copied().unwrap_or_default();
                let name = graph.who.name(client)?;
                Some(saw(name, shown.iter().filter(|call| call.client == client), last, first))
            })
            .collect();
        callers.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.client.cmp(&b.client)));
        let is_slow = finding.kind == IncidentKind::Slow;
        Ok(Incident {
            service: graph.who.name(service).unwrap_or_default(),
            kind: finding.kind,
            range: TimeRange { from_us: micros(from_ns), to_us },
            recovered: finding.recovered,
            first_sign: sign(shown, finding.kind).into(),
            callers,
            before_us: is_slow.then(|| judge::median_us(&calls[..finding.first])).flatten(),
            during_us: is_slow.then(|| judge::median_us(shown)).flatten(),
        })
    }
}

/// What the first call of an incident showed.
fn sign(shown: &[Call], kind: IncidentKind) -> &'static str {
    match shown.first().map(|call| call.outcome) {
        Some(Outcome::Refused) => "connection refused",
        Some(Outcome::Reset) => "connection reset",
        Some(Outcome::NoResponse) => "no response",
        _ if kind == IncidentKind::Slow => "slow",
        _ => "5xx",
    }
}

fn saw<'a>(client: String, calls: impl Iterator<Item = &'a Call>, last: Option<i64>, first: Option<i64>) -> CallerSaw {
    let micros = |ns: Option<i64>| ns.map(|ns| ns.div_euclid(1_000));
    let mut saw = CallerSaw {
        client,
        calls: 0,
        refused: 0,
        resets: 0,
        unanswered: 0,
        errors_5xx: 0,
        last_answer_us: micros(last),
        first_answer_us: micros(first),
    };
    for call in calls {
        saw.calls += 1;
        match call.outcome {
            Outcome::Answered => {}
            Outcome::Error(_) => saw.errors_5xx += 1,
            Outcome::Reset => {
                saw.resets += 1;
                saw.unanswered += 1;
            }
            Outcome::NoResponse => saw.unanswered += 1,
            Outcome::Refused => saw.refused += 1,
        }
    }
    saw
}

/// A few calls for every bucket, of which as many are bad as in the bucket, in the way in which calls went wrong before.
fn between(suspect: &Suspect, from_ns: i64, to_ns: i64, (wrong, own): (Outcome, bool)) -> Vec<Call> {
    let calls = suspect.tallies(from_ns, to_ns).flat_map(|(at_ns, tally)| {
        let count = tally.all.min(STANDING_FOR);
        let bad = (tally.bad * count).div_ceil(tally.all.max(1));
        (0..count).map(move |place| {
            let outcome = if place < bad { wrong } else { Outcome::Answered };
            Call {
                at_ns,
                answered_ns: (place >= bad).then_some(at_ns),
                took_us: 0,
                client: -1,
                outcome,
                own,
                slow: false,
            }
        })
    });
    calls.collect()
}
