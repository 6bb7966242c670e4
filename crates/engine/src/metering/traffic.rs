//! Counters of services and of calls between them. They are made of pieces of the live recording, each read once: whoever collects reads what
//! came since somebody did last.

use std::{collections::BTreeMap, sync::Arc};

use wirereel_query::{
    answer::{self, ServiceKind, Topology},
    question::TimeRange,
};

/// Services, and calls, that are counted at most.
const MOST: usize = 5_000;
/// So late: rows are to be seen two seconds after their packets.
const LAG_US: i64 = 3_000_000;
/// The first piece, and the longest: what lies further back was not collected, and is not counted.
const FIRST_US: i64 = 5_000_000;
const LONGEST_US: i64 = 120_000_000;
const SECOND_US: i64 = 1_000_000;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Golden {
    pub requests: u64,
    pub errors_4xx: u64,
    pub errors_5xx: u64,
    /// No response, reset or cut off.
    pub failed: u64,
    pub bytes_up: u64,
    pub bytes_down: u64,
    /// Of the last piece in which there were any requests; microseconds.
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub p99_us: Option<u64>,
}

/// A service, or calls of one service by another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficMeter {
    /// Empty of a service.
    pub client: Arc<str>,
    pub server: Arc<str>,
    pub golden: Golden,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Read up to here, while something is captured.
    until_us: Option<i64>,
    services: BTreeMap<(Arc<str>, Arc<str>), Golden>,
    calls: BTreeMap<(Arc<str>, Arc<str>), Golden>,
    uncounted: u64,
}

impl Traffic {
    /// The piece to be read at a moment; `None` when there is none yet.
    pub(crate) fn piece(&self, now_us: i64) -> Option<TimeRange> {
        let to_us = (now_us - LAG_US).div_euclid(SECOND_US) * SECOND_US;
        let from_us = self.until_us.unwrap_or(to_us - FIRST_US).max(to_us - LONGEST_US);
        (from_us < to_us).then_some(TimeRange { from_us, to_us })
    }

    /// Nothing is captured: the next piece is a first one.
    pub(crate) fn rest(&mut self) {
        self.until_us = None;
    }

    /// Counts a piece.
    pub(crate) fn take(&mut self, piece: TimeRange, topology: &Topology) {
        self.until_us = Some(piece.to_us);
        for node in topology.nodes.iter().filter(|node| node.kind == ServiceKind::Service) {
            self.uncounted += add(&mut self.services, "", &node.name, &node.golden);
        }
        for edge in &topology.edges {
            self.uncounted += add(&mut self.calls, &edge.client, &edge.server, &edge.golden);
        }
    }

    pub(crate) fn services(&self) -> Vec<TrafficMeter> {
        told(&self.services)
    }

    pub(crate) fn calls(&self) -> Vec<TrafficMeter> {
        told(&self.calls)
    }

    pub(crate) fn uncounted(&self) -> u64 {
        self.uncounted
    }
}

/// Adds to what was counted; 1 when there is no room to.
fn add(to: &mut BTreeMap<(Arc<str>, Arc<str>), Golden>, client: &str, server: &str, more: &answer::Golden) -> u64 {
    let key: (Arc<str>, Arc<str>) = (client.into(), server.into());
    if to.len() >= MOST && !to.contains_key(&key) {
        return 1;
    }
    let golden = to.entry(key).or_default();
    let counts = [
        (&mut golden.requests, more.requests),
        (&mut golden.errors_4xx, more.errors_4xx),
        (&mut golden.errors_5xx, more.errors_5xx),
        (&mut golden.failed, more.failed),
        (&mut golden.bytes_up, more.bytes_up),
        (&mut golden.bytes_down, more.bytes_down),
    ];
    for (count, more) in counts {
        *count = count.saturating_add(more);
    }
    if more.requests > 0 {
        (golden.p50_us, golden.p95_us, golden.p99_us) = (more.p50_us, more.p95_us, more.p99_us);
    }
    0
}

fn told(from: &BTreeMap<(Arc<str>, Arc<str>), Golden>) -> Vec<TrafficMeter> {
    let told = from.iter().map(|((client, server), golden)| TrafficMeter {
        client: Arc::clone(client),
        server: Arc::clone(server),
        golden: *golden,
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(requests: u64, errors_5xx: u64, p50_us: u64) -> answer::Golden {
        answer::Golden {
            requests,
            rate: 1.0,
            errors_4xx: 1,
            errors_5xx,
            failed: 0,
            error_share: 0.0,
            p50_us: Some(p50_us),
            p95_us: None,
            p99_us: None,
            bytes_up: 10,
            bytes_down: 20,
        }
    }

    #[test]
    fn pieces_follow_each_other_without_holes_and_counters_only_rise() {
        let mut traffic = Traffic::default();
        let second = |s: i64| s * SECOND_US;
        let first = traffic.piece(second(100) + 1).expect("a piece");
        assert_eq!((first.from_us, first.to_us), (second(92), second(97)));
        let empty = |range| Topology {
            range,
            nodes: Vec::new(),
            edges: Vec::new(),
            entry_points: Vec::new(),
            entry_points_guessed: false,
        };
        traffic.take(first, &empty(first));
        assert_eq!(traffic.piece(second(100) + 900_000), None, "no second is over");
        let next = traffic.piece(second(115)).expect("a piece");
        assert_eq!((next.from_us, next.to_us), (second(97), second(112)));
        let late = traffic.piece(second(1_000)).expect("a piece");
        assert_eq!(late.to_us - late.from_us, LONGEST_US);
        traffic.rest();
        assert_eq!(traffic.piece(second(2_000)).map(|piece| piece.to_us - piece.from_us), Some(FIRST_US));

        assert_eq!(add(&mut traffic.services, "", "cart", &golden(10, 2, 500)), 0);
        assert_eq!(add(&mut traffic.services, "", "cart", &golden(5, 1, 900)), 0);
        assert_eq!(add(&mut traffic.services, "", "cart", &golden(0, 0, 0)), 0);
        let told = traffic.services();
        let expected = Golden {
            requests: 15,
            errors_4xx: 3,
            errors_5xx: 3,
            bytes_up: 30,
            bytes_down: 60,
            p50_us: Some(900),
            ..Golden::default()
        };
        assert_eq!((told.len(), told[0].golden), (1, expected), "who was not asked is as slow as before");
    }

    #[test]
    fn there_is_room_for_so_many_and_the_rest_is_counted() {
        let mut traffic = Traffic::default();
        for n in 0..MOST + 2 {
            traffic.uncounted += add(&mut traffic.calls, "a", &format!("b{n}"), &golden(1, 0, 1));
        }
        assert_eq!((traffic.calls().len(), traffic.uncounted()), (MOST, 2));
    }
}
