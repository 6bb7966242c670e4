//! Round trips measured while a connection lives.
//!
//! The capture point lies somewhere between the ends, so an acknowledgement gives one *half*: from here to the end that
//! acknowledged, and back. A round trip is the newest half of both ends together, so it can be compared with that of the
//! handshake, wherever the capture was made. A half is taken
//! - with timestamps (RFC 7323 §4): when the clock value of the timed segment comes back, in the segment that first
//!   acknowledges it. One sent again carries another value, so it cannot be mistaken for the first;
//! - without: when the timed segment is acknowledged and nothing was sent again meanwhile (Karn's rule, RFC 6298 §3).
//!
//! At most one segment per direction is timed at once. Receivers may wait before they acknowledge (RFC 9293 §3.8.6.3), so
//! the shortest is the best estimate of the path.

use super::header::Timestamps;
use crate::record::{LifeRtt, Side};

/// The measurements of one connection.
#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    ways: [Way; 2],
    min_us: i64,
    max_us: i64,
    sum_us: i64,
    samples: u64,
}

/// The measurements of a connection of which nothing is timed.
#[derive(Debug)]
pub(super) struct RestingTrips {
    halves_ns: [Option<u32>; 2],
    min_us: u32,
    max_us: u32,
    sum_us: u32,
    samples: u32,
}

/// What one end sent.
#[derive(Debug, Default)]
struct Way {
    timed: Option<Timed>,
    /// How long the peer's last measured acknowledgement took.
    half_ns: Option<i64>,
}

/// The segment that is timed.
#[derive(Debug, Clone, Copy)]
struct Timed {
    /// One past its last byte; 0 for a SYN.
    end: u64,
    at_ns: i64,
    stamp: Option<u32>,
}

impl RoundTrips {
    /// `side` sent something new that ends at `end`.
    pub(super) fn sent(&mut self, side: Side, end: u64, at_ns: i64, stamps: Option<Timestamps>) {
        let timed = &mut self.ways[side as usize].timed;
        if timed.is_none() {
            *timed = Some(Timed { end, at_ns, stamp: stamps.map(|stamps| stamps.value) });
        }
    }

    /// `side` sent something again, or later than what follows it.
    pub(super) fn sent_again(&mut self, side: Side, stamps: Option<Timestamps>) {
        let timed = &mut self.ways[side as usize].timed;
        if timed.is_some_and(|timed| timed.stamp.is_none() || timed.stamp == stamps.map(|stamps| stamps.value)) {
            *timed = None;
        }
    }

    /// Everything that `side` sent before `offset` is acknowledged.
    pub(super) fn acknowledged(&mut self, side: Side, offset: u64, at_ns: i64, stamps: Option<Timestamps>) {
        let way = &mut self.ways[side as usize];
        let Some(timed) = way.timed.take_if(|timed| timed.end <= offset) else { return };
        let half_ns = at_ns.saturating_sub(timed.at_ns);
        if timed.stamp.is_some() && timed.stamp != stamps.map(|stamps| stamps.echo) || half_ns < 0 {
            return;
        }
        way.half_ns = Some(half_ns);
        let is_handshake = timed.end == 0;
        if let (false, Some(other_ns)) = (is_handshake, self.ways[side.other() as usize].half_ns) {
            self.add(half_ns.saturating_add(other_ns) / 1_000);
        }
    }

    /// What must be kept while nothing is timed; `None` while something is, and where a figure is beyond 32 bits.
    pub(super) fn at_rest(&self) -> Option<RestingTrips> {
        let half = |way: &Way| way.half_ns.map(u32::try_from).transpose().ok();
        if self.ways.iter().any(|way| way.timed.is_some()) {
            return None;
        }
        Some(RestingTrips {
            halves_ns: [half(&self.ways[0])?, half(&self.ways[1])?],
            min_us: u32::try_from(self.min_us).ok()?,
            max_us: u32::try_from(self.max_us).ok()?,
            sum_us: u32::try_from(self.sum_us).ok()?,
            samples: u32::try_from(self.samples).ok()?,
        })
    }

    pub(super) fn woken(rest: &RestingTrips) -> Self {
        Self {
            ways: rest.halves_ns.map(|half_ns| Way { timed: None, half_ns: half_ns.map(i64::from) }),
            min_us: rest.min_us.into(),
            max_us: rest.max_us.into(),
            sum_us: rest.sum_us.into(),
            samples: rest.samples.into(),
        }
    }

    /// The ends were taken for each other until now.
    pub(super) fn flip(&mut self) {
        self.ways.swap(0, 1);
    }

    /// What was measured, if anything was.
    pub(super) fn summary(&self) -> Option<LifeRtt> {
        let count = i64::try_from(self.samples).ok().filter(|count| *count > 0)?;
        let (min_us, max_us, samples) = (self.min_us, self.max_us, self.samples);
        Some(LifeRtt { min_us, mean_us: self.sum_us / count, max_us, samples })
    }

    fn add(&mut self, us: i64) {
        self.min_us = if self.samples == 0 { us } else { self.min_us.min(us) };
        self.max_us = self.max_us.max(us);
        self.sum_us = self.sum_us.saturating_add(us);
        self.samples += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn stamps(value: u32, echo: u32) -> Option<Timestamps> {
        Some(Timestamps { value, echo })
    }

    /// A handshake seen 3 ms away from the client and 10 ms from the server.
    fn opened(client: Option<Timestamps>, server: Option<Timestamps>) -> RoundTrips {
        let mut trips = RoundTrips::default();
        trips.sent(Side::Client, 0, 0, client);
        trips.acknowledged(Side::Client, 0, 10 * MS, server);
        trips.sent(Side::Server, 0, 10 * MS, server);
        trips.acknowledged(Side::Server, 0, 13 * MS, stamps(0, server.map_or(0, |server| server.value)));
        trips
    }

    fn expected(us: &[i64]) -> Option<LifeRtt> {
        let (min_us, max_us) = (*us.iter().min()?, *us.iter().max()?);
        Some(LifeRtt { min_us, mean_us: us.iter().sum::<i64>() / us.len() as i64, max_us, samples: us.len() as u64 })
    }

    #[test]
    fn a_round_trip_is_the_halves_of_both_ends_and_the_handshake_is_none() {
        let mut trips = opened(None, None);
        assert_eq!(trips.summary(), None);
        trips.sent(Side::Client, 100, 20 * MS, None);
        trips.acknowledged(Side::Client, 100, 32 * MS, None);
        trips.sent(Side::Server, 50, 32 * MS, None);
        trips.acknowledged(Side::Server, 50, 36 * MS, None);
        assert_eq!(trips.summary(), expected(&[15_000, 16_000]));
    }

    #[test]
    fn a_segment_sent_again_without_timestamps_is_not_measured() {
        let mut trips = opened(None, None);
        trips.sent(Side::Client, 100, 20 * MS, None);
        trips.sent_again(Side::Client, None);
        trips.acknowledged(Side::Client, 100, 900 * MS, None);
        assert_eq!(trips.summary(), None);
    }

    #[test]
    fn an_echoed_timestamp_tells_which_of_two_copies_was_acknowledged() {
        let both = || {
            let mut trips = opened(stamps(1, 0), stamps(70, 1));
            trips.sent(Side::Client, 100, 20 * MS, stamps(5, 70));
            trips.sent_again(Side::Client, stamps(9, 70));
            trips
        };
        let mut first = both();
        first.acknowledged(Side::Client, 100, 31 * MS, stamps(80, 5));
        assert_eq!(first.summary(), expected(&[14_000]));
        let mut second = both();
        second.acknowledged(Side::Client, 100, 31 * MS, stamps(80, 9));
        assert_eq!(second.summary(), None);
    }

    #[test]
    fn only_one_segment_per_direction_is_timed_at_once() {
        let mut trips = opened(None, None);
        trips.sent(Side::Client, 100, 20 * MS, None);
        trips.sent(Side::Client, 200, 21 * MS, None);
        trips.acknowledged(Side::Client, 200, 30 * MS, None);
        trips.acknowledged(Side::Client, 200, 40 * MS, None);
        assert_eq!(trips.summary(), expected(&[13_000]));
    }

    #[test]
    fn one_end_alone_gives_no_round_trip() {
        let mut trips = RoundTrips::default();
        trips.sent(Side::Server, 100, 0, None);
        trips.acknowledged(Side::Server, 100, MS, None);
        assert_eq!(trips.summary(), None);
    }
}
