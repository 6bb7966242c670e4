//! What people do about alerts.

use std::sync::Arc;

use wirereel_alerts::{
    Happening, Subject,
    notify::{Attempt, Notice},
};
use wirereel_query::alerts::{AlertNote, AlertSilenceOrder};

use super::{Workbench, now_ns};
use crate::{EngineError, alerting::Desk};

impl Workbench {
    /// Somebody knows of an alert: no more reminders of it.
    ///
    /// # Errors
    /// When it is not open, or that cannot be saved.
    pub fn acknowledge_alert(&self, alert_id: &str) -> Result<(), EngineError> {
        self.act_on_alerts(|desk| {
            let judge = desk.judge().ok_or_else(|| none(alert_id))?;
            judge.acknowledge(alert_id, now_ns()).map_err(|_| none(alert_id))
        })
    }

    /// Writes a note on an alert, open or over, in place of the one before.
    ///
    /// # Errors
    /// When there is no such alert, the note is too long, or it cannot be saved.
    pub fn note_alert(&self, note: &AlertNote) -> Result<(), EngineError> {
        const MOST: usize = 4_000;
        let length = note.note.chars().count();
        if length > MOST {
            return Err(EngineError::Alerting(format!("A note has at most {MOST} characters; this one has {length}.")));
        }
        self.act_on_alerts(|desk| {
            let judge = desk.judge().ok_or_else(|| none(&note.alert_id))?;
            match judge.note(&note.alert_id, &note.note) {
                Ok(true) => Ok(()),
                Ok(false) => Err(none(&note.alert_id)),
                Err(error) => Err(EngineError::Alerting(error.to_string())),
            }
        })
    }

    /// Nobody is notified about a subject until an instant, or is again.
    ///
    /// # Errors
    /// When no rule is about such a subject, or it cannot be saved.
    pub fn silence_alerts(&self, order: &AlertSilenceOrder) -> Result<(), EngineError> {
        let subject = Subject::new(&order.subject.kind, &order.subject.name);
        let nobody = || EngineError::NotFound(format!("A rule's state of the {} {:?}", subject.kind, subject.name));
        self.act_on_alerts(|desk| {
            let judge = desk.judge().ok_or_else(nobody)?;
            let now_ns = now_ns();
            let until_ns = order.until_us.map_or(now_ns, |until_us| until_us.saturating_mul(1_000));
            match judge.silence(order.rule.as_deref(), &subject, until_ns, now_ns) {
                0 => Err(nobody()),
                _ => Ok(()),
            }
        })
    }

    /// Sends a target a notice that says that it is a test, and waits for what becomes of it.
    ///
    /// # Errors
    /// When there is no such target, or why it could not be sent.
    pub fn test_alert_target(&self, id: &str) -> Result<(), EngineError> {
        let target = self.alerting().desk().target(id);
        let target = target.ok_or_else(|| EngineError::NotFound(format!("The target {id:?}")))?;
        let at_ns = now_ns();
        let attempt = Attempt {
            delivery_id: format!("test/{at_ns:x}>{id}"),
            target: Arc::new(target),
            notice: Notice {
                event_id: format!("test/{at_ns:x}"),
                event: Happening::Opened,
                alert_id: "test".into(),
                rule: "test".into(),
                rule_name: "Test of a target".into(),
                subject: Subject::new("wirereel", "test"),
                message: format!("Wirereel tests the target {id}. Nothing is wrong."),
                value: None,
                at_ns,
                opened_at_ns: at_ns,
                resolved_at_ns: None,
            },
        };
        let sent = self.alerting().send(&attempt).map_err(EngineError::io(&self.home))?;
        sent.map_err(|failure| EngineError::Alerting(format!("The target {id:?} was not reached: {failure}.")))
    }

    /// Does something, saves it, and says that something changed. What cannot be saved now is saved later, and told as an error.
    fn act_on_alerts(&self, act: impl FnOnce(&mut Desk) -> Result<(), EngineError>) -> Result<(), EngineError> {
        let mut desk = self.alerting().desk();
        act(&mut desk)?;
        let saved = desk.judge().map_or(Ok(false), |judge| judge.settle(now_ns(), false));
        self.alerting().tell(&desk);
        drop(desk);
        self.tell_alerts(true);
        self.alarm.thread.wake();
        saved?;
        Ok(())
    }
}

fn none(alert_id: &str) -> EngineError {
    EngineError::NotFound(format!("The alert {alert_id:?}"))
}
