//! The judge with its files. They are opened once there is something to be judged: whoever only opens captures has none.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use wirereel_alerts::{
    AlertConfig, Machine,
    notify::{Attempt, Sender, Target},
};

use super::{
    Alerting,
    feed::{Feed, Heard},
    judge::{Begun, Judge, JudgeError},
    teller::{Teller, TheDesktop, senders, wait_for},
};
use crate::{EngineError, Workspace};

/// What is due is judged this much later: a reading of before may still be on its way.
const LAG_NS: i64 = 2_000_000_000;
/// Until the next look where nothing is due.
const IDLE: Duration = Duration::from_secs(10);
const LEAST: Duration = Duration::from_millis(50);
/// After something could not be saved or opened.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages that wait for the files to be opened, at most; more wait in the queue.
const WAITING: usize = 256;

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Something happened to an alert.
    pub(crate) happened: bool,
    /// Until the next one.
    pub(crate) wait: Duration,
}

#[derive(Default)]
pub(crate) struct Desk {
    config: AlertConfig,
    /// What is wrong in the configuration.
    pub(crate) problems: Vec<String>,
    /// What could not be gone on with, or saved, or opened.
    notes: Vec<String>,
    hindrance: Option<String>,
    open: Option<Open>,
    waiting: VecDeque<Heard>,
}

struct Open {
    judge: Judge,
    teller: Teller,
    /// Kept open while it is written to.
    workspace: Arc<Workspace>,
}

impl Desk {
    pub(crate) fn config(&self) -> &AlertConfig {
        &self.config
    }

    pub(crate) fn judge(&mut self) -> Option<&mut Judge> {
        self.open.as_mut().map(|open| &mut open.judge)
    }

    pub(crate) fn machine(&self) -> Option<&Machine> {
        self.open.as_ref().map(|open| open.judge.machine())
    }

    pub(crate) fn workspace(&self) -> Option<&Arc<Workspace>> {
        self.open.as_ref().map(|open| &open.workspace)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Everything that is wrong, in sentences.
    pub(crate) fn told(&self) -> Vec<String> {
        self.problems.iter().chain(&self.notes).chain(&self.hindrance).cloned().collect()
    }

    /// Why nothing can be judged right now.
    pub(crate) fn is_hindered(&mut self, why: &EngineError) {
        self.hindrance = Some(format!("Alerts wait: {why}"));
    }

    /// Runs by another configuration from now on.
    pub(crate) fn configure(&mut self, config: AlertConfig, problems: Vec<String>, now_ns: i64) {
        self.problems = problems;
        if let Some(open) = &mut self.open
            && let Err(error) = open.judge.configure(config.clone(), now_ns)
        {
            self.problems.push(error.to_string());
            return;
        }
        self.config = config;
    }

    /// Whether something waits that a rule is about.
    pub(crate) fn has_something(&self) -> bool {
        self.waiting.iter().any(|heard| matches!(heard, Heard::Readings(_)))
    }

    /// Goes on with what was saved in a workspace. `again` tells a judge what was measured since an instant.
    pub(crate) fn begin(
        &mut self,
        workspace: Arc<Workspace>,
        desktop: &TheDesktop,
        clock: fn() -> i64,
        again: impl FnOnce(&mut Judge, i64) -> Result<(), EngineError>,
        news: impl Fn() + Send + 'static,
    ) -> Result<(), EngineError> {
        let now_ns = clock();
        let writer = workspace.store().alert_writer()?;
        let begun = Judge::begin(self.config.clone(), writer, now_ns).map_err(|error| match error {
            JudgeError::Store(error) => error.into(),
            other => EngineError::Alerting(other.to_string()),
        })?;
        let Begun { mut judge, since_ns, notes } = begun;
        again(&mut judge, since_ns)?;
        judge.was_away(now_ns);
        let teller = Teller::start(Arc::clone(judge.courier()), senders(desktop), clock, news)
            .map_err(EngineError::io(workspace.folder()))?;
        (self.notes, self.hindrance) = (notes, None);
        self.open = Some(Open { judge, teller, workspace });
        Ok(())
    }

    pub(super) fn look(&mut self, feed: &Feed, now_ns: i64) -> Looked {
        let Some(open) = &mut self.open else {
            self.wait_for_files(feed);
            let wait = if self.has_something() { Duration::ZERO } else { IDLE };
            return Looked { happened: false, wait };
        };
        let mut left = super::feed::MESSAGES;
        while left > 0
            && let Some(heard) = self.waiting.pop_front().or_else(|| feed.next())
        {
            left -= 1;
            match heard {
                Heard::Readings(readings) => open.judge.hear(&readings),
                Heard::Blind { from_ns, to_ns } => open.judge.blind(from_ns, to_ns),
                Heard::Forget(subject) => open.judge.forget(&subject, now_ns),
                Heard::KeepOnly { kind, names } => open.judge.keep_only(&kind, &names, now_ns),
            }
        }
        let is_behind = !feed.is_empty();
        if !is_behind {
            open.judge.tick(now_ns.saturating_sub(LAG_NS));
        }
        open.judge.delivered(open.teller.recorded());
        match open.judge.settle(now_ns, false) {
            Ok(happened) => {
                self.hindrance = None;
                let due_ns = open.judge.next_due_ns().map(|due| due.saturating_add(LAG_NS).saturating_sub(now_ns));
                let due = due_ns.map_or(IDLE, |due| Duration::from_nanos(due.max(0).unsigned_abs()));
                Looked { happened, wait: if is_behind { Duration::ZERO } else { due.clamp(LEAST, IDLE) } }
            }
            Err(error) => {
                self.hindrance = Some(format!("Alerts cannot be saved, so nobody is told: {error}"));
                Looked { happened: false, wait: PATIENCE }
            }
        }
    }

    /// Readings that no rule is about are of no use to anybody.
    fn wait_for_files(&mut self, feed: &Feed) {
        while self.waiting.len() < WAITING
            && let Some(heard) = feed.next()
        {
            let is_of_use = match &heard {
                Heard::Readings(readings) => readings.iter().any(|reading| {
                    let is_meant = |rule: &wirereel_alerts::Rule| {
                        rule.enabled
                            && rule.metric == reading.metric
                            && rule.subject.matches(reading.kind, &reading.name)
                    };
                    self.config.rules.iter().any(is_meant)
                }),
                // Whoever is gone may have alerts that were open when the program ended.
                Heard::KeepOnly { kind, .. } => {
                    let is_older = |other: &Heard| matches!(other, Heard::KeepOnly { kind: of, .. } if of == kind);
                    self.waiting.retain(|other| !is_older(other));
                    true
                }
                Heard::Forget(_) => self.waiting.len() < WAITING / 2,
                // Without states nobody's time runs.
                Heard::Blind { .. } => self.has_something(),
            };
            if is_of_use {
                self.waiting.push_back(heard);
            }
        }
    }

    /// Saves everything and gives the files back.
    pub(crate) fn end(&mut self, now_ns: i64) {
        let Some(Open { mut judge, teller, workspace }) = self.open.take() else { return };
        judge.delivered(teller.end());
        // What cannot be saved now is heard again the next time.
        let _ = judge.settle(now_ns, true);
        drop(judge);
        drop(workspace);
    }

    /// The target of this id.
    pub(crate) fn target(&self, id: &str) -> Option<Target> {
        self.config.targets.iter().find(|target| target.id == id).cloned()
    }
}

impl Alerting {
    /// Sends one notice to a target and waits for what becomes of it.
    pub(crate) fn send(&self, attempt: &Attempt) -> io::Result<Result<(), String>> {
        let senders = senders(self.the_desktop());
        Ok(wait_for(async { senders.send(attempt).await })?.map_err(|failure| failure.message))
    }
}
