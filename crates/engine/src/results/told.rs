//! What rules and hosts are told of results.

use wirereel_query::checks::CheckState;
use wirereel_schedule::State;

use crate::alerting::OwnedReading;

/// What is told after results are stored and counted.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) readings: Vec<OwnedReading>,
    /// Times for which this machine could measure nothing.
    pub(crate) blind_ns: Option<(i64, i64)>,
    /// There is something new to be shown.
    pub(crate) changed: bool,
}

/// Who is told.
pub(crate) type Tell = Box<dyn FnMut(Told) + Send>;

impl Told {
    /// This machine could measure nothing in such a time, either.
    pub(crate) fn blind(&mut self, (from_ns, to_ns): (i64, i64)) {
        let (first_ns, last_ns) = self.blind_ns.unwrap_or((from_ns, to_ns));
        self.blind_ns = Some((first_ns.min(from_ns), last_ns.max(to_ns)));
    }
}

/// From the first of some instants until the last of them, or until what was begun at one, and when, had ended.
pub(crate) fn blind_time(
    intended_ns: i64,
    (instants, every_ns): (u32, i64),
    (at_ns, took_ns): (i64, i64),
) -> (i64, i64) {
    let more = i64::from(instants.max(1)) - 1;
    let until_ns = intended_ns.saturating_add(every_ns.saturating_mul(more));
    (intended_ns, until_ns.max(at_ns.saturating_add(took_ns)))
}

/// A state as it is asked for.
pub(crate) fn state_of(state: State) -> CheckState {
    match state {
        State::Up => CheckState::Up,
        State::Down => CheckState::Down,
        State::Overrun => CheckState::Overrun,
        State::SelfOffline => CheckState::SelfOffline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_was_blind_from_the_first_of_its_times_until_the_last() {
        let mut told = Told::default();
        told.blind(blind_time(100, (3, 10), (101, 5)));
        assert_eq!(told.blind_ns, Some((100, 120)));
        told.blind(blind_time(90, (1, 10), (95, 40)));
        assert_eq!(told.blind_ns, Some((90, 135)), "until what was begun had ended");
        told.blind(blind_time(100, (0, 10), (100, 0)));
        assert_eq!(told.blind_ns, Some((90, 135)));
    }
}
