//! A maintenance window's beginnings and ends on the clock.

use std::collections::VecDeque;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::Parsed;

/// How many days are searched for the next beginning: over the leap day that a century leaves out.
const DAYS_SEARCHED: usize = 8 * 366 + 2;
/// How many windows that touch each other are taken as one. A window that never ends is looked at again after so many.
const JOINED: usize = 2_000;
/// Yesterday, today and tomorrow.
const DAYS_KEPT: usize = 3;
const MINUTE_NS: i64 = 60_000_000_000;

/// When a maintenance window is open. Remembers what it found last, since it is asked about instants that follow each other.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: TimeZone,
    parsed: Parsed,
    last: Found,
    /// Days whose beginnings were looked for last, and they; the newest last.
    days: VecDeque<(Date, Vec<i64>)>,
}

/// What holds from one instant (inclusive) until another (exclusive).
#[derive(Debug, Clone, Copy)]
struct Found {
    from_ns: i64,
    until_ns: i64,
    open: bool,
}

impl Calendar {
    pub(super) fn new(zone: TimeZone, parsed: Parsed) -> Self {
        let last = Found { from_ns: 0, until_ns: 0, open: false };
        Self { zone, parsed, last, days: VecDeque::new() }
    }

    /// When the window that is open at an instant ends; `None` when none is open.
    pub(crate) fn ends_ns(&mut self, at_ns: i64) -> Option<i64> {
        if !(self.last.from_ns..self.last.until_ns).contains(&at_ns) {
            self.last = self.find(at_ns);
        }
        self.last.open.then_some(self.last.until_ns)
    }

    fn find(&mut self, at_ns: i64) -> Found {
        let lasts_ns = match self.parsed {
            Parsed::Once { from_ns, until_ns } => {
                let open = (from_ns..until_ns).contains(&at_ns);
                return match open {
                    true => Found { from_ns, until_ns, open },
                    false if at_ns < from_ns => Found { from_ns: i64::MIN, until_ns: from_ns, open },
                    false => Found { from_ns: until_ns, until_ns: i64::MAX, open },
                };
            }
            Parsed::Weekly { lasts_ns, .. } | Parsed::Cron { lasts_ns, .. } => lasts_ns,
        };
        // The first that could still be open began less than its length ago.
        let begin = self.next_begin(at_ns.saturating_sub(lasts_ns));
        match begin {
            Some(begin) if begin <= at_ns => {
                let mut last = begin;
                for _ in 0..JOINED {
                    match self.next_begin(last) {
                        Some(next) if next <= last.saturating_add(lasts_ns) => last = next,
                        _ => break,
                    }
                }
                Found { from_ns: begin, until_ns: last.saturating_add(lasts_ns), open: true }
            }
            Some(begin) => Found { from_ns: at_ns, until_ns: begin, open: false },
            None => Found { from_ns: at_ns, until_ns: at_ns.saturating_add(MINUTE_NS), open: false },
        }
    }

    /// The first beginning after an instant.
    fn next_begin(&mut self, after_ns: i64) -> Option<i64> {
        let local = Timestamp::from_nanosecond(i128::from(after_ns)).ok()?.to_zoned(self.zone.clone()).date();
        // A time that the clock jumps over can begin a window on the next day.
        let mut day = local.yesterday().ok()?;
        for _ in 0..DAYS_SEARCHED {
            if let Some(begin) = self.begins(day).iter().find(|&&begin| begin > after_ns) {
                return Some(*begin);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn begins(&mut self, day: Date) -> &[i64] {
        let place = match self.days.iter().position(|(other, _)| *other == day) {
            Some(place) => place,
            None => {
                if self.days.len() == DAYS_KEPT {
                    self.days.pop_front();
                }
                self.days.push_back((day, self.begins_on(day)));
                self.days.len() - 1
            }
        };
        &self.days[place].1
    }

    /// Beginnings of a day of the zone, in order.
    fn begins_on(&self, day: Date) -> Vec<i64> {
        let local = |time| self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok().and_then(nanos);
        let mut begins: Vec<i64> = match &self.parsed {
            Parsed::Once { .. } => Vec::new(),
            Parsed::Weekly { days, at, .. } if days.contains(&day.weekday()) => local(*at).into_iter().collect(),
            Parsed::Weekly { .. } => Vec::new(),
            Parsed::Cron { cron, .. } if !cron.on(day) => Vec::new(),
            Parsed::Cron { cron, .. } if cron.is_hourly() => {
                // Through real time, minute by minute: 23 to 25 hours of them.
                let midnight = |day: Date| day.to_zoned(self.zone.clone()).ok().map(|at| at.timestamp());
                let ends = day.tomorrow().ok().and_then(midnight);
                let begins = midnight(day).into_iter().flat_map(|begin| begin.series(1.minute()));
                let begins = begins.take_while(|at| ends.is_none_or(|end| *at < end)).take(26 * 60);
                begins.filter(|at| cron.at(self.zone.to_datetime(*at).time())).filter_map(nanos).collect()
            }
            Parsed::Cron { cron, .. } => cron.times().filter_map(local).collect(),
        };
        begins.sort_unstable();
        begins.dedup();
        begins
    }
}

fn nanos(at: Timestamp) -> Option<i64> {
    i64::try_from(at.as_nanosecond()).ok()
}
