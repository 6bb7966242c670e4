//! The workbench's alerts: the thread that judges, the configuration it follows, and what hosts ask and do.

mod acting;
mod again;
mod asking;
mod traffic;

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{Workbench, lock, recurring::Recurring};
use crate::{
    EngineError,
    alerting::{Alerting, Judge, OwnedReading, Reading},
    clock::now_us,
    config,
};

/// Until the first look: a window that opens says meanwhile where notifications are shown.
const FIRST_LOOK: Duration = Duration::from_millis(300);
/// After the live recording could not be opened.
const PATIENCE: Duration = Duration::from_secs(5);
/// Remembered once there were alerts: from then on the live recording is open whenever the workbench is.
const IN_USE: &str = "alerts.in_use";

/// The thread, and how far the file was followed.
#[derive(Default)]
pub(super) struct Alarm {
    pub(super) alerting: Alerting,
    thread: Recurring,
    /// `None` before it was read.
    stamp: std::sync::Mutex<Option<config::Stamp>>,
    traffic: std::sync::Mutex<traffic::Traffic>,
}

fn now_ns() -> i64 {
    now_us().saturating_mul(1_000)
}

impl Workbench {
    /// Where readings are fed, and what is known of alerts.
    pub fn alerting(&self) -> &Alerting {
        &self.alarm.alerting
    }

    /// Starts judging. It ends with the workbench.
    pub(super) fn start_alerting(self: &Arc<Self>) -> Result<(), EngineError> {
        self.follow_alerts()?;
        self.alerting().is_watched_by(self.gauges());
        let look = |workbench: &Arc<Self>| workbench.look_at_alerts();
        self.alarm.thread.start("wr-alert", self, FIRST_LOOK, look).map_err(EngineError::io(&self.home))?;
        let workbench = Arc::downgrade(self);
        self.alerting().wakes(move || {
            if let Some(workbench) = workbench.upgrade() {
                workbench.alarm.thread.wake();
            }
        });
        Ok(())
    }

    /// Saves what is not saved and gives the live recording back.
    pub(super) fn end_alerting(&self) {
        self.alarm.thread.end();
        self.alerting().desk().end(now_ns());
    }

    /// Follows an edit of the home folder's `wirereel.json`.
    pub(super) fn follow_alerts(&self) -> Result<(), EngineError> {
        let stamp = config::Stamp::of(&self.home);
        let mut followed = lock(&self.alarm.stamp);
        if *followed == Some(stamp) {
            return Ok(());
        }
        let mut desk = self.alerting().desk();
        let (config, problems) = config::read_alerts_again(&self.home, desk.config())
            .map_err(EngineError::io(self.home.join(config::FILE_NAME)))?;
        let is_first = followed.replace(stamp).is_none();
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        if is_first || config != *desk.config() || problems != desk.problems {
            desk.configure(config, problems, now_ns());
            self.alerting().tell(&desk);
            drop(desk);
            self.tell_alerts(!is_first);
            self.alarm.thread.wake();
        }
        Ok(())
    }

    /// Judges what was fed.
    fn look_at_alerts(self: &Arc<Self>) -> Duration {
        let mut desk = self.alerting().desk();
        let mut began = false;
        if !desk.is_open() {
            let looked = self.alerting().look(&mut desk, now_ns());
            let in_use = || self.setting(IN_USE).is_ok_and(|value| value == Some(Value::Bool(true)));
            if !desk.has_something() && !in_use() {
                return looked.wait;
            }
            if let Err(error) = self.begin_alerting(&mut desk) {
                desk.is_hindered(&error);
                return PATIENCE;
            }
            began = true;
        }
        let looked = self.alerting().look(&mut desk, now_ns());
        if began {
            self.alerting().tell(&desk);
        }
        drop(desk);
        if looked.happened {
            // Where it cannot be remembered, alerts are judged again when something is fed.
            let _ = self.set_setting(IN_USE, &Value::Bool(true));
        }
        if looked.happened || began {
            self.tell_alerts(true);
        }
        looked.wait
    }

    fn begin_alerting(self: &Arc<Self>, desk: &mut crate::alerting::Desk) -> Result<(), EngineError> {
        let workspace = self.hold_live()?;
        let workbench = Arc::downgrade(self);
        let news = move || {
            if let Some(workbench) = workbench.upgrade() {
                workbench.alarm.thread.wake();
            }
        };
        let config = config::read(&self.home).map_err(EngineError::io(self.home.join(config::FILE_NAME)))?.0;
        let reader = workspace.reader(None)?;
        let again = |judge: &mut Judge, since_ns| again::tell_again(judge, &reader, since_ns, &config);
        desk.begin(workspace, self.alerting().the_desktop(), now_ns, again, news)
    }

    /// Says how many alerts are open.
    fn tell_alerts(&self, happened: bool) {
        self.ticks.alerts(self.alerting().counts(), happened);
    }

    /// What is wrong with the workbench itself is fed as well: what is open, and what was and is not any more.
    pub(super) fn feed_findings<'a>(&self, open: impl Iterator<Item = &'a str>) {
        let open: Vec<&str> = open.collect();
        let alerting = self.alerting();
        let told = alerting.open_of(TROUBLE_KIND);
        let begun = open.iter().filter(|id| !told.iter().any(|other| other == *id)).map(|id| (*id, 1.0));
        let over = told.iter().filter(|id| !open.contains(&id.as_str())).map(|id| (id.as_str(), 0.0));
        let at_ns = now_ns();
        let reading = |(id, value): (&str, f64)| OwnedReading {
            kind: TROUBLE_KIND,
            name: id.into(),
            metric: "trouble",
            at_ns,
            every_ns: None,
            reading: Reading::Value(value),
        };
        alerting.feed(begun.chain(over).map(reading).collect());
    }
}

/// The kind of subject that the workbench itself is; its findings are the names.
const TROUBLE_KIND: &str = "wirereel";
