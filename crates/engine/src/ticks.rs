//! Ticks: small pushes that tell hosts to pull. The newest replaces the one before, so a slow reader costs nothing.

use tokio::sync::watch;
use wirereel_query::{
    alerts::AlertsBadge,
    workbench::{CaptureStatus, ImportProgress, Tick},
};

use crate::alerting::Counts;

/// The sender's end.
#[derive(Debug)]
pub(crate) struct TickBoard {
    sender: watch::Sender<Tick>,
}

impl TickBoard {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(Tick {
                seq: 0,
                generation: 0,
                import: None,
                capture: CaptureStatus::default(),
                whisperers: 0,
                health: 0,
                alerts: AlertsBadge::default(),
                checks: 0,
            }),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Tick> {
        self.sender.subscribe()
    }

    /// Whether a page follows.
    pub(crate) fn is_followed(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Rows were added or something else was opened.
    pub(crate) fn rows_changed(&self) {
        self.sender.send_modify(|tick| {
            tick.seq += 1;
            tick.generation += 1;
        });
    }

    /// The import went on; `None` when there is none.
    pub(crate) fn import(&self, import: Option<ImportProgress>) {
        self.sender.send_modify(|tick| {
            tick.seq += 1;
            tick.import = import;
        });
    }

    /// The list of whisperers, a state, a configuration or a figure changed; `capture` sums up all that capture.
    pub(crate) fn whisperers(&self, capture: CaptureStatus) {
        self.sender.send_modify(|tick| {
            tick.seq += 1;
            tick.whisperers += 1;
            tick.capture = capture;
        });
    }

    /// So many alerts are open; `happened` when something happened to one.
    pub(crate) fn alerts(&self, counts: Counts, happened: bool) {
        self.sender.send_if_modified(|tick| {
            let (open, unacknowledged) = (counts.open, counts.unacknowledged);
            let generation = tick.alerts.generation + u64::from(happened);
            let now = AlertsBadge { open, unacknowledged, generation, ..tick.alerts };
            let has_changed = tick.alerts != now;
            if has_changed {
                tick.seq += 1;
                tick.alerts = now;
            }
            has_changed
        });
    }

    /// Results of website checks or probes came, frames were told anew, or a list changed.
    pub(crate) fn checks(&self) {
        self.sender.send_modify(|tick| {
            tick.seq += 1;
            tick.checks += 1;
        });
    }

    /// The last checks of so many websites failed.
    pub(crate) fn websites_down(&self, down: u32) {
        self.down(down, |alerts| &mut alerts.websites_down);
    }

    /// The last calls of so many probes failed.
    pub(crate) fn probes_down(&self, down: u32) {
        self.down(down, |alerts| &mut alerts.probes_down);
    }

    fn down(&self, down: u32, told: fn(&mut AlertsBadge) -> &mut u32) {
        self.sender.send_if_modified(|tick| {
            let told = told(&mut tick.alerts);
            let has_changed = *told != down;
            *told = down;
            if has_changed {
                tick.seq += 1;
            }
            has_changed
        });
    }

    /// So many things are wrong with Wirereel itself.
    pub(crate) fn health(&self, wrong: usize) {
        let wrong = u32::try_from(wrong).unwrap_or(u32::MAX);
        self.sender.send_if_modified(|tick| {
            let has_changed = tick.health != wrong;
            if has_changed {
                tick.seq += 1;
                tick.health = wrong;
            }
            has_changed
        });
    }

    pub(crate) fn current_capture(&self) -> CaptureStatus {
        self.sender.borrow().capture.clone()
    }

    pub(crate) fn current_import(&self) -> Option<ImportProgress> {
        self.sender.borrow().import.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_sees_the_newest_tick_only() {
        let board = TickBoard::new();
        let mut reader = board.subscribe();
        for _ in 0..1000 {
            board.rows_changed();
        }
        assert!(reader.has_changed().expect("the board lives"));
        let tick = reader.borrow_and_update();
        assert_eq!((tick.seq, tick.generation), (1000, 1000));
    }
}
