//! One look: everything that gauges do not know, a snapshot, what is wrong in it, and its rows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wirereel_capture::segments;
use wirereel_store::Memory;

use super::{Workbench, lock};
use crate::{
    Workspace,
    clock::now_us,
    health::{
        Disk, FINDINGS, Figure, Findings, Names, Now, Ring, Sampler, Seen, Snapshot, Span, Unwritten, Written,
        conditions,
    },
    keeping::runs,
};

/// The disk is looked at, and the database asked for its memory, so much less often than it takes: that costs more than reading counters, and
/// the more segments there are, the more.
const REST: u32 = 500;
/// Two looks in less time tell nothing.
const LEAST: Duration = Duration::from_millis(200);

/// What is kept between two looks.
#[derive(Default)]
pub(super) struct Looking {
    pub(super) ring: Ring,
    pub(super) findings: Findings,
    sampler: Sampler,
    written: Written,
    unwritten: Unwritten,
    /// The recording that figures are written into began.
    records: bool,
    began: Option<Instant>,
    looked: Option<Instant>,
    disk: Disk,
    memory: Option<Memory>,
    looked_up: Option<Instant>,
    took: Duration,
}

impl Looking {
    /// How long ago the last look was.
    pub(super) fn age(&self) -> Option<Duration> {
        self.looked.map(|looked| looked.elapsed())
    }

    /// What was wrong since the workbench started, and is.
    pub(super) fn spans(&self) -> Vec<Span> {
        let over = self.findings.over().cloned();
        let all = over.chain(self.findings.open());
        all.map(|finding| Span { id: finding.id, from_us: finding.opened_us, to_us: finding.ended_us }).collect()
    }

    /// Takes in what was seen: the snapshot with what is wrong in it.
    fn take(&mut self, now: Instant, at_us: i64, gauges: &crate::health::Gauges, seen: &Seen) -> Snapshot {
        let snapshot = self.sampler.sample(now, at_us, gauges, seen);
        let since_start = now.saturating_duration_since(*self.began.get_or_insert(now));
        let conditions = conditions(&snapshot, self.ring.newest());
        self.findings.observe(Now { since_start, at_us }, &conditions);
        let open = self.findings.open();
        let snapshot = snapshot.with(open.map(|finding| Figure {
            component: FINDINGS.into(),
            metric: finding.id.into(),
            value: 1.0,
        }));
        self.ring.push(snapshot.clone());
        snapshot
    }
}

impl Workbench {
    /// Looks at everything once.
    pub(super) fn look_at_itself(&self) {
        let mut looking = lock(&self.health.looking);
        let now = Instant::now();
        if looking.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LEAST) {
            return;
        }
        looking.looked = Some(now);
        let at_us = now_us();
        let mut seen = Seen { whisperers: self.seen_whisperers(), unjudged: self.alerting().lost(), ..Seen::default() };
        let mut lender = None;
        if let Some(recording) = self.live.recording_now() {
            if let Some((workspace, recorder, space)) = recording {
                (seen.recording, seen.interval) = (true, workspace.storing().interval(self.is_looked_at()));
                (seen.paused, seen.failed) = (space.is_paused(), recorder.1);
                lender = Some((recorder.0, workspace));
            }
        } else {
            // Somebody begins or ends a capture: what was so a moment ago is so.
            seen.recording = looking.records;
        }
        let captured_into = lender.as_ref().map(|(_, workspace)| Arc::clone(workspace));
        let workspace = captured_into.or_else(|| self.current().ok().map(|current| current.workspace));
        (seen.disk, seen.memory) = self.looked_up(&mut looking, workspace.as_deref(), now);
        drop(workspace);
        seen.unwritten = (looking.unwritten.len(), looking.unwritten.dropped);
        let snapshot = looking.take(now, at_us, self.gauges(), &seen);
        self.ticks.health(looking.findings.open().count());
        let open: Vec<String> = looking.findings.open().map(|finding| finding.id).collect();
        self.feed_findings(open.iter().map(String::as_str));
        if !seen.recording {
            (looking.records, looking.written) = (false, Written::default());
            looking.unwritten.clear();
            return;
        }
        looking.records = true;
        let rows = looking.written.rows(&snapshot);
        looking.unwritten.push(rows);
        if let Some((lender, _)) = lender.filter(|_| !seen.paused) {
            looking.unwritten.hand_on(|rows| lender.try_record(rows));
        }
    }

    /// The disk and the database's memory, as they are or were a moment ago.
    fn looked_up(&self, looking: &mut Looking, workspace: Option<&Workspace>, now: Instant) -> (Disk, Option<Memory>) {
        let rest = looking.took * REST;
        if looking.looked_up.is_none_or(|last| now.saturating_duration_since(last) >= rest) {
            looking.memory = workspace.and_then(|workspace| workspace.store().memory().ok());
            looking.disk = self.disk(workspace);
            (looking.looked_up, looking.took) = (Some(now), now.elapsed());
        }
        (looking.disk, looking.memory)
    }

    fn disk(&self, workspace: Option<&Workspace>) -> Disk {
        let live = self.live_folder();
        let all: Vec<_> =
            runs::folders(&live).unwrap_or_default().iter().flat_map(|run| segments(run).unwrap_or_default()).collect();
        let folder = workspace.map_or(self.home.as_path(), Workspace::folder);
        let log = std::fs::metadata(folder.join("events.duckdb.wal")).map_or(0, |facts| facts.len());
        Disk {
            segments: Some(all.len() as u64),
            segment_bytes: Some(all.iter().map(|segment| segment.bytes).sum()),
            database_bytes: workspace.and_then(|workspace| workspace.store().space().ok()).map(|space| space.bytes),
            log_bytes: workspace.map(|_| log),
            free_bytes: self.live.free_bytes(folder),
            bound_bytes: workspace.map(|workspace| workspace.retention().free_space_gib.bytes()),
        }
    }

    /// What whisperers are called.
    pub(super) fn whisperer_names(&self) -> Names {
        self.whisperers_by_name().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::health::Gauges;

    #[test]
    fn what_a_full_disk_costs_is_a_drop_that_is_found_and_written_and_is_over_in_time() {
        let (gauges, mut looking, began) = (Gauges::default(), Looking::default(), Instant::now());
        let seen = Seen { recording: true, ..Seen::default() };
        let mut written = Written::default();
        let mut look = |second: u64| {
            let snapshot = looking.take(began + Duration::from_secs(second), second as i64 * 1_000_000, &gauges, &seen);
            let rows = written.rows(&snapshot);
            let told: Vec<f64> =
                rows.iter().filter(|row| row.1 == FINDINGS && row.2 == "drops:disk").map(|row| row.3).collect();
            (snapshot.get("queue:disk", "drops"), told)
        };
        assert_eq!(look(0), (Some(0.0), vec![]));
        gauges.refused.fetch_add(40, Ordering::Relaxed);
        assert_eq!(look(1), (Some(40.0), vec![1.0]));
        assert_eq!(look(2), (Some(40.0), vec![]), "said once");
        assert_eq!(look(31), (Some(40.0), vec![]));
        assert_eq!(look(32), (Some(40.0), vec![0.0]), "none came for half a minute");
        let spans = looking.spans();
        assert_eq!(spans, [Span { id: "drops:disk".into(), from_us: 1_000_000, to_us: Some(32_000_000) }]);
    }
}
