//! Whether anybody looks on. What is captured live is stored seldom while nobody does, and at once for whoever begins to.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use super::{Workbench, lock};

/// Whoever asked looks on for so long.
const LINGERS: Duration = Duration::from_secs(5);
/// How long a first question waits for what was captured and not stored yet.
const PATIENCE: Duration = Duration::from_millis(500);

/// When somebody asked last.
#[derive(Default)]
pub(super) struct Attention(Mutex<Option<Instant>>);

impl Attention {
    fn is_there(&self) -> bool {
        lock(&self.0).is_some_and(|asked| asked.elapsed() < LINGERS)
    }

    /// Somebody asks; gives whether nobody did for a while.
    fn ask(&self) -> bool {
        lock(&self.0).replace(Instant::now()).is_none_or(|asked| asked.elapsed() >= LINGERS)
    }
}

impl Workbench {
    /// Whether a page is open, or somebody asked a moment ago.
    pub(super) fn is_looked_at(&self) -> bool {
        self.ticks.is_followed() || self.attention.is_there()
    }

    /// Somebody asks for rows: what was captured before can be seen by them.
    pub(super) fn look_on(&self) {
        // An open page is told of everything within its second.
        if self.attention.ask() && !self.ticks.is_followed() {
            self.catch_up();
        }
    }

    /// Waits until what was captured so far can be seen, while that is soon.
    pub(super) fn catch_up(&self) {
        if let Some(Some((_, (lender, _), _))) = self.live.recording_now() {
            lender.catch_up(PATIENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_who_asks_after_a_while_is_told_so() {
        let attention = Attention::default();
        assert!(!attention.is_there());
        assert_eq!((attention.ask(), attention.ask()), (true, false));
        assert!(attention.is_there());
        *lock(&attention.0) = Instant::now().checked_sub(LINGERS);
        assert!(!attention.is_there() && attention.ask());
    }
}
