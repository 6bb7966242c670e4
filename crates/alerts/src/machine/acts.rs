//! What people do: acknowledge, note, silence.

use super::{Alert, Event, Machine};
use crate::Subject;

/// Longest note, in characters.
const MAX_NOTE: usize = 4_000;

/// No alert with this id is open. What is over can be noted in the store only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no alert {alert_id} is open")]
pub struct NoSuchAlert {
    pub alert_id: String,
}

impl Machine {
    /// Somebody knows: no more reminders of this alert. Doing it again changes nothing.
    ///
    /// # Errors
    /// When it is not open.
    pub fn acknowledge(&mut self, alert_id: &str, at_ns: i64) -> Result<&Alert, NoSuchAlert> {
        self.alter(alert_id, |alert| {
            alert.acknowledged_at_ns.get_or_insert(at_ns);
        })
    }

    /// Writes a note on an alert, in place of the one before; cut to 4,000 characters.
    ///
    /// # Errors
    /// When it is not open.
    pub fn note(&mut self, alert_id: &str, text: &str) -> Result<&Alert, NoSuchAlert> {
        let end = text.char_indices().nth(MAX_NOTE).map_or(text.len(), |(end, _)| end);
        self.alter(alert_id, |alert| text[..end].clone_into(&mut alert.note))
    }

    /// Nobody is notified about a subject until an instant, by one rule or by all of them; `until_ns` in the past ends a silence. Alerts
    /// open and are over as ever. One that is still open when the silence ends is said then. Returns how many states are silent.
    pub fn silence(
        &mut self,
        rule: Option<&str>,
        subject: &Subject,
        until_ns: i64,
        at_ns: i64,
        events: &mut Vec<Event>,
    ) -> usize {
        let meant: Vec<u32> = (0..self.slots.len() as u32)
            .filter(|at| {
                let slot = self.slots.get(*at as usize).and_then(Option::as_ref);
                slot.is_some_and(|slot| slot.subject == *subject && rule.is_none_or(|rule| rule == slot.rule.id))
            })
            .collect();
        for at in &meant {
            self.with(*at, events, |state, around| {
                state.pass(at_ns, true, around);
                state.silenced_until_ns = (until_ns > at_ns).then_some(until_ns);
                true
            });
        }
        meant.len()
    }

    fn alter(&mut self, alert_id: &str, change: impl FnOnce(&mut Alert)) -> Result<&Alert, NoSuchAlert> {
        let is_meant = |alert: &Alert| alert.alert_id == alert_id;
        let found = self
            .slots
            .iter()
            .position(|slot| slot.as_ref().and_then(|slot| slot.state.alert.as_ref()).is_some_and(is_meant));
        let none = || NoSuchAlert { alert_id: alert_id.to_owned() };
        let at = found.ok_or_else(none)?;
        let slot = self.slots[at].as_mut().ok_or_else(none)?;
        if !slot.changed {
            slot.changed = true;
            self.changes.push(at as u32);
        }
        let alert = slot.state.alert.as_mut().ok_or_else(none)?;
        change(alert);
        Ok(alert)
    }
}
