//! What counts as wrong with Wirereel itself, judged by two snapshots that follow each other.

use std::time::Duration;

use super::{
    Snapshot,
    findings::{Condition, Level},
};

const AT_ONCE: Duration = Duration::ZERO;
/// A lag that grows beyond its bound for so long is no hiccup.
const LAG_PENDING: Duration = Duration::from_secs(5);
const LAG_CLEARS: Duration = Duration::from_secs(5);
/// A loss is told until there was none for so long.
const DROPS_CLEAR: Duration = Duration::from_secs(30);
const FULL_PENDING: Duration = Duration::from_secs(10);
const FULL_CLEARS: Duration = Duration::from_secs(5);
const BREAKER_CLEARS: Duration = Duration::from_secs(5);
/// Of a queue that is full, and of one that is not any more.
pub(super) const FULL_SHARE: f64 = 0.9;
const EASY_SHARE: f64 = 0.5;
/// A shorter queue is full all the time while it does what it is there for.
const SHORTEST: f64 = 8.0;

/// How everything that is watched is now.
pub(crate) fn conditions(now: &Snapshot, before: Option<&Snapshot>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut is = |id: String, level, pending, clears| conditions.push(Condition { id, level, pending, clears });
    if let (Some(lag), Some(bound)) = (now.get("ingest", "lag_ms"), now.get("ingest", "lag_bound_ms")) {
        is("lag".into(), level(lag >= bound, lag < bound / 2.0), LAG_PENDING, LAG_CLEARS);
    }
    for id in now.named("queue:") {
        let component = format!("queue:{id}");
        let drops = |snapshot: &Snapshot| snapshot.get(&component, "drops").unwrap_or(0.0);
        if let Some(before) = before {
            let lost = drops(now) > drops(before);
            is(format!("drops:{id}"), level(lost, !lost), AT_ONCE, DROPS_CLEAR);
        }
        let (depth, capacity) = (now.get(&component, "depth"), now.get(&component, "capacity"));
        if let (Some(depth), Some(capacity)) = (depth, capacity.filter(|capacity| *capacity >= SHORTEST)) {
            let share = depth / capacity;
            let level = level(share >= FULL_SHARE, share < EASY_SHARE);
            is(format!("full:{id}"), level, FULL_PENDING, FULL_CLEARS);
        }
    }
    for id in now.named("agent:") {
        if let Some(breaker) = now.get(&format!("whisperer:{id}"), "breaker") {
            is(format!("breaker:{id}"), level(breaker > 0.0, breaker == 0.0), AT_ONCE, BREAKER_CLEARS);
        }
    }
    for (id, component, metric) in
        [("space", "disk", "paused"), ("retention", "retaining", "failed"), ("store", "store", "failed")]
    {
        let bad = now.get(component, metric).unwrap_or(0.0) > 0.0;
        is(id.into(), level(bad, !bad), AT_ONCE, AT_ONCE);
    }
    conditions
}

fn level(bad: bool, good: bool) -> Level {
    match (bad, good) {
        (true, _) => Level::Bad,
        (false, true) => Level::Good,
        (false, false) => Level::Between,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Findings, Now, snapshot::figure};

    fn open(findings: &Findings) -> Vec<String> {
        findings.open().map(|finding| finding.id).collect()
    }

    fn now(second: i64) -> Now {
        Now { since_start: Duration::from_secs(second as u64), at_us: second * 1_000_000 }
    }

    #[test]
    fn a_lag_that_grows_is_found_and_one_that_goes_up_and_down_within_its_bound_is_not() {
        let mut findings = Findings::default();
        let mut observe = |second: i64, lag_ms: f64| {
            let figures = vec![figure("ingest", "lag_ms", lag_ms), figure("ingest", "lag_bound_ms", 5_000.0)];
            findings.observe(now(second), &conditions(&Snapshot::new(second, figures), None));
            open(&findings)
        };
        for second in 0..30 {
            assert!(observe(second, 4_500.0 * f64::from(second as i32 % 2)).is_empty());
        }
        // It grows by a second each second.
        let told = (30..60).find(|second| !observe(*second, (second - 30) as f64 * 1_000.0).is_empty());
        assert_eq!(told, Some(40), "five seconds until the bound, five beyond it");
        assert_eq!(observe(60, 3_000.0), ["lag"], "better, but not good");
        for second in 61..66 {
            observe(second, 800.0);
        }
        assert!(observe(66, 800.0).is_empty());
    }

    #[test]
    fn a_drop_is_found_at_once_and_is_over_when_none_came_for_half_a_minute() {
        let mut findings = Findings::default();
        let snapshot = |drops| {
            let queue = ["depth", "capacity", "drops"].into_iter().zip([10.0, 1_000.0, drops]);
            Snapshot::new(0, queue.map(|(metric, value)| figure("queue:agent:local", metric, value)).collect())
        };
        let mut before = snapshot(5.0);
        let mut observe = |second: i64, drops| {
            let snapshot = snapshot(drops);
            findings.observe(now(second), &conditions(&snapshot, Some(&before)));
            before = snapshot;
            open(&findings)
        };
        assert!(observe(0, 5.0).is_empty(), "those were before");
        assert_eq!(observe(1, 6.0), ["drops:agent:local"]);
        assert_eq!(observe(31, 6.0), ["drops:agent:local"]);
        assert!(observe(61, 6.0).is_empty());
    }

    #[test]
    fn what_stops_capture_or_hides_it_is_found_at_once() {
        let figures = vec![
            figure("disk", "paused", 1.0),
            figure("retaining", "failed", 1.0),
            figure("agent:stage", "state", 3.0),
            figure("whisperer:stage", "breaker", 0.5),
            figure("queue:arrivals", "depth", 31.0),
            figure("queue:arrivals", "capacity", 32.0),
            figure("queue:rows", "depth", 4.0),
            figure("queue:rows", "capacity", 4.0),
        ];
        let mut findings = Findings::default();
        let conditions = conditions(&Snapshot::new(0, figures), None);
        findings.observe(now(0), &conditions);
        assert_eq!(open(&findings), ["breaker:stage", "retention", "space"]);
        findings.observe(now(10), &conditions);
        assert_eq!(open(&findings), ["breaker:stage", "full:arrivals", "retention", "space"], "full for ten seconds");
    }
}
