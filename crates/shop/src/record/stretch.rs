//! Stretches a recording in time without touching any latency in it.
//!
//! The recording falls apart into busy periods: runs of packets in which an exchange is under way or no pause is longer
//! than [`PAUSE_NS`]. Each busy period moves as a whole, its beginning to `factor` times its distance from the
//! recording's beginning; the quiet between two periods takes up the rest. So the order of all packets, every response
//! time, handshake and retransmission stays as captured, and causes stay before effects, in one connection and between
//! connections.

use std::ops::Range;

use super::Frame;
use super::truth::FaultEvent;

/// A pause longer than this, with nothing under way, ends a busy period. Longer than a delayed acknowledgement
/// (40 ms on Linux), so that none is torn from the data it acknowledges.
const PAUSE_NS: i64 = 50_000_000;

const DAY_NS: i64 = 86_400_000_000_000;

/// When a busy period was, in time of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Busy {
    from_ns: i64,
    to_ns: i64,
}

/// From time of recording to stretched time; never decreases.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeMap {
    busy: Vec<Busy>,
    factor: f64,
    /// The first packet's time, and where it goes.
    origin_ns: i64,
    target_ns: i64,
}

impl TimeMap {
    /// A map for these frames; the first goes to midnight (UTC) of the day it was recorded on.
    ///
    /// `in_flight` are the exchanges, as indices of their first and last frame.
    pub(super) fn new(frames: &[Frame], in_flight: &[Range<usize>], factor: f64) -> Self {
        let mut begun = vec![0u32; frames.len()];
        let mut ended = vec![0u32; frames.len()];
        for exchange in in_flight {
            begun[exchange.start] += 1;
            ended[exchange.end] += 1;
        }
        let mut busy: Vec<Busy> = Vec::new();
        let mut under_way = 0;
        for (index, frame) in frames.iter().enumerate() {
            match busy.last_mut() {
                Some(last) if under_way > 0 || frame.at_ns - last.to_ns <= PAUSE_NS => {
                    last.to_ns = last.to_ns.max(frame.at_ns);
                }
                _ => busy.push(Busy { from_ns: frame.at_ns, to_ns: frame.at_ns }),
            }
            under_way += begun[index];
            under_way -= ended[index];
        }
        let origin_ns = frames.first().map_or(0, |f| f.at_ns);
        Self { busy, factor, origin_ns, target_ns: origin_ns - origin_ns.rem_euclid(DAY_NS) }
    }

    /// The frames at their stretched times.
    pub(super) fn frames(&self, frames: &[Frame]) -> Vec<Frame> {
        frames.iter().map(|frame| Frame { at_ns: self.at(frame.at_ns), ..frame.clone() }).collect()
    }

    /// The faults at their stretched times.
    pub(super) fn events(&self, events: &[FaultEvent]) -> Vec<FaultEvent> {
        events.iter().map(|event| FaultEvent { at_ns: self.at(event.at_ns), ..event.clone() }).collect()
    }

    fn at(&self, at_ns: i64) -> i64 {
        let next = self.busy.partition_point(|b| b.from_ns <= at_ns);
        let Some(period) = next.checked_sub(1).and_then(|i| self.busy.get(i)) else {
            return self.scaled(at_ns);
        };
        if at_ns <= period.to_ns {
            return self.scaled(period.from_ns) + (at_ns - period.from_ns);
        }
        // In the quiet after a period: in proportion, but not before that period's own end.
        self.scaled(at_ns).max(self.scaled(period.from_ns) + (period.to_ns - period.from_ns))
    }

    fn scaled(&self, at_ns: i64) -> i64 {
        self.target_ns + ((at_ns - self.origin_ns) as f64 * self.factor) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn frames(times_ms: &[i64]) -> Vec<Frame> {
        times_ms.iter().map(|ms| Frame { at_ns: DAY_NS + 5 + ms * MS, bytes: Vec::new(), wire_len: 0 }).collect()
    }

    fn stretched_ms(times_ms: &[i64], in_flight: &[Range<usize>], factor: f64) -> Vec<i64> {
        let frames = frames(times_ms);
        let map = TimeMap::new(&frames, in_flight, factor);
        map.frames(&frames).iter().map(|f| (f.at_ns - DAY_NS) / MS).collect()
    }

    #[test]
    fn pauses_grow_and_what_belongs_together_stays_together() {
        assert_eq!(stretched_ms(&[0, 10, 1000, 1040], &[], 100.0), [0, 10, 100_000, 100_040]);
    }

    #[test]
    fn an_exchange_under_way_is_not_torn_apart_however_long_it_waits() {
        assert_eq!(stretched_ms(&[0, 400, 500, 2000], &[0..2, 1..1], 10.0), [0, 400, 500, 20_000]);
    }

    #[test]
    fn the_first_packet_goes_to_midnight_and_time_never_runs_backwards() {
        let times = [0, 3, 60, 130, 131, 400, 900, 901, 1500];
        let out = stretched_ms(&times, &[1..3, 4..5], 3.0);
        assert_eq!(out[0], 0);
        assert!(out.is_sorted());
    }
}
