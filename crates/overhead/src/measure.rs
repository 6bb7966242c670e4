//! Has a plan's runs done, one after the other.

use crate::{
    plan::{Mode, Plan, Slot},
    run::{Load, Own, Run},
};

/// How often one run is tried.
const TRIES: usize = 2;

/// Where it is measured: switches Wirereel and sends the load.
pub trait Stage {
    type Error: std::fmt::Display;

    /// Has Wirereel do as much as the mode says, and waits until it does.
    ///
    /// # Errors
    /// When it does not.
    fn switch(&mut self, mode: Mode) -> Result<(), Self::Error>;

    /// Sends the load once.
    ///
    /// # Errors
    /// When that gave nothing to go by.
    fn run(&mut self, slot: Slot) -> Result<(Load, Own), Self::Error>;

    /// Whether nobody wants to know any more.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// A run that could not be done, and is missing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Spoiled {
    #[serde(flatten)]
    pub slot: Slot,
    pub reason: String,
}

/// Why measuring ended.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    #[error("stopped")]
    Stopped,
    #[error("too many runs went wrong; the last one: {0}")]
    Spoiled(String),
}

/// Does them all; `tell` hears of each before it begins, and of what came of it. A run that goes wrong is tried once more, and is missing then.
///
/// # Errors
/// When more than a fifth of the runs is missing, or nobody wants to know any more.
pub fn measure<S: Stage>(
    plan: &Plan,
    stage: &mut S,
    mut tell: impl FnMut(usize, Slot, Option<&Run>),
) -> Result<(Vec<Run>, Vec<Spoiled>), MeasureError> {
    let (mut runs, mut spoiled) = (Vec::with_capacity(plan.slots.len()), Vec::new());
    for (place, slot) in plan.slots.iter().copied().enumerate() {
        tell(place, slot, None);
        let mut reason = String::new();
        let run = (0..TRIES).find_map(|_| {
            if stage.is_stopped() {
                return None;
            }
            match stage.switch(slot.mode).and_then(|()| stage.run(slot)) {
                Ok((load, own)) => Some(Run { slot, load, own }),
                Err(error) => {
                    reason = error.to_string();
                    None
                }
            }
        });
        if stage.is_stopped() {
            return Err(MeasureError::Stopped);
        }
        match run {
            Some(run) => {
                tell(place, slot, Some(&run));
                runs.push(run);
            }
            None => spoiled.push(Spoiled { slot, reason }),
        }
        if let Some(last) = spoiled.last().filter(|_| spoiled.len() * 5 > plan.slots.len()) {
            return Err(MeasureError::Spoiled(last.reason.clone()));
        }
    }
    Ok((runs, spoiled))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails in these runs, counted from 0, tries included.
    struct Made {
        tried: usize,
        fails: Vec<usize>,
        switched: Vec<Mode>,
        stop_after: usize,
    }

    impl Stage for Made {
        type Error = String;

        fn switch(&mut self, mode: Mode) -> Result<(), String> {
            self.switched.push(mode);
            Ok(())
        }

        fn run(&mut self, _: Slot) -> Result<(Load, Own), String> {
            self.tried += 1;
            if self.fails.contains(&(self.tried - 1)) {
                Err("broken".into())
            } else {
                Ok((Load::default(), Own::default()))
            }
        }

        fn is_stopped(&self) -> bool {
            self.tried >= self.stop_after
        }
    }

    fn made(fails: &[usize]) -> Made {
        Made { tried: 0, fails: fails.to_vec(), switched: Vec::new(), stop_after: usize::MAX }
    }

    #[test]
    fn a_run_that_goes_wrong_once_is_done_again_and_switched_to_again() {
        let plan = Plan::interleaved(&[Mode::Off, Mode::Full], 1);
        let mut stage = made(&[1]);
        let mut told = Vec::new();
        let (runs, spoiled) = measure(&plan, &mut stage, |place, _, run| told.push((place, run.is_some()))).unwrap();
        assert_eq!((runs.len(), spoiled.len()), (2, 0));
        assert_eq!(stage.switched, [Mode::Off, Mode::Full, Mode::Full]);
        assert_eq!(told, [(0, false), (0, true), (1, false), (1, true)]);
    }

    #[test]
    fn one_that_goes_wrong_twice_is_missing_and_many_end_it() {
        let plan = Plan::interleaved(&Mode::ALL, 1);
        let (runs, spoiled) = measure(&plan, &mut made(&[1, 2]), |_, _, _| {}).unwrap();
        assert_eq!((runs.len(), spoiled.len()), (4, 1));
        assert_eq!((spoiled[0].slot.mode, spoiled[0].reason.as_str()), (Mode::Lifecycle, "broken"));
        let error = measure(&plan, &mut made(&[0, 1, 2, 3]), |_, _, _| {}).unwrap_err();
        assert_eq!(error, MeasureError::Spoiled("broken".into()));
    }

    #[test]
    fn when_nobody_wants_to_know_it_ends_at_once() {
        let plan = Plan::interleaved(&Mode::ALL, 5);
        let mut stage = Made { stop_after: 3, ..made(&[]) };
        assert_eq!(measure(&plan, &mut stage, |_, _, _| {}).unwrap_err(), MeasureError::Stopped);
        assert_eq!(stage.tried, 3);
    }
}
