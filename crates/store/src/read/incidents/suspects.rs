//! Suspicious times, from roll-ups alone: rows are read only around these.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use duckdb::arrow::{
    array::{Int32Array, Int64Array},
    record_batch::RecordBatch,
};
use wirereel_query::answer::ServiceKind;

use super::{
    super::{Reader, graph::Graph},
    judge::Usual,
    scan::{self, Odds, Tally},
};
use crate::{error::Result, latency::Histogram};

const SECOND_NS: i64 = 1_000_000_000;
/// Spans up to which buckets of one and of ten seconds are read; beyond, those of a minute.
const SECONDS_UP_TO_S: i64 = 2 * 3_600;
const TENS_UP_TO_S: i64 = 48 * 3_600;
/// Latency has a row per class too.
const LATENCY_TENS_UP_TO_S: i64 = 6 * 3_600;
/// A slow answer takes more than so many times what nine in ten of the service's answers take in a usual part of the recording. Services
/// that have a fast and a slow way to answer stay below it on either; beyond it, answers of healthy services come one by one.
const SLOW_TIMES: u64 = 3;
/// Parts of the recording that the usual one is the middle one of.
const PARTS: i64 = 24;
/// And at least this long: below it, nobody waits.
const SLOW_LEAST_US: u64 = 10_000;
/// Of fewer answers it is not known what is usual.
const LEAST_ANSWERS: u64 = 20;
/// A bucket mixes what lies side by side in it, so its score may be lower than that of the calls in it by this.
const BLUR: f64 = 4.0;
/// Calls of context on each side of a window.
const CONTEXT_CALLS: u64 = 25;
/// Windows looked at in one recording, worst first.
const MOST_WINDOWS: usize = 200;
/// Answers 503 looked at.
const MOST_DECLARED: usize = 2_000;

/// A time in which something may be wrong with a service, with some context around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) service: i32,
    pub(super) from_ns: i64,
    pub(super) to_ns: i64,
    score: f64,
}

/// A service with its suspicious times.
#[derive(Debug, Default)]
pub(super) struct Suspect {
    pub(super) usual: Usual,
    pub(super) slow_us: u64,
    width_s: i64,
    /// Calls by the begin of their bucket.
    buckets: BTreeMap<i64, Tally>,
    pub(super) windows: Vec<Window>,
}

impl Suspect {
    /// Calls of the buckets that lie in a span, at their middle.
    pub(super) fn tallies(&self, from_ns: i64, to_ns: i64) -> impl Iterator<Item = (i64, Tally)> {
        let (from_s, to_s) = (from_ns.div_euclid(SECOND_NS) + 1, to_ns.div_euclid(SECOND_NS) - self.width_s + 1);
        let middle_ns = self.width_s * SECOND_NS / 2;
        self.buckets
            .range(from_s..to_s.max(from_s))
            .map(move |(bucket_s, tally)| (bucket_s * SECOND_NS + middle_ns, *tally))
    }

    /// A window around buckets, with context on both sides.
    fn window(&self, service: i32, first_s: i64, last_s: i64, score: f64) -> Window {
        let enough = |buckets: &mut dyn Iterator<Item = (&i64, &Tally)>, other: i64| {
            let mut calls = 0;
            let mut reached = other;
            for (bucket_s, tally) in buckets {
                (reached, calls) = (*bucket_s, calls + tally.all);
                if calls >= CONTEXT_CALLS {
                    break;
                }
            }
            reached
        };
        let from_s = enough(&mut self.buckets.range(..first_s).rev(), first_s);
        let to_s = enough(&mut self.buckets.range(last_s + 1..), last_s);
        Window { service, from_ns: from_s * SECOND_NS, to_ns: (to_s + self.width_s) * SECOND_NS, score }
    }
}

impl Reader {
    /// Services with a time in which their calls went wrong, or their answers were slow, more often than usual.
    pub(super) fn suspects(&self, graph: &Graph) -> Result<HashMap<i32, Suspect>> {
        let Some(extent) = graph.extent_ns() else { return Ok(HashMap::new()) };
        let span_s = (extent.1 - extent.0) / SECOND_NS;
        let wanted_s = match span_s {
            ..SECONDS_UP_TO_S => 1,
            SECONDS_UP_TO_S..TENS_UP_TO_S => 10,
            _ => 60,
        };
        let stored = |least_s: i64| graph.widths_s.iter().copied().find(|width_s| *width_s >= least_s).unwrap_or(60);
        let width_s = stored(wanted_s);
        let mut suspects: HashMap<i32, Suspect> = HashMap::new();
        let sql = format!(
            "SELECT server_id, bucket_s, (requests + refused + unheard)::BIGINT, (failed + errors_5xx + refused + unheard)::BIGINT \
             FROM (SELECT server_id, bucket_s, sum(requests) AS requests, sum(failed) AS failed, sum(errors_5xx) AS errors_5xx, \
             sum(refused) AS refused, greatest(sum(connects) - sum(accepts) - sum(refused), 0) AS unheard \
             FROM raw.rollup_{width_s}s GROUP BY ALL) WHERE requests + refused + unheard > 0"
        );
        self.batches(&sql, [], |batch| {
            for (service, bucket_s, all, bad) in tallies(batch) {
                if graph.who.kind(service).is_some_and(|kind| kind != ServiceKind::Customers) {
                    let suspect = suspects.entry(service).or_default();
                    suspect.width_s = width_s;
                    suspect.buckets.insert(bucket_s, Tally { bad, all });
                }
            }
        })?;
        for (service, suspect) in &mut suspects {
            suspect.look_at_errors(*service);
        }
        let latency_s = if span_s < LATENCY_TENS_UP_TO_S { width_s } else { 60 };
        self.look_at_latency(latency_s, span_s, &mut suspects)?;
        self.look_at_declared(&mut suspects)?;
        keep_worst(&mut suspects);
        Ok(suspects)
    }

    fn look_at_latency(&self, width_s: i64, span_s: i64, suspects: &mut HashMap<i32, Suspect>) -> Result<()> {
        let part_s = (span_s / PARTS / 60 + 1) * 60;
        let mut parts: HashMap<i32, BTreeMap<i64, Histogram>> = HashMap::new();
        let sql = format!(
            "SELECT server_id, (bucket_s // {part_s} * 65536 + class)::BIGINT, sum(n)::BIGINT, 0::BIGINT FROM raw.latency_60s GROUP BY ALL"
        );
        self.batches(&sql, [], |batch| {
            for (service, place, n, _) in tallies(batch) {
                let class = u16::try_from(place.rem_euclid(65_536)).unwrap_or(u16::MAX);
                parts.entry(service).or_default().entry(place.div_euclid(65_536)).or_default().add(class, n);
            }
        })?;
        let mut classes = Vec::new();
        for (service, parts) in &parts {
            let Some(suspect) = suspects.get_mut(service) else { continue };
            let Some(most_us) = usual_us(parts.values()) else { continue };
            suspect.slow_us = (SLOW_TIMES * most_us).max(SLOW_LEAST_US);
            classes.push(format!("({service}, raw.class_of({}))", suspect.slow_us));
        }
        if classes.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT l.server_id, l.bucket_s, sum(n)::BIGINT, coalesce(sum(n) FILTER (l.class > s.class), 0)::BIGINT \
             FROM raw.latency_{width_s}s l JOIN (VALUES {}) s(server_id, class) USING (server_id) GROUP BY ALL",
            classes.join(", ")
        );
        let mut buckets: HashMap<i32, BTreeMap<i64, Tally>> = HashMap::new();
        self.batches(&sql, [], |batch| {
            for (service, bucket_s, all, bad) in tallies(batch) {
                buckets.entry(service).or_default().insert(bucket_s, Tally { bad, all });
            }
        })?;
        for (service, buckets) in buckets {
            if let Some(suspect) = suspects.get_mut(&service) {
                suspect.look_at_slow(service, &buckets, width_s);
            }
        }
        Ok(())
    }

    /// Answers 503 in buckets without a good one: see `judge::declared`.
    fn look_at_declared(&self, suspects: &mut HashMap<i32, Suspect>) -> Result<()> {
        let sql = format!(
            "SELECT server_id, started_us * 1000 FROM raw.exchanges WHERE status = 503 ORDER BY started_us LIMIT {MOST_DECLARED}"
        );
        let declared: Vec<(i32, i64)> = self.rows(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (service, at_ns) in declared {
            let Some(suspect) = suspects.get_mut(&service) else { continue };
            let at_s = at_ns.div_euclid(SECOND_NS);
            let bucket_s = at_s - at_s.rem_euclid(suspect.width_s);
            let is_alone = suspect.buckets.get(&bucket_s).is_some_and(|tally| tally.bad == tally.all);
            let is_known = suspect.windows.iter().any(|window| (window.from_ns..window.to_ns).contains(&at_ns));
            if is_alone && !is_known {
                let window = suspect.window(service, bucket_s, bucket_s, scan::threshold(suspect.usual.errors.all));
                suspect.windows.push(window);
            }
        }
        Ok(())
    }
}

impl Suspect {
    fn look_at_errors(&mut self, service: i32) {
        let (starts, items): (Vec<i64>, Vec<Tally>) =
            self.buckets.iter().map(|(start, tally)| (*start, *tally)).unzip();
        items.iter().for_each(|item| self.usual.errors.add(*item));
        self.usual.error_share = scan::usual_share(&items);
        let least = scan::threshold(self.usual.errors.all) - BLUR;
        for found in scan::stretches(&items, Odds::new(self.usual.error_share, super::judge::FAILING_SHARE), least) {
            self.windows.push(self.window(service, starts[found.from], starts[found.to - 1], found.score));
        }
    }

    fn look_at_slow(&mut self, service: i32, buckets: &BTreeMap<i64, Tally>, width_s: i64) {
        let (starts, items): (Vec<i64>, Vec<Tally>) = buckets.iter().map(|(start, tally)| (*start, *tally)).unzip();
        items.iter().for_each(|item| self.usual.slow.add(*item));
        self.usual.slow_share = scan::usual_share(&items);
        let least = scan::threshold(self.usual.slow.all) - BLUR;
        for found in scan::stretches(&items, Odds::new(self.usual.slow_share, super::judge::SLOW_SHARE), least) {
            let last_s = starts[found.to - 1] + width_s - self.width_s;
            self.windows.push(self.window(service, starts[found.from], last_s, found.score));
        }
    }
}

/// What nine in ten answers do not exceed in the middle one of the parts with enough of them, or in all together.
fn usual_us<'a>(parts: impl Iterator<Item = &'a Histogram>) -> Option<u64> {
    let (mut all, mut of_parts) = (Histogram::default(), Vec::new());
    for part in parts {
        all.merge(part);
        of_parts.extend(part.percentile_us(0.9).filter(|_| part.total() >= LEAST_ANSWERS));
    }
    of_parts.sort_unstable();
    let of_all = all.percentile_us(0.9).filter(|_| all.total() >= LEAST_ANSWERS);
    of_parts.get(of_parts.len() / 2).copied().or(of_all)
}

/// Merges windows of a service that overlap, and keeps the worst of all.
fn keep_worst(suspects: &mut HashMap<i32, Suspect>) {
    let mut all: Vec<Window> = Vec::new();
    for suspect in suspects.values_mut() {
        let mut windows = std::mem::take(&mut suspect.windows);
        windows.sort_unstable_by_key(|window| window.from_ns);
        let mut merged: Vec<Window> = Vec::new();
        for window in windows {
            match merged.last_mut() {
                Some(last) if window.from_ns < last.to_ns => {
                    last.to_ns = last.to_ns.max(window.to_ns);
                    last.score = last.score.max(window.score);
                }
                _ => merged.push(window),
            }
        }
        all.append(&mut merged);
    }
    all.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    all.truncate(MOST_WINDOWS);
    all.sort_unstable_by_key(|window| (window.service, Reverse(window.from_ns)));
    for window in all.into_iter().rev() {
        if let Some(suspect) = suspects.get_mut(&window.service) {
            suspect.windows.push(window);
        }
    }
    suspects.retain(|_, suspect| !suspect.windows.is_empty());
}

/// Rows of a service, a number, and two counts.
fn tallies(batch: &RecordBatch) -> impl Iterator<Item = (i32, i64, u64, u64)> {
    let column = |index: usize| batch.column(index).as_any().downcast_ref::<Int64Array>();
    let (Some(services), Some(places), Some(all), Some(bad)) =
        (batch.column(0).as_any().downcast_ref::<Int32Array>(), column(1), column(2), column(3))
    else {
        unreachable!("the query casts its columns to these types")
    };
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    (0..batch.num_rows())
        .map(move |row| (services.value(row), places.value(row), count(all.value(row)), count(bad.value(row))))
}
