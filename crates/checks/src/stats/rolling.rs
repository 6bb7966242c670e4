//! Statistics of one website over the past so and so long, kept up with every result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Summary, Times, greatest::Greatest, ring::Ring};
use crate::{
    CheckResult,
    config::{Problem, Span},
};

/// The past so and so long, looked at so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// How far back it reaches.
    pub past: Span,
    /// How often its figures are told anew.
    pub every: Span,
}

impl Frame {
    /// The past ten minutes every ten seconds, and the past hour every minute.
    pub const DEFAULTS: [Self; 2] = [
        Self { past: Span::from_secs(600), every: Span::from_secs(10) },
        Self { past: Span::from_secs(3_600), every: Span::from_secs(60) },
    ];

    /// Whether figures are to be told anew at a moment, when they were last told at another; both in nanoseconds since 1970.
    pub fn is_due(&self, told_at_ns: i64, now_ns: i64) -> bool {
        let every_ns = self.every.as_nanos();
        now_ns.div_euclid(every_ns) > told_at_ns.div_euclid(every_ns)
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let bounds =
            [("past", self.past, MIN_PAST, MAX_PAST), ("every", self.every, MIN_EVERY, self.past.max(MIN_EVERY))];
        let wrong = bounds.into_iter().filter(|(_, found, least, most)| found < least || found > most);
        wrong
            .map(|(path, found, least, most)| {
                Problem::new(path, format!("\"{found}\""), format!("a duration from {least} to {most}"))
            })
            .collect()
    }
}

const MIN_PAST: Span = Span::from_secs(10);
/// Every result of the longest frame is kept in memory; for longer times there are hours and days.
const MAX_PAST: Span = Span::from_secs(86_400);
const MIN_EVERY: Span = Span::from_secs(1);

/// Figures of one website over several frames. A result that comes updates them, one that grows old leaves them; nothing is counted again.
///
/// A frame's figures are of the moment at which they were told last. A result belongs to the instant at which its check was intended: one
/// that comes late still counts into what was told, one of later than that waits for the next time.
#[derive(Debug)]
pub struct RollingStats {
    /// Everything that is in the longest frame, and what waits.
    ring: Ring,
    frames: Box<[Window]>,
}

#[derive(Debug)]
struct Window {
    past_ms: i64,
    told_ms: i64,
    /// Samples at the ring's beginning that have left this window.
    left: usize,
    /// Samples up to which the window reaches.
    right: usize,
    summary: Summary,
    greatest_response: Greatest,
    greatest_ttfb: Greatest,
}

impl RollingStats {
    /// Empty ones for frames.
    pub fn new(frames: &[Frame]) -> Self {
        let window = |frame: &Frame| Window {
            past_ms: i64::try_from(frame.past.as_millis()).unwrap_or(i64::MAX),
            told_ms: i64::MIN,
            left: 0,
            right: 0,
            summary: Summary::default(),
            greatest_response: Greatest::default(),
            greatest_ttfb: Greatest::default(),
        };
        Self { ring: Ring::default(), frames: frames.iter().map(window).collect() }
    }

    /// Takes in a result. One that stands for several instants counts once for each, all at its own instant.
    pub fn record(&mut self, result: &CheckResult) {
        self.record_sample(&Sample::of(result), result.instants);
    }

    /// As [`Self::record`], of a sample that stands for so many instants.
    pub fn record_sample(&mut self, sample: &Sample, instants: u32) {
        // A night's sleep is thousands of instants: more than a frame shows are not kept.
        for _ in 0..instants.min(MAX_INSTANTS) {
            self.insert(sample);
        }
    }

    fn insert(&mut self, sample: &Sample) {
        if self.frames.iter().all(|window| sample.at_ms <= window.begin_ms()) {
            return;
        }
        self.ring.insert(sample);
        for window in &mut self.frames {
            window.came(sample);
        }
    }

    /// Tells every frame anew at a moment, in nanoseconds since 1970.
    pub fn advance(&mut self, now_ns: i64) {
        for frame in 0..self.frames.len() {
            self.tell(frame, now_ns);
        }
    }

    /// Tells a frame, by its place, anew at a moment, in nanoseconds since 1970: it takes in what waited and lets go of what has become
    /// old. Time does not go back.
    pub fn tell(&mut self, frame: usize, at_ns: i64) {
        let Some(window) = self.frames.get_mut(frame) else { return };
        window.tell(&self.ring, at_ns.div_euclid(1_000_000));
        let gone = self.frames.iter().map(|window| window.left).min().unwrap_or(0);
        for _ in 0..gone {
            self.ring.pop_front();
        }
        for window in &mut self.frames {
            window.left -= gone;
            window.right -= gone;
        }
    }

    /// The figures of a frame, by its place, as they were told last.
    pub fn figures(&self, frame: usize) -> Option<Summary> {
        let window = self.frames.get(frame)?;
        let mut summary = window.summary.clone();
        summary.responses.max_us = window.greatest_response.get().map(u64::from);
        summary.ttfb.max_us = window.greatest_ttfb.get().map(u64::from);
        Some(summary)
    }

    /// Availability, response times and times to first byte of a frame, by its place: what lists are ordered by, without the rest.
    pub fn glance(&self, frame: usize) -> Option<(Option<f64>, Times, Times)> {
        let window = self.frames.get(frame)?;
        let summary = &window.summary;
        let with = |times: Times, greatest: &Greatest| Times { max_us: greatest.get().map(u64::from), ..times };
        Some((
            summary.availability(),
            with(summary.responses, &window.greatest_response),
            with(summary.ttfb, &window.greatest_ttfb),
        ))
    }

    /// What the figures of a frame are of, in the order of their instants.
    pub fn samples(&self, frame: usize) -> impl Iterator<Item = Sample> {
        let (left, right) = self.frames.get(frame).map_or((0, 0), |window| (window.left, window.right));
        (left..right).filter_map(|at| self.ring.get(at))
    }

    /// Results that are held.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.ring.len() == 0
    }
}

/// Instants without a check that one result can stand for in a frame.
const MAX_INSTANTS: u32 = 1_000;

impl Window {
    /// What is not after it is too old.
    fn begin_ms(&self) -> i64 {
        self.told_ms.saturating_sub(self.past_ms)
    }

    /// A sample has found its place in the ring.
    fn came(&mut self, sample: &Sample) {
        if sample.at_ms > self.told_ms {
            return;
        }
        self.right += 1;
        if sample.at_ms > self.begin_ms() {
            self.add(sample);
        } else {
            self.left += 1;
        }
    }

    fn add(&mut self, sample: &Sample) {
        self.summary.add_sample(sample, 1);
        if let Some(us) = sample.response_us {
            self.greatest_response.add(sample.at_ms, us);
        }
        if let Some(us) = sample.ttfb_us {
            self.greatest_ttfb.add(sample.at_ms, us);
        }
    }

    fn tell(&mut self, ring: &Ring, at_ms: i64) {
        self.told_ms = self.told_ms.max(at_ms);
        let from_ms = self.begin_ms();
        while let Some(sample) = ring.get(self.left)
            && sample.at_ms <= from_ms
        {
            if self.left < self.right {
                self.summary.remove_sample(&sample);
            } else {
                // It was never told.
                self.right += 1;
            }
            self.left += 1;
        }
        self.greatest_response.forget_until(from_ms);
        self.greatest_ttfb.forget_until(from_ms);
        while let Some(sample) = ring.get(self.right)
            && sample.at_ms <= self.told_ms
        {
            self.add(&sample);
            self.right += 1;
        }
    }
}
