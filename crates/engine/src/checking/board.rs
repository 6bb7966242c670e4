//! Every website with its figures, as they are now.

use std::{collections::HashMap, sync::Arc};

use wirereel_checks::{
    Check, CheckResult, Failure, Frame, RollingStats, State,
    stats::{OpenHours, RollUp, Sample, Width},
};
use wirereel_query::checks::WebsiteState;
use wirereel_store::CheckHour;

use super::figures::hour_of;
use crate::metering::Meter;

/// Longer than this after its next instant, and its timeout, a website that was not heard of is one about which nothing is known.
const SLACK_US: i64 = 10_000_000;
/// No result comes later than so long after its hour.
const GRACE_MS: i64 = 600_000;

/// A website as it is to be checked.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) check: Arc<Check>,
    /// Of what is written in the file: two that have the same are the same.
    pub(crate) hash: u64,
}

impl Listed {
    pub(crate) fn name(&self) -> &str {
        self.check.website().display_name()
    }
}

/// What the last results said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Of the last result that says something about the website or this machine.
    pub(crate) state: Option<State>,
    pub(crate) since_us: Option<i64>,
    /// When that result was intended.
    pub(crate) last_us: Option<i64>,
}

impl Standing {
    /// Takes in what came of an instant.
    pub(crate) fn take(&mut self, state: State, intended_us: i64) {
        if state == State::Overrun || self.last_us.is_some_and(|last_us| intended_us < last_us) {
            return;
        }
        if self.state != Some(state) {
            (self.state, self.since_us) = (Some(state), Some(intended_us));
        }
        self.last_us = Some(intended_us);
    }

    /// What is known at an instant of a website that is checked like this.
    pub(crate) fn at(self, check: &Check, at_us: i64) -> WebsiteState {
        let website = check.website();
        self.of(website.paused, website.interval.as_nanos(), website.timeout.as_nanos(), at_us)
    }

    /// The same of anything that is asked so often, may take so long, or rests.
    pub(crate) fn of(self, paused: bool, interval_ns: i64, timeout_ns: i64, at_us: i64) -> WebsiteState {
        if paused {
            return WebsiteState::Paused;
        }
        let fresh_us = (2 * interval_ns + timeout_ns) / 1_000 + SLACK_US;
        match (self.state, self.last_us) {
            (Some(state), Some(last_us)) if at_us.saturating_sub(last_us) <= fresh_us => match state {
                State::Up => WebsiteState::Up,
                State::Down => WebsiteState::Down,
                State::SelfOffline => WebsiteState::SelfOffline,
                State::Overrun => WebsiteState::Unknown,
            },
            _ => WebsiteState::Unknown,
        }
    }
}

/// One website. With an hour of results every ten seconds it takes less than 8 KB.
pub(crate) struct Site {
    pub(crate) listed: Listed,
    pub(crate) stats: RollingStats,
    hours: OpenHours,
    pub(crate) standing: Standing,
    /// Since the workbench started.
    pub(crate) meter: Meter,
}

impl Site {
    fn take(&mut self, sample: &Sample, instants: u32, intended_us: i64) {
        self.stats.record_sample(sample, instants);
        self.hours.record_sample(sample, u64::from(instants));
        self.standing.take(sample.state, intended_us);
    }

    /// Hours that are not over.
    pub(crate) fn hours(&self) -> &[RollUp] {
        self.hours.open()
    }
}

/// A frame and when its figures were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameNow {
    pub(crate) frame: Frame,
    pub(crate) told_ns: i64,
}

impl FrameNow {
    /// Its begin and its end, microseconds since 1970: the begin belongs to it, the end does not.
    pub(crate) fn range_us(&self) -> (i64, i64) {
        range_us(self.frame, self.told_ns / 1_000)
    }
}

/// Begin and end of a frame that ends at an instant. Frames count whole milliseconds: what is at the instant itself is in.
pub(crate) fn range_us(frame: Frame, at_us: i64) -> (i64, i64) {
    let to_us = at_us.div_euclid(1_000) * 1_000 + 1_000;
    (to_us.saturating_sub(frame.past.as_nanos() / 1_000), to_us)
}

/// See the module.
#[derive(Default)]
pub(crate) struct Board {
    sites: HashMap<Arc<str>, Site>,
    /// Open hours of websites that are no longer there.
    leaving: HashMap<Arc<str>, OpenHours>,
    frames: Vec<FrameNow>,
    /// Hours until then are stored.
    closed_until_ms: i64,
    offline_since_us: Option<i64>,
    /// What is wrong in the file.
    pub(crate) problems: Vec<String>,
    /// Why there are no checks, or they are not stored.
    pub(crate) hindrance: Option<String>,
}

impl Board {
    /// Begins anew with these frames; hours until an instant are stored already.
    pub(crate) fn begin(&mut self, frames: &[Frame], closed_until_us: i64, now_ns: i64) {
        let problems = std::mem::take(&mut self.problems);
        *self = Self { problems, closed_until_ms: closed_until_us / 1_000, ..Self::default() };
        self.frames = frames.iter().map(|frame| FrameNow { frame: *frame, told_ns: told_ns(*frame, now_ns) }).collect();
    }

    pub(crate) fn frames(&self) -> &[FrameNow] {
        &self.frames
    }

    pub(crate) fn sites(&self) -> impl Iterator<Item = (&Arc<str>, &Site)> {
        self.sites.iter()
    }

    pub(crate) fn site(&self, name: &str) -> Option<&Site> {
        self.sites.get(name)
    }

    pub(crate) fn offline_since_us(&self) -> Option<i64> {
        self.offline_since_us
    }

    /// Takes a list in: those that are gone leave, those that are new are told, whose results may have to be restored.
    pub(crate) fn list(&mut self, listed: &[Listed]) -> Vec<Arc<str>> {
        let mut before = std::mem::take(&mut self.sites);
        let frames: Vec<Frame> = self.frames.iter().map(|now| now.frame).collect();
        let mut new = Vec::new();
        for one in listed {
            let (name, site) = match before.remove_entry(one.name()) {
                Some((name, site)) => (name, Site { listed: one.clone(), ..site }),
                None => {
                    let name: Arc<str> = one.name().into();
                    new.push(Arc::clone(&name));
                    let hours = self.leaving.remove(&name).unwrap_or_else(|| OpenHours::from(self.closed_until_ms));
                    let mut stats = RollingStats::new(&frames);
                    for (place, now) in self.frames.iter().enumerate() {
                        stats.tell(place, now.told_ns);
                    }
                    (
                        name,
                        Site {
                            listed: one.clone(),
                            stats,
                            hours,
                            standing: Standing::default(),
                            meter: Meter::default(),
                        },
                    )
                }
            };
            self.sites.insert(name, site);
        }
        for (name, site) in before {
            if !site.hours.open().is_empty() {
                self.leaving.insert(name, site.hours);
            }
        }
        new
    }

    /// Takes in what is stored of a website; into its hours only where they do not have it already.
    pub(crate) fn restore(&mut self, name: &Arc<str>, sample: &Sample, instants: u32, intended_us: i64, hours: bool) {
        match self.sites.get_mut(name) {
            Some(site) if hours => site.take(sample, instants, intended_us),
            Some(site) => {
                site.stats.record_sample(sample, instants);
                site.standing.take(sample.state, intended_us);
            }
            None => {
                let begin_ms = self.closed_until_ms;
                let hours = self.leaving.entry(Arc::clone(name)).or_insert_with(|| OpenHours::from(begin_ms));
                hours.record_sample(sample, u64::from(instants));
            }
        }
    }

    /// Counts a result that is stored.
    pub(crate) fn roll(&mut self, result: &CheckResult, intended_us: i64) {
        let Some(site) = self.sites.get_mut(&result.website) else { return };
        site.take(&Sample::of(result), result.instants, intended_us);
        site.meter.take(result);
        let is_own = result.measured.as_ref().and_then(|measured| measured.failure.as_ref());
        match result.state {
            State::SelfOffline if !is_own.is_some_and(Failure::is_own_trouble) => {
                self.offline_since_us.get_or_insert(intended_us);
            }
            State::Up | State::Down if !site.listed.check.is_local() || result.state == State::Up => {
                self.offline_since_us = None;
            }
            _ => {}
        }
    }

    /// Tells frames anew that are due; whether any was.
    pub(crate) fn tell(&mut self, now_ns: i64) -> bool {
        let mut told = false;
        for (place, now) in self.frames.iter_mut().enumerate() {
            if now.frame.is_due(now.told_ns, now_ns) {
                now.told_ns = told_ns(now.frame, now_ns);
                told = true;
                for site in self.sites.values_mut() {
                    site.stats.tell(place, now.told_ns);
                }
            }
        }
        told
    }

    /// Takes out the hours that are over, to be stored; none while no other hour is over.
    pub(crate) fn close_hours(&mut self, now_ns: i64) -> Vec<CheckHour> {
        let until_ms = Width::Hour.begin_ms(now_ns / 1_000_000 - GRACE_MS);
        if until_ms <= self.closed_until_ms {
            return Vec::new();
        }
        self.closed_until_ms = until_ms;
        let sites = self.sites.iter_mut().map(|(name, site)| (name, &mut site.hours));
        let all = sites.chain(self.leaving.iter_mut());
        let closed = all.flat_map(|(name, hours)| hours.close(now_ns).into_iter().map(|hour| hour_of(name, &hour)));
        let closed = closed.collect();
        self.leaving.retain(|_, hours| !hours.open().is_empty());
        closed
    }

    /// Websites whose last check failed.
    pub(crate) fn down(&self, now_us: i64) -> u32 {
        let is_down = |site: &&Site| site.standing.at(&site.listed.check, now_us) == WebsiteState::Down;
        u32::try_from(self.sites.values().filter(is_down).count()).unwrap_or(u32::MAX)
    }
}

/// The last whole step of a frame.
fn told_ns(frame: Frame, now_ns: i64) -> i64 {
    let every_ns = frame.every.as_nanos().max(1);
    now_ns.div_euclid(every_ns) * every_ns
}

#[cfg(test)]
mod tests {
    use wirereel_checks::{Checker, Measurement, Website, config::Span, stats::Outcome};

    use super::*;

    const HOUR_US: i64 = 3_600_000_000;
    /// Not at the beginning of an hour.
    const BEGIN_US: i64 = 1_790_000_123_000_000;

    fn listed(name: &str) -> Listed {
        let website = Website { interval: Span::from_secs(10), ..Website::new(name, &format!("http://{name}.test/")) };
        Listed { check: Arc::new(Checker::new().prepare(&website).unwrap()), hash: 1 }
    }

    fn result(website: &str, intended_us: i64, state: State) -> CheckResult {
        let measured = matches!(state, State::Up | State::Down).then(|| Measurement {
            total_us: 700,
            status: Some(if state == State::Up { 200 } else { 503 }),
            failure: (state == State::Down).then(|| Failure::Status { found: 503, expected: "200".into() }),
            ..Measurement::default()
        });
        let at_ns = intended_us * 1_000;
        CheckResult {
            website: website.into(),
            intended_at_ns: at_ns,
            at_ns,
            instants: 1,
            state,
            reason: None,
            measured,
        }
    }

    fn board() -> Board {
        let mut board = Board::default();
        board.begin(&Frame::DEFAULTS, BEGIN_US - HOUR_US, BEGIN_US * 1_000);
        assert_eq!(board.list(&[listed("shop"), listed("other")]).len(), 2);
        board
    }

    #[test]
    fn sleep_and_a_network_that_is_gone_are_not_the_websites_downtime() {
        let mut board = board();
        let mut at_us = BEGIN_US;
        for state in [State::Up, State::Down, State::Up, State::Up, State::SelfOffline, State::SelfOffline] {
            at_us += 10_000_000;
            board.roll(&result("shop", at_us, state), at_us);
        }
        board.tell((at_us + 10_000_000) * 1_000);
        let site = board.site("shop").unwrap();
        let figures = site.stats.figures(0).unwrap();
        assert_eq!((figures.availability(), figures.self_offline), (Some(0.75), 2));
        assert_eq!(site.standing.at(&site.listed.check, at_us), WebsiteState::SelfOffline);
        assert_eq!(board.offline_since_us(), Some(at_us - 10_000_000));
        assert_eq!(board.down(at_us), 0);
        board.roll(&result("shop", at_us + 10_000_000, State::Down), at_us + 10_000_000);
        assert_eq!((board.offline_since_us(), board.down(at_us + 10_000_000)), (None, 1));
        let long_after_us = at_us + 3_600_000_000;
        let site = board.site("shop").unwrap();
        assert_eq!(site.standing.at(&site.listed.check, long_after_us), WebsiteState::Unknown, "not lately");
        assert_eq!(site.standing.since_us, Some(at_us + 10_000_000));
    }

    #[test]
    fn what_is_restored_is_what_was_counted_and_every_hour_is_closed_once() {
        let (mut lived, mut restored) = (board(), board());
        let mut hours = Vec::new();
        for n in 0..1_000 {
            let at_us = BEGIN_US + n * 10_000_000;
            let state = if n % 7 == 0 { State::Down } else { State::Up };
            let one = result("shop", at_us, state);
            lived.roll(&one, at_us);
            let sample = Sample::of(&one);
            assert_eq!(sample.outcome.map(Outcome::is_failure), Some(state == State::Down));
            restored.restore(&"shop".into(), &sample, 1, at_us, true);
            restored.restore(&"of before".into(), &sample, 1, at_us, true);
            lived.tell(at_us * 1_000);
            hours.extend(lived.close_hours(at_us * 1_000));
        }
        let end_ns = (BEGIN_US + 1_000 * 10_000_000) * 1_000;
        for board in [&mut lived, &mut restored] {
            board.tell(end_ns);
        }
        for frame in 0..2 {
            let figures = |board: &Board| board.site("shop").unwrap().stats.figures(frame).unwrap();
            assert_eq!(figures(&lived), figures(&restored));
        }
        // One that leaves has its hours closed like the others.
        lived.list(&[listed("other")]);
        let later_ns = end_ns + 2 * HOUR_US * 1_000;
        hours.extend(lived.close_hours(later_ns));
        let mut again = restored.close_hours(later_ns);
        again.retain(|hour| &*hour.website == "shop");
        assert_eq!(hours, again);
        assert_eq!(hours.iter().map(|hour| hour.up + hour.down).sum::<u64>(), 1_000);
        assert!(hours.len() == 4 && hours.windows(2).all(|pair| pair[0].hour_s < pair[1].hour_s));
        assert!(lived.close_hours(later_ns).is_empty());
    }
}
