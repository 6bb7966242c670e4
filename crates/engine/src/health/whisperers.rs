//! Whisperers' states as figures: `self_metrics` knows nothing else.

use wirereel_query::{whisperers::BreakerState, workbench::CaptureState};

const STATES: [CaptureState; 5] = [
    CaptureState::NotVisible,
    CaptureState::Connecting,
    CaptureState::Stopped,
    CaptureState::Capturing,
    CaptureState::WrongConfiguration,
];

/// 0 not visible, 1 connecting, 2 stopped, 3 capturing, 4 wrong configuration.
pub(super) fn state_code(state: CaptureState) -> f64 {
    STATES.iter().position(|other| *other == state).unwrap_or(2) as f64
}

pub(super) fn state_of(code: f64) -> CaptureState {
    STATES.get(code.max(0.0) as usize).copied().unwrap_or_default()
}

/// As statuses are recorded: 0 closed, 0.5 half-open, 1 open.
pub(super) fn breaker_code(breaker: BreakerState) -> f64 {
    match breaker {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 0.5,
        BreakerState::Open => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_told_by_its_code() {
        assert!(STATES.iter().all(|state| state_of(state_code(*state)) == *state));
        assert_eq!(state_of(99.0), CaptureState::Stopped);
    }
}
