//! What goes wrong in the day, and when.

use crate::{Plan, chance::Chance, shop::Shop};

const SECOND_NS: i64 = 1_000_000_000;
const MINUTE_NS: i64 = 60 * SECOND_NS;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The service's process is gone: its connections are reset, new ones are refused, its callers answer 502.
    Crash,
    /// The service's machine is frozen: connections are not accepted, requests stay without an answer.
    Freeze,
    /// Customers come in many times their usual number.
    Burst,
    /// The capturing machine's clock is set by so many nanoseconds; negative is back.
    ClockStep(i64),
    /// Nothing is captured: one source ends and another begins.
    Gap,
}

/// A fault, in the times that the rows have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The service that is at fault.
    pub service: Option<String>,
    pub from_ns: i64,
    pub to_ns: i64,
}

/// A service that does not answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) service: usize,
    pub(crate) kind: FaultKind,
    pub(crate) from_ns: i64,
    pub(crate) to_ns: i64,
}

/// The day's faults, in true time since midnight.
#[derive(Debug)]
pub(crate) struct Misfortunes {
    pub(crate) outages: Vec<Outage>,
    /// From, to, and how many times as many.
    pub(crate) bursts: Vec<(i64, i64, f64)>,
    /// When, and by how much.
    pub(crate) steps: Vec<(i64, i64)>,
    pub(crate) gaps: Vec<(i64, i64)>,
}

impl Misfortunes {
    pub(crate) fn new(plan: &Plan, shop: &Shop) -> Self {
        let mut chance = Chance::new(plan.seed ^ 0xfa17);
        let crashes = (plan.services / 60).clamp(4, 12);
        // Those that are called much: a crash that nobody notices is none.
        let mut busy: Vec<(usize, f64)> = (0..plan.services)
            .map(|service| {
                let called = shop.edges.iter().filter(|edge| edge.server == service && edge.client.is_some());
                (service, called.map(|edge| edge.rate * edge.habit.exchanges).sum())
            })
            .collect();
        busy.sort_by(|a, b| b.1.total_cmp(&a.1));
        let outages = (0..crashes)
            .map(|number| {
                let from_ns = HOUR_NS
                    + number as i64 * (21 * HOUR_NS / crashes as i64)
                    + (chance.share() * 30.0 * MINUTE_NS as f64) as i64;
                let lasts_ns = (chance.around(150.0, 0.5) * SECOND_NS as f64) as i64;
                let kind = if number % 4 == 3 { FaultKind::Freeze } else { FaultKind::Crash };
                Outage { service: busy[number].0, kind, from_ns, to_ns: from_ns + lasts_ns }
            })
            .collect();
        Self {
            outages,
            bursts: vec![
                (12 * HOUR_NS + 7 * MINUTE_NS, 12 * HOUR_NS + 10 * MINUTE_NS, 4.0),
                (19 * HOUR_NS + 59 * MINUTE_NS, 20 * HOUR_NS + 4 * MINUTE_NS, 3.0),
            ],
            steps: vec![(5 * HOUR_NS + 17 * SECOND_NS, -1_200_000_000), (16 * HOUR_NS + 41 * SECOND_NS, 800_000_000)],
            gaps: vec![
                (9 * HOUR_NS + 30 * MINUTE_NS, 9 * HOUR_NS + 37 * MINUTE_NS),
                (17 * HOUR_NS + 3 * MINUTE_NS, 17 * HOUR_NS + 3 * MINUTE_NS + 40 * SECOND_NS),
            ],
        }
    }

    /// The outage a service is in.
    pub(crate) fn outage(&self, service: usize, at_ns: i64) -> Option<&Outage> {
        self.outages.iter().find(|outage| outage.service == service && (outage.from_ns..outage.to_ns).contains(&at_ns))
    }

    /// How many times the usual number of customers come.
    pub(crate) fn burst(&self, at_ns: i64) -> f64 {
        self.bursts.iter().find(|(from, to, _)| (*from..*to).contains(&at_ns)).map_or(1.0, |(_, _, times)| *times)
    }

    /// What the capturing machine's clock is off at a true time.
    pub(crate) fn clock_off(&self, at_ns: i64) -> i64 {
        self.steps.iter().filter(|(since, _)| *since <= at_ns).map(|(_, by)| by).sum()
    }

    /// The log of all faults, in order of time.
    pub(crate) fn log(&self, plan: &Plan, shop: &Shop) -> Vec<Fault> {
        let seen = |at_ns: i64| (plan.start_ns + at_ns + self.clock_off(at_ns)).div_euclid(1_000) * 1_000;
        let fault = |kind, service, from_ns, to_ns| Fault { kind, service, from_ns: seen(from_ns), to_ns: seen(to_ns) };
        let mut log: Vec<Fault> = Vec::new();
        for outage in &self.outages {
            let name = shop.services[outage.service].name.clone();
            log.push(fault(outage.kind, Some(name), outage.from_ns, outage.to_ns));
        }
        log.extend(self.bursts.iter().map(|(from, to, _)| fault(FaultKind::Burst, None, *from, *to)));
        log.extend(self.steps.iter().map(|(at, by)| fault(FaultKind::ClockStep(*by), None, *at, *at)));
        log.extend(self.gaps.iter().map(|(from, to)| fault(FaultKind::Gap, None, *from, *to)));
        log.sort_by_key(|fault| fault.from_ns);
        log
    }
}
