//! Which segments are to go, and from when on rows stay.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use wirereel_capture::{Segment, begins_ns, segments, span_ns};

use super::runs;
use crate::{EngineError, config::Retention, live::begun};

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) keep: Duration,
    pub(crate) at_most_bytes: u64,
}

impl From<&Retention> for Bounds {
    fn from(retention: &Retention) -> Self {
        Self { keep: retention.keep.as_duration(), at_most_bytes: retention.at_most_gib.bytes() }
    }
}

/// What is to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) segments: Vec<Segment>,
    /// Folders of runs that nothing is left of afterwards.
    pub(crate) runs: Vec<PathBuf>,
    /// Rows before this instant go; nanoseconds since 1970.
    pub(crate) until_ns: Option<i64>,
}

impl Plan {
    /// Bytes of the segments that go.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }
}

/// When segments begin and end, remembered: a segment that was closed does not change.
#[derive(Debug, Default)]
pub(crate) struct Times {
    begins: HashMap<PathBuf, Option<i64>>,
    /// When runs that brought a file of a whisperer's host were received; `None` for interfaces.
    files: HashMap<PathBuf, Option<i64>>,
    ends: HashMap<PathBuf, Option<i64>>,
}

impl Times {
    /// A segment that cannot be read has no packet, as far as anybody will ever know.
    fn begins_ns(&mut self, segment: &Segment) -> Option<i64> {
        *self.begins.entry(segment.path.clone()).or_insert_with(|| begins_ns(segment).ok().flatten())
    }

    fn ends_ns(&mut self, segment: &Segment) -> Option<i64> {
        *self.ends.entry(segment.path.clone()).or_insert_with(|| span_ns(segment).ok().flatten().map(|(_, last)| last))
    }

    fn received_ns(&mut self, run: &Path) -> Option<i64> {
        let is_file = || begun(run).ok().flatten().is_some_and(|begun| begun.of_file);
        *self.files.entry(run.to_owned()).or_insert_with(|| is_file().then(|| runs::began_ns(run)).flatten())
    }

    fn forget(&mut self, segment: &Segment) {
        self.begins.remove(&segment.path);
        self.ends.remove(&segment.path);
    }
}

/// Looks what is to go at a time, nanoseconds since 1970. `rows_bytes` is what the database takes; the newest segment of a run that is
/// being written stays in any case.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn plan(
    live: &Path,
    bounds: Bounds,
    now_ns: i64,
    rows_bytes: u64,
    written: &[PathBuf],
    times: &mut Times,
) -> Result<Plan, EngineError> {
    let keep_ns = i64::try_from(bounds.keep.as_nanos()).unwrap_or(i64::MAX);
    let oldest_ns = now_ns.saturating_sub(keep_ns);
    let mut plan = Plan { until_ns: Some(oldest_ns), ..Plan::default() };
    let mut told_ns = i64::MAX;
    // When it begins, and the run it is of.
    let mut kept: Vec<(i64, usize, Segment)> = Vec::new();
    let mut left: Vec<(PathBuf, usize)> = Vec::new();
    for (number, folder) in runs::folders(live)?.into_iter().enumerate() {
        let mut found = segments(&folder).map_err(EngineError::capture(&folder))?;
        let is_written = written.contains(&folder);
        let newest = if is_written { found.pop() } else { None };
        // A file may tell of last year: it is as old as its coming, and what it tells of stays as long as it does.
        let received_ns = times.received_ns(&folder);
        let mut is_old = received_ns.is_none_or(|received_ns| received_ns < oldest_ns);
        let mut stays = usize::from(newest.is_some());
        for segment in found {
            // In the order of writing: behind one that stays, all do.
            let begins_ns = times.begins_ns(&segment);
            is_old = is_old
                && (received_ns.is_some()
                    || begins_ns.is_none_or(|begins_ns| begins_ns < oldest_ns)
                        && times.ends_ns(&segment).is_none_or(|ends_ns| ends_ns < oldest_ns));
            if is_old {
                plan.segments.push(segment);
            } else {
                stays += 1;
                if received_ns.is_some() {
                    told_ns = told_ns.min(begins_ns.unwrap_or(i64::MAX));
                }
                kept.push((begins_ns.unwrap_or(i64::MIN), number, segment));
            }
        }
        // An empty one is not looked at again and again: its beginning changes once.
        if let Some(newest) = newest {
            let begins_ns = begins_ns(&newest).ok().flatten();
            kept.push((begins_ns.unwrap_or(i64::MAX), usize::MAX, newest));
        }
        left.push((folder, if is_written { usize::MAX } else { stays }));
    }
    kept.sort_by(|a, b| (a.0, &a.2.path).cmp(&(b.0, &b.2.path)));
    let mut bytes = rows_bytes + kept.iter().map(|(_, _, segment)| segment.bytes).sum::<u64>();
    let mut went_for_size = false;
    kept.retain(|(_, run, segment)| {
        let goes = bytes > bounds.at_most_bytes && *run != usize::MAX;
        if goes {
            bytes -= segment.bytes;
            went_for_size = true;
            if left[*run].1 != usize::MAX {
                left[*run].1 -= 1;
            }
            plan.segments.push(segment.clone());
        }
        !goes
    });
    plan.until_ns = Some(oldest_ns.min(told_ns));
    if went_for_size {
        let begins_ns = kept.first().map_or(now_ns, |(begins_ns, ..)| *begins_ns);
        plan.until_ns = Some(begins_ns.clamp(oldest_ns, now_ns));
    }
    plan.runs = left.into_iter().filter(|(_, stays)| *stays == 0).map(|(folder, _)| folder).collect();
    plan.segments.iter().for_each(|segment| times.forget(segment));
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use wirereel_capture::{SegmentLimits, SegmentWriter};
    use wirereel_dissect::{LinkType, Packet};

    use super::*;

    const MINUTE_NS: i64 = 60_000_000_000;
    const START_NS: i64 = 1_795_000_000_000_000_000;

    /// A run with a packet of 1,000 bytes a minute, in segments of ten minutes.
    fn run(live: &Path, name: &str, minutes: std::ops::Range<i64>) -> PathBuf {
        let folder = live.join(runs::RUNS).join(name);
        let limits = SegmentLimits { age_ns: 10 * MINUTE_NS, ..SegmentLimits::default() };
        let mut writer = SegmentWriter::open(&folder, limits, "test").unwrap();
        for minute in minutes {
            let packet = Packet {
                at_ns: START_NS + minute * MINUTE_NS,
                link_type: LinkType(1),
                bytes: &[7; 1_000],
                wire_len: 1_000,
                position: 0,
            };
            writer.write(&packet, Some("lo")).unwrap();
        }
        writer.close().unwrap();
        folder
    }

    fn names(plan: &Plan) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let of = |segment: &Segment| {
            format!("{}/{}", name(segment.path.parent().unwrap()), name(&segment.path).trim_start_matches('0'))
        };
        plan.segments.iter().map(of).collect()
    }

    #[test]
    fn a_segment_goes_once_all_its_packets_are_older() {
        let live = tempfile::tempdir().unwrap();
        run(live.path(), "1-lo", 0..30);
        let written = run(live.path(), "2-eth0", 5..25);
        let bounds = Bounds { keep: Duration::from_secs(3_600), at_most_bytes: u64::MAX };
        let mut times = Times::default();
        let mut at = |minute: i64, written: &[PathBuf]| {
            let now_ns = START_NS + minute * MINUTE_NS;
            let plan = plan(live.path(), bounds, now_ns, 0, written, &mut times).unwrap();
            assert_eq!(plan.until_ns, Some(now_ns - 60 * MINUTE_NS));
            let runs: Vec<_> =
                plan.runs.iter().map(|run| run.file_name().unwrap().to_string_lossy().into_owned()).collect();
            (names(&plan), runs)
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(at(69, &[]), (none.clone(), none.clone()), "the last packet of the first is not older yet");
        assert_eq!(at(70, &[]).0, ["1-lo/.pcapng"]);
        assert_eq!(at(75, &[]).0, ["1-lo/.pcapng", "2-eth0/.pcapng"]);
        assert_eq!(at(90, &[]).1, ["1-lo", "2-eth0"], "nothing is left of them");
        let (segments, runs) = at(900, &[written]);
        assert_eq!(
            segments,
            ["1-lo/.pcapng", "1-lo/1.pcapng", "1-lo/2.pcapng", "2-eth0/.pcapng"],
            "the newest is being written"
        );
        assert_eq!(runs, ["1-lo"]);
    }

    #[test]
    fn by_size_the_oldest_of_all_runs_go_and_rows_stay_from_the_oldest_that_is_kept() {
        let live = tempfile::tempdir().unwrap();
        run(live.path(), "1-lo", 0..30);
        run(live.path(), "2-eth0", 5..25);
        let total: u64 = runs::folders(live.path()).unwrap().iter().map(|folder| runs::bytes(folder)).sum();
        let now_ns = START_NS + 40 * MINUTE_NS;
        let mut times = Times::default();
        let mut beyond = |bytes: u64| {
            let bounds = Bounds { keep: Duration::from_secs(86_400), at_most_bytes: total };
            plan(live.path(), bounds, now_ns, bytes, &[], &mut times).unwrap()
        };
        assert_eq!(names(&beyond(0)), Vec::<String>::new());
        assert_eq!(names(&beyond(1)), ["1-lo/.pcapng"]);
        assert_eq!(beyond(1).until_ns, Some(START_NS + 5 * MINUTE_NS), "where the other run begins");
        let more = beyond(11_000);
        assert_eq!(names(&more), ["1-lo/.pcapng", "2-eth0/.pcapng"]);
        assert_eq!(more.until_ns, Some(START_NS + 10 * MINUTE_NS));
        assert_eq!(beyond(10 * total).segments.len(), 5, "rows alone take more: no packet can stay");
        assert_eq!(beyond(10 * total).until_ns, Some(now_ns));
    }

    #[test]
    fn a_file_of_another_host_is_as_old_as_its_coming_and_rows_of_its_time_stay_with_it() {
        let live = tempfile::tempdir().unwrap();
        let received_ms = (START_NS + 5_000 * MINUTE_NS) / 1_000_000;
        let folder = run(live.path(), &format!("{received_ms}-stage-last-week"), 0..25);
        let begun = r#"{"is":"begun","whisperer":"stage","name":"last week","of_file":true,"parsing":{}}"#;
        fs::write(folder.join("run.jsonl"), format!("{begun}\n")).unwrap();
        run(live.path(), &format!("{received_ms}-lo"), 5_000..5_010);
        let bounds = Bounds { keep: Duration::from_secs(3_600), at_most_bytes: u64::MAX };
        let mut times = Times::default();
        let mut at =
            |minute: i64| plan(live.path(), bounds, START_NS + minute * MINUTE_NS, 0, &[], &mut times).unwrap();
        assert_eq!((at(5_059).segments.len(), at(5_059).until_ns), (0, Some(START_NS)));
        assert_eq!((at(5_061).segments.len(), at(5_061).until_ns), (3, Some(START_NS + 5_001 * MINUTE_NS)));
    }

    #[test]
    fn what_cannot_be_read_is_no_reason_to_stop() {
        let live = tempfile::tempdir().unwrap();
        let folder = run(live.path(), "1-lo", 0..30);
        fs::write(folder.join("00000000.pcapng"), b"torn").unwrap();
        fs::write(live.path().join(runs::RUNS).join("stray-file"), b"?").unwrap();
        let bounds = Bounds { keep: Duration::from_secs(60), at_most_bytes: u64::MAX };
        let plan = plan(live.path(), bounds, START_NS + 25 * MINUTE_NS, 0, &[], &mut Times::default()).unwrap();
        assert_eq!(names(&plan), ["1-lo/.pcapng", "1-lo/1.pcapng"]);
    }
}
