//! Every probe with its latest results, as they are now.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use wirereel_probes::{Measured, ProbeResult, discovery::Target};
use wirereel_query::checks::WebsiteState;
use wirereel_store::{Reader, StoreError};

use super::{ReadyProbe, Sample, sample_of};
use crate::{checking::Standing, metering::ProbeCounts};

/// Results of so long are held, microseconds: what is told when nobody asks for more.
pub(crate) const HELD_US: i64 = 600_000_000;
/// And so many of one probe at most.
const MOST_HELD: usize = 20_000;

/// One probe.
pub(crate) struct Site {
    pub(crate) ready: Arc<ReadyProbe>,
    /// By their instants.
    samples: VecDeque<Sample>,
    pub(crate) standing: Standing,
    pub(crate) counts: ProbeCounts,
}

impl Site {
    pub(crate) fn samples(&self) -> impl Iterator<Item = &Sample> + Clone {
        self.samples.iter()
    }

    /// What is known at an instant.
    pub(crate) fn state(&self, at_us: i64) -> WebsiteState {
        state_at(self.standing, &self.ready, at_us)
    }

    fn take(&mut self, sample: Sample) {
        self.standing.take(sample.state, sample.intended_us);
        let later = self.samples.iter().rev().take_while(|other| other.intended_us > sample.intended_us).count();
        self.samples.insert(self.samples.len() - later, sample);
        let newest_us = self.samples.back().map_or(sample.intended_us, |last| last.intended_us);
        while self.samples.len() > MOST_HELD
            || self.samples.front().is_some_and(|first| first.intended_us < newest_us - HELD_US)
        {
            self.samples.pop_front();
        }
    }
}

/// What a standing means at an instant.
pub(crate) fn state_at(standing: Standing, ready: &ReadyProbe, at_us: i64) -> WebsiteState {
    let probe = &ready.probe;
    standing.of(probe.paused, probe.interval.as_nanos(), probe.timeout.as_nanos(), at_us)
}

/// See the module.
#[derive(Default)]
pub(crate) struct Board {
    sites: HashMap<Arc<str>, Site>,
    /// What sources found, by probes' names.
    targets: HashMap<Arc<str>, Arc<Target>>,
    /// What is wrong in the file.
    pub(crate) problems: Vec<String>,
    /// Why there are no probes, or they are not stored.
    pub(crate) hindrance: Option<String>,
}

impl Board {
    pub(crate) fn sites(&self) -> impl Iterator<Item = (&Arc<str>, &Site)> {
        self.sites.iter()
    }

    pub(crate) fn site(&self, name: &str) -> Option<&Site> {
        self.sites.get(name)
    }

    /// Takes a list in. What is gone leaves; what is new has its results restored from what is stored.
    pub(crate) fn list(
        &mut self,
        listed: &[Arc<ReadyProbe>],
        reader: Option<&Reader>,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let mut before = std::mem::take(&mut self.sites);
        let mut new: Vec<&str> = Vec::new();
        for ready in listed {
            let name = ready.probe.name.as_str();
            let (name, site) = match before.remove_entry(name) {
                Some((name, site)) => (name, Site { ready: Arc::clone(ready), ..site }),
                None => {
                    new.push(name);
                    let site = Site {
                        ready: Arc::clone(ready),
                        samples: VecDeque::new(),
                        standing: Standing::default(),
                        counts: ProbeCounts::default(),
                    };
                    (name.into(), site)
                }
            };
            self.sites.insert(name, site);
        }
        match reader {
            Some(reader) if !new.is_empty() => self.restore(&new, reader, now_us),
            _ => Ok(()),
        }
    }

    fn restore(&mut self, names: &[&str], reader: &Reader, now_us: i64) -> Result<(), StoreError> {
        let numbers: HashMap<i32, String> = reader.probes_named(Some(names))?.into_iter().collect();
        let names: Vec<&str> = numbers.values().map(String::as_str).collect();
        reader.probe_samples(Some(&names), (now_us - HELD_US, now_us.saturating_add(1)), |stored| {
            if let Some(site) = numbers.get(&stored.number).and_then(|name| self.sites.get_mut(name.as_str())) {
                site.take(sample_of(&stored));
            }
        })
    }

    /// Counts a result that is stored. Gives how often its probe is sent, in nanoseconds; `None` of one that was taken out meanwhile.
    pub(crate) fn roll(&mut self, result: &ProbeResult) -> Option<i64> {
        let site = self.sites.get_mut(&result.probe)?;
        site.take(Sample::of(result));
        site.counts.take(result);
        Some(site.ready.probe.interval.as_nanos())
    }

    /// Takes in what packets tell of a probe that was counted before.
    pub(crate) fn observe(&mut self, probe: &str, intended_us: i64, measured: Measured) {
        if let Some(site) = self.sites.get_mut(probe) {
            site.counts.observe(intended_us, measured);
        }
    }

    /// Probes that are down at an instant.
    pub(crate) fn down(&self, now_us: i64) -> u32 {
        let down = self.sites.values().filter(|site| site.state(now_us) == WebsiteState::Down);
        u32::try_from(down.count()).unwrap_or(u32::MAX)
    }

    /// The target of a probe that a source found.
    pub(crate) fn target(&self, probe: &str) -> Option<&Arc<Target>> {
        self.targets.get(probe)
    }

    /// What sources found, by the probes that were made of it.
    pub(crate) fn found(&mut self, targets: HashMap<Arc<str>, Arc<Target>>) {
        self.targets = targets;
    }
}

#[cfg(test)]
mod tests {
    use wirereel_probes::{Probe, State, config::Span};

    use super::{
        super::send::{Call, Calling},
        *,
    };

    struct Silent;

    impl Call for Silent {
        fn send(&self) -> Calling<'_> {
            Box::pin(std::future::pending())
        }
    }

    fn ready(name: &str) -> Arc<ReadyProbe> {
        let probe = Probe { name: name.into(), interval: Span::from_secs(10), ..Probe::default() };
        Arc::new(ReadyProbe::new(probe, 1, Box::new(Silent)))
    }

    fn result(probe: &str, intended_us: i64, state: State) -> ProbeResult {
        let at_ns = intended_us * 1_000;
        ProbeResult {
            probe: probe.into(),
            intended_at_ns: at_ns,
            at_ns,
            instants: 1,
            state,
            reason: None,
            measured: None,
        }
    }

    #[test]
    fn a_board_holds_ten_minutes_in_the_order_of_instants_whatever_comes() {
        let mut board = Board::default();
        board.list(&[ready("a"), ready("b")], None, 0).unwrap();
        for n in 0..10_000_i64 {
            // Results come a little out of order.
            let at_us = (n ^ 1) * 1_000_000;
            assert_eq!(
                board.roll(&result("a", at_us, if n % 3 == 0 { State::Down } else { State::Up })),
                Some(10_000_000_000)
            );
        }
        assert_eq!(board.roll(&result("nobody", 1, State::Up)), None);
        let site = board.site("a").unwrap();
        let instants: Vec<i64> = site.samples().map(|sample| sample.intended_us).collect();
        assert!(instants.is_sorted() && (600..=602).contains(&instants.len()), "{}", instants.len());
        assert_eq!(site.state(10_000_000_000), WebsiteState::Up);
        assert_eq!(site.state(11_000_000_000), WebsiteState::Unknown, "not lately");
        board.roll(&result("a", 10_001_000_000, State::Down));
        assert_eq!(board.down(10_001_000_000), 1);
        assert_eq!(board.down(11_000_000_000), 0, "that is not known any more");
        board.list(&[ready("b")], None, 0).unwrap();
        assert_eq!((board.sites().count(), board.down(10_001_000_000)), (1, 0));
    }
}
