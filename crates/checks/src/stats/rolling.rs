//! Statistics of one website over the past so and so long, kept up with every result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Summary, greatest::Greatest, ring::Ring, summary::Sample};
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
                Problem::new(path, &format!("\"{found}\""), format!("a duration from {least} to {most}"))
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
/// A result belongs to the instant at which its check was intended, and may come late.
#[derive(Debug)]
pub struct RollingStats {
    /// Everything that is in the longest frame.
    ring: Ring,
    frames: Box<[Window]>,
    now_ms: i64,
}

#[derive(Debug)]
struct Window {
    past_ms: i64,
    /// Samples at the ring's beginning that have left this window.
    left: usize,
    summary: Summary,
    greatest_response: Greatest,
    greatest_ttfb: Greatest,
}

impl RollingStats {
    /// Empty ones for frames.
    pub fn new(frames: &[Frame]) -> Self {
        let window = |frame: &Frame| Window {
            past_ms: i64::try_from(frame.past.as_millis()).unwrap_or(i64::MAX),
            left: 0,
            summary: Summary::default(),
            greatest_response: Greatest::default(),
            greatest_ttfb: Greatest::default(),
        };
        Self { ring: Ring::default(), frames: frames.iter().map(window).collect(), now_ms: i64::MIN }
    }

    /// Takes in a result. One that stands for several instants counts once for each, all at its own instant.
    pub fn record(&mut self, result: &CheckResult) {
        let sample = Sample::of(result);
        // A night's sleep is thousands of instants: more than a frame shows are not kept.
        let instants = if result.measured.is_some() { 1 } else { result.instants.min(MAX_INSTANTS) };
        for _ in 0..instants {
            self.insert(&sample);
        }
    }

    fn insert(&mut self, sample: &Sample) {
        let in_some = self.frames.iter().any(|window| window.holds(sample.at_ms, self.now_ms));
        if !in_some {
            return;
        }
        self.ring.insert(sample);
        for window in &mut self.frames {
            if window.holds(sample.at_ms, self.now_ms) {
                window.add(sample);
            } else {
                window.left += 1;
            }
        }
    }

    /// Lets go of what has become old at a moment, in nanoseconds since 1970. Time does not go back.
    pub fn advance(&mut self, now_ns: i64) {
        self.now_ms = self.now_ms.max(now_ns.div_euclid(1_000_000));
        for window in &mut self.frames {
            window.advance(&self.ring, self.now_ms);
        }
        let gone = self.frames.iter().map(|window| window.left).min().unwrap_or(0);
        for _ in 0..gone {
            self.ring.pop_front();
        }
        for window in &mut self.frames {
            window.left -= gone;
        }
    }

    /// The figures of a frame, by its place, as of the last [`Self::advance`].
    pub fn figures(&self, frame: usize) -> Option<Summary> {
        let window = self.frames.get(frame)?;
        let mut summary = window.summary.clone();
        summary.responses.max_us = window.greatest_response.get().map(u64::from);
        summary.ttfb.max_us = window.greatest_ttfb.get().map(u64::from);
        Some(summary)
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
    /// Whether a moment is in the frame: after its beginning. What is of the future is, until it is old.
    fn holds(&self, at_ms: i64, now_ms: i64) -> bool {
        at_ms > now_ms.saturating_sub(self.past_ms)
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

    fn advance(&mut self, ring: &Ring, now_ms: i64) {
        while let Some(sample) = ring.get(self.left)
            && !self.holds(sample.at_ms, now_ms)
        {
            self.summary.remove_sample(&sample);
            self.left += 1;
        }
        let until_ms = now_ms.saturating_sub(self.past_ms);
        self.greatest_response.forget_until(until_ms);
        self.greatest_ttfb.forget_until(until_ms);
    }
}
