//! Makes a snapshot of the gauges and of what is looked at beside them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use wirereel_query::{whisperers::WhispererFigures, workbench::CaptureState};
use wirereel_store::{LatencyHistogram, Memory};

use super::{
    Figure, Gauges, Snapshot, Unwritten,
    process::Process,
    snapshot::figure,
    whisperers::{breaker_code, state_code},
};

/// What a batch and the names after it may take, beside twice the time between two batches.
const LAG_BOUND: Duration = Duration::from_secs(3);
/// Steps of figures that never stand still: a change that nobody would look at is no row.
const MEMORY_STEP: f64 = 256.0 * 1_024.0;
const DISK_STEP: f64 = 1_048_576.0;
/// A shorter queue is no measure of how busy everything is.
const SHORTEST: f64 = 8.0;

/// What is looked at beside the gauges.
#[derive(Default)]
pub(crate) struct Seen {
    /// Something is captured into the live recording.
    pub(crate) recording: bool,
    /// Time between two batches.
    pub(crate) interval: Duration,
    /// There is no room on the disk; and rows can no longer be stored.
    pub(crate) paused: bool,
    pub(crate) failed: bool,
    pub(crate) whisperers: Vec<SeenWhisperer>,
    pub(crate) memory: Option<Memory>,
    pub(crate) disk: Disk,
    /// Figures that wait to be written, and how many were not.
    pub(crate) unwritten: (usize, u64),
    /// Readings that alerts had no room for.
    pub(crate) unjudged: u64,
}

/// A whisperer.
#[derive(Default)]
pub(crate) struct SeenWhisperer {
    pub(crate) id: String,
    pub(crate) state: CaptureState,
    /// It captures, or did until its connection broke.
    pub(crate) runs: bool,
    pub(crate) figures: WhispererFigures,
    /// Packets lost in the kernel's buffer and in its queue since the workbench started.
    pub(crate) dropped: (u64, u64),
    /// Orders that wait, and how many can.
    pub(crate) orders: Option<(usize, usize)>,
}

/// Room on the disk, as it was looked at last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disk {
    pub(crate) segments: Option<u64>,
    pub(crate) segment_bytes: Option<u64>,
    pub(crate) database_bytes: Option<u64>,
    pub(crate) log_bytes: Option<u64>,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) bound_bytes: Option<u64>,
}

/// What a rate is made of: counters as they were at the snapshot before.
#[derive(Default)]
pub(crate) struct Sampler {
    process: Process,
    before: Option<(Instant, [u64; 3])>,
}

impl Sampler {
    /// All figures of this moment, which is `at_us` by the wall's clock.
    pub(crate) fn sample(&mut self, now: Instant, at_us: i64, gauges: &Gauges, seen: &Seen) -> Snapshot {
        let mut figures = Vec::new();
        if let Some(taken) = self.process.look() {
            figures.push(figure("process", "cpu", rounded(taken.cpu, 0.001)));
            figures.push(figure("process", "memory_bytes", rounded(taken.memory_bytes as f64, MEMORY_STEP)));
        }
        self.ingest(now, gauges, seen, &mut figures);
        queues(gauges, seen, &mut figures);
        store(now, gauges, seen, &mut figures);
        questions(now, gauges, &mut figures);
        rooms(gauges, seen, &mut figures);
        for (stage, errors) in gauges.parsing() {
            figures.push(figure("parsing", stage.name(), errors as f64));
        }
        seen.whisperers.iter().for_each(|whisperer| of_whisperer(whisperer, &mut figures));
        Snapshot::new(at_us, figures)
    }

    fn ingest(&mut self, now: Instant, gauges: &Gauges, seen: &Seen, figures: &mut Vec<Figure>) {
        let counts = [&gauges.packets, &gauges.bytes, &gauges.rows].map(read);
        if let Some((before, counted)) = self.before.replace((now, counts)) {
            let seconds = now.saturating_duration_since(before).as_secs_f64().max(1e-3);
            let metrics = ["packets_per_s", "bytes_per_s", "rows_per_s"];
            for (metric, (count, counted)) in metrics.into_iter().zip(counts.into_iter().zip(counted)) {
                figures.push(figure("ingest", metric, rounded(count.saturating_sub(counted) as f64 / seconds, 0.1)));
            }
        }
        figures.push(figure("ingest", "packets", counts[0] as f64));
        if seen.recording {
            let bound = LAG_BOUND + 2 * seen.interval;
            figures.push(figure("ingest", "lag_ms", gauges.unseen().lag(now).as_millis() as f64));
            figures.push(figure("ingest", "lag_bound_ms", bound.as_millis() as f64));
        }
    }
}

fn queues(gauges: &Gauges, seen: &Seen, figures: &mut Vec<Figure>) {
    let (mut fill, mut dropped): (f64, u64) = (0.0, 0);
    let mut is = |id: String, depth: Option<(f64, f64)>, drops: u64| {
        let component = format!("queue:{id}");
        if let Some((depth, capacity)) = depth {
            figures.push(figure(component.clone(), "depth", depth));
            figures.push(figure(component.clone(), "capacity", capacity));
            if capacity >= SHORTEST {
                fill = fill.max(depth / capacity);
            }
        }
        figures.push(figure(component, "drops", drops as f64));
        dropped += drops;
    };
    for queue in gauges.queues.seen() {
        let drops = if queue.id == crate::alerting::QUEUE { seen.unjudged } else { 0 };
        is(queue.id, Some((queue.depth as f64, queue.capacity as f64)), drops);
    }
    if seen.recording {
        let most = crate::live::MOST_WAITING_RECORDS;
        is("records".into(), Some((read(&gauges.waiting_records) as f64, most as f64)), 0);
        let (waiting, unwritten) = seen.unwritten;
        is("figures".into(), Some((waiting as f64, Unwritten::CAPACITY as f64)), unwritten);
    }
    let refused = read(&gauges.refused);
    if seen.recording || refused > 0 {
        is("disk".into(), None, refused);
    }
    for whisperer in &seen.whisperers {
        let (id, (in_kernel, in_queue)) = (&whisperer.id, whisperer.dropped);
        if whisperer.runs || in_kernel > 0 {
            is(format!("kernel:{id}"), None, in_kernel);
        }
        if whisperer.runs || in_queue > 0 {
            let fill = (whisperer.figures.queued_bytes as f64, whisperer.figures.queue_capacity_bytes as f64);
            is(format!("agent:{id}"), (fill.1 > 0.0).then_some(fill), in_queue);
        }
        if let Some((waiting, capacity)) = whisperer.orders {
            is(format!("orders:{id}"), Some((waiting as f64, capacity as f64)), 0);
        }
    }
    figures.push(figure("queues", "fill", rounded(fill, 0.01)));
    figures.push(figure("queues", "dropped", dropped as f64));
}

fn store(now: Instant, gauges: &Gauges, seen: &Seen, figures: &mut Vec<Figure>) {
    let mut store = gauges.store();
    figures.push(figure("store", "batches", store.batches as f64));
    if let Some((p50, p99)) = store.batch.percentiles_us(now) {
        figures.push(figure("store", "batch_p50_us", p50 as f64));
        figures.push(figure("store", "batch_p99_us", p99 as f64));
    }
    if let Some((p50, p99)) = store.follow.percentiles_us(now) {
        figures.push(figure("store", "follow_p50_us", p50 as f64));
        figures.push(figure("store", "follow_p99_us", p99 as f64));
    }
    figures.push(figure("store", "checkpoints", store.checkpoints as f64));
    if let Some(took) = store.checkpoint {
        figures.push(figure("store", "checkpoint_ms", millis(took)));
    }
    figures.push(figure("store", "failed", f64::from(u8::from(seen.failed))));
    drop(store);
    let keeping = gauges.keeping();
    figures.push(figure("retaining", "passes", keeping.passes as f64));
    figures.push(figure("retaining", "failed", f64::from(u8::from(keeping.failed))));
    if let (Some(at_us), Some(took), Some(hold)) = (keeping.last_us, keeping.took, keeping.longest_hold) {
        figures.push(figure("retaining", "at_us", at_us as f64));
        figures.push(figure("retaining", "took_ms", millis(took)));
        figures.push(figure("retaining", "longest_hold_ms", millis(hold)));
    }
}

fn questions(now: Instant, gauges: &Gauges, figures: &mut Vec<Figure>) {
    let mut all = LatencyHistogram::default();
    let mut answered = 0;
    for (kind, asked) in gauges.questions().iter_mut() {
        let component = format!("question:{kind}");
        answered += asked.answered;
        figures.push(figure(component.clone(), "answered", asked.answered as f64));
        figures.push(figure(component.clone(), "interrupted", asked.interrupted as f64));
        figures.push(figure(component.clone(), "failed", asked.failed as f64));
        asked.times.gather(&mut all, now);
        if let Some((p50, p99)) = asked.times.percentiles_us(now) {
            figures.push(figure(component.clone(), "p50_us", p50 as f64));
            figures.push(figure(component, "p99_us", p99 as f64));
        }
    }
    figures.push(figure("questions", "answered", answered as f64));
    if let Some(p99) = all.percentile_us(0.99) {
        figures.push(figure("questions", "p99_us", p99 as f64));
    }
}

fn rooms(gauges: &Gauges, seen: &Seen, figures: &mut Vec<Figure>) {
    let mut bytes = |component: &'static str, metric, value: Option<u64>, step| {
        figures.extend(value.map(|value| figure(component, metric, rounded(value as f64, step))));
    };
    bytes("memory", "database_bytes", seen.memory.map(|memory| memory.bytes), MEMORY_STEP);
    bytes("memory", "spilled_bytes", seen.memory.map(|memory| memory.spilled_bytes), MEMORY_STEP);
    if seen.recording {
        bytes("memory", "queue_bytes", Some(read(&gauges.arriving_bytes)), 1_024.0);
        bytes("memory", "held_bytes", Some(read(&gauges.held_bytes)), 1_024.0);
        bytes("memory", "open_flows", Some(read(&gauges.open_flows)), 1.0);
    }
    let disk = seen.disk;
    bytes("disk", "segments", disk.segments, 1.0);
    bytes("disk", "segment_bytes", disk.segment_bytes, DISK_STEP / 16.0);
    bytes("disk", "database_bytes", disk.database_bytes, 1.0);
    bytes("disk", "log_bytes", disk.log_bytes, DISK_STEP / 16.0);
    bytes("disk", "free_bytes", disk.free_bytes, DISK_STEP);
    bytes("disk", "bound_bytes", disk.bound_bytes, 1.0);
    figures.push(figure("disk", "paused", f64::from(u8::from(seen.paused))));
}

fn of_whisperer(whisperer: &SeenWhisperer, figures: &mut Vec<Figure>) {
    let component = format!("agent:{}", whisperer.id);
    let told = &whisperer.figures;
    figures.push(figure(component.clone(), "state", state_code(whisperer.state)));
    figures.push(figure(component, "lost", (told.lost_in_kernel + told.lost_in_queue) as f64));
    if !whisperer.runs {
        return;
    }
    // As its statuses are recorded.
    let component = format!("whisperer:{}", whisperer.id);
    figures.push(figure(component.clone(), "breaker", breaker_code(told.breaker)));
    figures.push(figure(component.clone(), "packets_per_s", told.packets_per_s));
    figures.push(figure(component.clone(), "cpu", told.cpu));
    figures.push(figure(component, "memory_bytes", told.memory_bytes as f64));
}

fn read(gauge: &AtomicU64) -> u64 {
    gauge.load(Ordering::Relaxed)
}

fn millis(took: Duration) -> f64 {
    rounded(took.as_secs_f64() * 1e3, 0.1)
}

fn rounded(value: f64, step: f64) -> f64 {
    // Of a step below one the reciprocal is exact, the step itself is not.
    if step < 1.0 { (value / step).round() / (1.0 / step).round() } else { (value / step).round() * step }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Answered;

    #[test]
    fn rates_are_between_two_snapshots_and_drops_are_summed_over_all_queues() {
        let (gauges, mut sampler, began) = (Gauges::default(), Sampler::default(), Instant::now());
        let mut seen = Seen { recording: true, ..Seen::default() };
        let first = sampler.sample(began, 1, &gauges, &seen);
        assert_eq!(first.get("ingest", "packets_per_s"), None, "there is nothing to compare with");
        gauges.packets.fetch_add(300, Ordering::Relaxed);
        gauges.refused.fetch_add(2, Ordering::Relaxed);
        gauges.unseen().took(began);
        seen.whisperers.push(SeenWhisperer {
            id: "local".into(),
            runs: true,
            dropped: (5, 7),
            figures: WhispererFigures { queued_bytes: 60, queue_capacity_bytes: 100, ..WhispererFigures::default() },
            ..SeenWhisperer::default()
        });
        let second = sampler.sample(began + Duration::from_secs(2), 2, &gauges, &seen);
        assert_eq!(second.get("ingest", "packets_per_s"), Some(150.0));
        assert_eq!(second.get("ingest", "lag_ms"), Some(2_000.0));
        assert_eq!(second.get("queues", "dropped"), Some(14.0));
        assert_eq!(second.get("queues", "fill"), Some(0.6));
        assert_eq!(second.get("queue:kernel:local", "drops"), Some(5.0));
    }

    #[test]
    fn interrupted_questions_are_counted_as_such_and_have_no_time() {
        let (gauges, mut sampler) = (Gauges::default(), Sampler::default());
        gauges.asked("topology", Duration::from_millis(4), Answered::Well);
        gauges.asked("topology", Duration::from_secs(9), Answered::Interrupted);
        gauges.asked("sql", Duration::from_secs(9), Answered::Badly);
        let snapshot = sampler.sample(Instant::now(), 1, &gauges, &Seen::default());
        assert_eq!(snapshot.get("question:topology", "answered"), Some(1.0));
        assert_eq!(snapshot.get("question:topology", "interrupted"), Some(1.0));
        assert!(snapshot.get("question:topology", "p99_us").is_some_and(|us| us < 5_000.0));
        assert_eq!((snapshot.get("question:sql", "failed"), snapshot.get("question:sql", "p50_us")), (Some(1.0), None));
        assert_eq!(snapshot.get("ingest", "lag_ms"), None, "nothing is captured");
    }
}
