//! In which order what is measured: so that neither a machine that warms up nor one that tires favours a mode.

use std::time::Duration;

use serde::Serialize;

/// How much Wirereel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is captured.
    Off,
    /// SYN, FIN and RST alone, picked by the kernel.
    Lifecycle,
    /// The first bytes of each packet: headers up to TCP or UDP, and what else fits.
    Headers,
    /// Whole packets, with their HTTP exchanges.
    Full,
    /// Nothing is captured, once more: what it differs by from [`Mode::Off`] is noise.
    OffAgain,
}

impl Mode {
    /// Every mode in the order of a first round.
    pub const ALL: [Self; 5] = [Self::Off, Self::Lifecycle, Self::Headers, Self::Full, Self::OffAgain];

    /// What the capture's configuration calls it; `None` when nothing is captured.
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Self::Off | Self::OffAgain => None,
            Self::Lifecycle => Some("lifecycle"),
            Self::Headers => Some("headers"),
            Self::Full => Some("full"),
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Lifecycle => "lifecycle",
            Self::Headers => "headers",
            Self::Full => "full",
            Self::OffAgain => "off again",
        }
    }
}

/// One run's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// From 0.
    pub round: usize,
    pub mode: Mode,
}

/// All runs of one load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub slots: Vec<Slot>,
}

impl Plan {
    /// Every round has every mode once, first in the order given, then backwards, and so on: ABCD DCBA ABCD.
    ///
    /// Whatever changes evenly over time adds the same to every mode over two rounds.
    pub fn interleaved(modes: &[Mode], rounds: usize) -> Self {
        let slots = (0..rounds).flat_map(|round| {
            let forth = round.is_multiple_of(2);
            (0..modes.len()).map(move |place| {
                let mode = if forth { modes[place] } else { modes[modes.len() - 1 - place] };
                Slot { round, mode }
            })
        });
        Self { slots: slots.collect() }
    }

    /// How many rounds of how long runs fit into a time, when switching takes `switch` each time: at most `most` rounds, at least two.
    pub fn fitting(modes: usize, whole: Duration, switch: Duration, most: usize) -> (usize, Duration) {
        const SHORTEST: Duration = Duration::from_millis(500);
        /// A run of less has too few requests beyond its 95th percentile.
        const WANTED: Duration = Duration::from_secs(3);
        let in_round =
            |rounds: usize| (whole / (rounds.max(1) * modes.max(1)) as u32).checked_sub(switch).unwrap_or_default();
        let rounds = (2..=most.max(2)).rev().find(|rounds| in_round(*rounds) >= WANTED).unwrap_or(2);
        (rounds, in_round(rounds).max(SHORTEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_round_runs_backwards_and_each_has_every_mode_once() {
        let plan = Plan::interleaved(&Mode::ALL, 5);
        assert_eq!(plan.slots.len(), 25);
        let of = |round| plan.slots.iter().filter(|slot| slot.round == round).map(|slot| slot.mode).collect::<Vec<_>>();
        let backwards: Vec<_> = Mode::ALL.into_iter().rev().collect();
        assert_eq!([of(0), of(1), of(2)], [Mode::ALL.to_vec(), backwards, Mode::ALL.to_vec()]);
    }

    #[test]
    fn over_two_rounds_an_even_drift_adds_the_same_to_every_mode() {
        let plan = Plan::interleaved(&Mode::ALL, 2);
        let sum =
            |mode| plan.slots.iter().enumerate().filter(|(_, slot)| slot.mode == mode).map(|(at, _)| at).sum::<usize>();
        assert!(Mode::ALL.into_iter().all(|mode| sum(mode) == 9));
    }

    #[test]
    fn a_time_is_shared_out_into_as_many_rounds_as_leave_runs_long_enough() {
        let fitting = |seconds| Plan::fitting(4, Duration::from_secs(seconds), Duration::from_secs(2), 5);
        assert_eq!(fitting(120), (5, Duration::from_secs(4)));
        assert_eq!(fitting(60), (3, Duration::from_secs(3)));
        assert_eq!(fitting(1), (2, Duration::from_millis(500)), "too short a time gives short runs, not none");
    }

    #[test]
    fn only_what_captures_has_a_setting() {
        let captured: Vec<_> = Mode::ALL.into_iter().filter_map(Mode::setting).collect();
        assert_eq!(captured, ["lifecycle", "headers", "full"]);
    }
}
