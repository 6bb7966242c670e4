//! Judges what is heard, saves what came of it, and only then has it told. It has no clock and no thread.
//!
//! ```text
//!  readings ─▶ Machine ─▶ events, records ─▶ one transaction ─▶ Outbox ─▶ deliveries ─▶ the next transaction
//! ```
//!
//! Whatever ends the program, and wherever: an event is saved together with the record of its rule and subject, so readings that are heard
//! again bring it again under its own id, or not at all. Records of subjects about which nothing happened are saved every five minutes; what was
//! measured since then is in `check_results` and is heard again. An event that was saved and not yet on its way says so in its row.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use wirereel_alerts::{
    Alert, AlertConfig, Change, Condition, Event, Happening, Machine, NoSuchAlert, Problem, Record, Rule, Subject,
    notify::{Courier, Delivery, Outbox},
};
use wirereel_store::{AlertSaving, AlertWriter, SavedAlert, SavedAlertState, SavedAlerts, StoreError};

use super::{
    feed::OwnedReading,
    saved::{read, saved_delivery, saved_event},
};

/// Records of subjects about which nothing happened are saved this often.
const SAVE_EVERY_NS: i64 = 300_000_000_000;
/// How much later than another's a reading may be heard.
const OUT_OF_ORDER_NS: i64 = 300_000_000_000;
/// While nothing was heard for this long, nobody's time ran.
const BLIND_AFTER_NS: i64 = 30_000_000_000;
/// Deliveries that are done and still known, so that nothing is sent twice.
const DONE_DELIVERIES: u32 = 4_096;
/// What a rule about a single number looks back on.
const LOOK_BACK_NS: i64 = 300_000_000_000;

/// All rules and everything they think.
pub(crate) struct Judge {
    machine: Machine,
    writer: AlertWriter,
    courier: Arc<Courier>,
    /// Not saved yet.
    events: Vec<Event>,
    unsaved: HashMap<(String, Subject), SavedAlertState>,
    /// Alerts that people changed.
    touched: Vec<Alert>,
    /// Subjects whose records are to be saved at once: nobody says again what people said.
    pressing: HashSet<Subject>,
    /// Of open alerts, from when on their rules looked at readings.
    evidence: HashMap<String, i64>,
    deliveries: Vec<Delivery>,
    saved_ns: i64,
    heard_to_ns: i64,
}

/// Why alerts cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JudgeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<Problem>),
}

/// What was saved, and is to be told.
struct Saved {
    events: Vec<Event>,
    /// To an alert, or by somebody.
    happened: bool,
}

/// A judge that goes on where the last one ended.
pub(crate) struct Begun {
    pub(crate) judge: Judge,
    /// What was measured since then is to be heard again, before anything else.
    pub(crate) since_ns: i64,
    /// What could not be gone on with, in sentences.
    pub(crate) notes: Vec<String>,
}

impl Judge {
    /// Goes on with what was saved.
    pub(crate) fn begin(config: AlertConfig, writer: AlertWriter, now_ns: i64) -> Result<Begun, JudgeError> {
        let SavedAlerts { states, untold, deliveries, evidence, heard_to_ns } = writer.saved(DONE_DELIVERIES)?;
        let mut notes = Vec::new();
        let mut outbox = Outbox::new(config.targets.clone());
        outbox.restore(read::<Delivery>(&deliveries, "a delivery", &mut notes), now_ns);
        let mut machine = Machine::new(config).map_err(JudgeError::Config)?;
        let records = read::<Record>(&states, "the state of a rule", &mut notes);
        let newest_ns = records.iter().filter_map(Record::seen_ns).max();
        let restored = machine.restore(records, now_ns);
        notes.extend(restored.refused.iter().map(ToString::to_string));
        let untold = read::<Event>(&untold, "an event", &mut notes);
        let heard_to_ns = heard_to_ns.unwrap_or(now_ns).max(newest_ns.unwrap_or(i64::MIN));
        let mut judge = Self {
            machine,
            writer,
            courier: Arc::new(Courier::new(outbox)),
            events: restored.events,
            unsaved: HashMap::new(),
            touched: Vec::new(),
            pressing: HashSet::new(),
            evidence: evidence.into_iter().collect(),
            deliveries: Vec::new(),
            // The first saving says from when on anything is heard.
            saved_ns: i64::MIN,
            heard_to_ns,
        };
        judge.tell(&untold, now_ns);
        Ok(Begun { judge, since_ns: heard_to_ns.saturating_sub(OUT_OF_ORDER_NS), notes })
    }

    /// Nothing was measured between the last reading and now, if that is long enough ago: the program did not run.
    pub(crate) fn was_away(&mut self, now_ns: i64) {
        if now_ns.saturating_sub(self.heard_to_ns) > BLIND_AFTER_NS {
            self.blind(self.heard_to_ns, now_ns);
        }
    }

    pub(crate) fn hear(&mut self, readings: &[OwnedReading]) {
        for reading in readings {
            self.machine.observe(&reading.seen(), &mut self.events);
            self.heard_to_ns = self.heard_to_ns.max(reading.at_ns);
        }
    }

    pub(crate) fn blind(&mut self, from_ns: i64, to_ns: i64) {
        self.machine.blind(from_ns, to_ns, &mut self.events);
    }

    /// Whoever of a kind is not among these is no longer there.
    pub(crate) fn keep_only(&mut self, kind: &str, names: &[String], now_ns: i64) {
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let gone: HashSet<Subject> = self
            .machine
            .views()
            .map(|view| view.subject)
            .filter(|subject| subject.kind == kind && !names.contains(subject.name.as_str()))
            .cloned()
            .collect();
        for subject in gone {
            self.forget(&subject, now_ns);
        }
    }

    pub(crate) fn forget(&mut self, subject: &Subject, now_ns: i64) {
        self.machine.forget(subject, now_ns, &mut self.events);
        self.collect_changes();
    }

    /// Lets everything happen that is due by an instant up to which everything was heard.
    pub(crate) fn tick(&mut self, heard_to_ns: i64) {
        self.machine.tick(heard_to_ns, &mut self.events);
    }

    /// When the next tick may change something.
    pub(crate) fn next_due_ns(&self) -> Option<i64> {
        self.machine.next_due_ns()
    }

    /// Runs by another configuration from now on. What was right before stays in force where it is wrong.
    pub(crate) fn configure(&mut self, config: AlertConfig, now_ns: i64) -> Result<(), JudgeError> {
        let targets = config.targets.clone();
        self.machine.configure(config, now_ns, &mut self.events).map_err(JudgeError::Config)?;
        let changed = self.courier.with(|outbox| {
            outbox.retarget(targets, now_ns);
            outbox.changes()
        });
        self.deliveries.extend(changed);
        self.collect_changes();
        Ok(())
    }

    /// Somebody knows of an alert.
    pub(crate) fn acknowledge(&mut self, alert_id: &str, now_ns: i64) -> Result<(), NoSuchAlert> {
        let alert = self.machine.acknowledge(alert_id, now_ns)?.clone();
        self.touch(alert);
        Ok(())
    }

    /// A note on an alert, open or over; `false` when there is no such alert.
    pub(crate) fn note(&mut self, alert_id: &str, note: &str) -> Result<bool, JudgeError> {
        if let Ok(alert) = self.machine.note(alert_id, note) {
            let alert = alert.clone();
            self.touch(alert);
            return Ok(true);
        }
        Ok(self.writer.note(alert_id, note)?)
    }

    /// How many states are silent until then, or no longer silent.
    pub(crate) fn silence(&mut self, rule: Option<&str>, subject: &Subject, until_ns: i64, now_ns: i64) -> usize {
        self.pressing.insert(subject.clone());
        self.machine.silence(rule, subject, until_ns, now_ns, &mut self.events)
    }

    fn touch(&mut self, alert: Alert) {
        self.pressing.insert(alert.subject.clone());
        self.touched.push(alert);
    }

    /// What became of deliveries, to be saved with the next saving.
    pub(crate) fn delivered(&mut self, deliveries: impl IntoIterator<Item = Delivery>) {
        self.deliveries.extend(deliveries);
    }

    /// Saves what came of what was heard, and has it told. `all` saves every record; else those that nothing happened to wait for
    /// their time. `true` when something happened to an alert. What cannot be saved is saved, and told, the next time.
    pub(crate) fn settle(&mut self, now_ns: i64, all: bool) -> Result<bool, StoreError> {
        let Some(Saved { events, happened }) = self.save(now_ns, all)? else { return Ok(false) };
        self.tell(&events, now_ns);
        Ok(happened)
    }

    /// Saves; `None` when there was nothing to be saved.
    fn save(&mut self, now_ns: i64, all: bool) -> Result<Option<Saved>, StoreError> {
        let all = all || self.saved_ns == i64::MIN || now_ns.saturating_sub(self.saved_ns) >= SAVE_EVERY_NS;
        if self.events.is_empty() && self.pressing.is_empty() && self.deliveries.is_empty() && !all {
            return Ok(None);
        }
        self.collect_changes();
        self.remember_evidence();
        let concerned: HashSet<(&str, &Subject)> =
            self.events.iter().map(|event| (event.alert.rule.as_str(), &event.alert.subject)).collect();
        let is_concerned = |(rule, subject): &&(String, Subject)| {
            all || self.pressing.contains(subject) || concerned.contains(&(rule.as_str(), subject))
        };
        let now: Vec<(String, Subject)> = self.unsaved.keys().filter(is_concerned).cloned().collect();
        let lives = self.events.iter().filter(|event| event.what != Happening::Suppressed).map(|event| &event.alert);
        let saving = AlertSaving {
            alerts: lives.chain(&self.touched).map(|alert| self.saved_alert(alert)).collect(),
            events: self.events.iter().map(saved_event).collect(),
            states: now.iter().filter_map(|key| self.unsaved.get(key)).cloned().collect(),
            deliveries: self.deliveries.iter().map(saved_delivery).collect(),
            told: Vec::new(),
            heard_to_ns: all.then_some(self.heard_to_ns),
        };
        self.writer.save(&saving)?;
        for key in &now {
            self.unsaved.remove(key);
        }
        if all {
            self.saved_ns = now_ns;
        }
        let happened = !self.events.is_empty() || !self.pressing.is_empty();
        self.touched.clear();
        self.pressing.clear();
        self.deliveries.clear();
        let events = std::mem::take(&mut self.events);
        for event in events.iter().filter(|event| event.alert.resolved_at_ns.is_some()) {
            self.evidence.remove(&event.alert.alert_id);
        }
        Ok(Some(Saved { events, happened }))
    }

    /// Has saved events delivered, and remembers that it has.
    fn tell(&mut self, events: &[Event], now_ns: i64) {
        let loud: Vec<&Event> = events.iter().filter(|event| event.quiet.is_none()).collect();
        if loud.is_empty() {
            return;
        }
        let queued = self.courier.with(|outbox| {
            loud.iter().for_each(|event| outbox.push(event, now_ns));
            outbox.changes()
        });
        let saving = AlertSaving {
            deliveries: queued.iter().map(saved_delivery).collect(),
            told: loud.iter().map(|event| event.event_id.clone()).collect(),
            ..AlertSaving::default()
        };
        if self.writer.save(&saving).is_err() {
            // They are on their way; that this is so is saved with what becomes of them.
            self.deliveries.extend(queued);
        }
    }

    fn collect_changes(&mut self) {
        for change in self.machine.changes() {
            let (rule, subject, record) = match change {
                Change::Gone { rule, subject } => (rule, subject, None),
                Change::Saved(record) => match serde_json::to_string(&record) {
                    Ok(text) => (record.rule, record.subject, Some(text)),
                    // A record is made of numbers and texts: it can be written.
                    Err(_) => continue,
                },
            };
            let state = SavedAlertState {
                rule: rule.clone(),
                kind: subject.kind.clone(),
                subject: subject.name.clone(),
                record,
            };
            self.unsaved.insert((rule, subject), state);
        }
    }

    fn remember_evidence(&mut self) {
        for event in self.events.iter().filter(|event| event.what == Happening::Opened) {
            let rule = self.machine.config().rules.iter().find(|rule| rule.id == event.alert.rule);
            let from_ns = event.alert.opened_at_ns.saturating_sub(rule.map_or(0, looks_back_ns));
            self.evidence.insert(event.alert.alert_id.clone(), from_ns);
        }
    }

    fn saved_alert(&self, alert: &Alert) -> SavedAlert {
        SavedAlert {
            alert_id: alert.alert_id.clone(),
            rule: alert.rule.clone(),
            rule_name: alert.rule_name.clone(),
            kind: alert.subject.kind.clone(),
            subject: alert.subject.name.clone(),
            opened_ns: alert.opened_at_ns,
            resolved_ns: alert.resolved_at_ns,
            message: alert.message.clone(),
            recovery_message: alert.recovery_message.clone(),
            value: alert.value,
            acknowledged_ns: alert.acknowledged_at_ns,
            note: alert.note.clone(),
            told: alert.told,
            evidence_from_ns: self.evidence.get(&alert.alert_id).copied().unwrap_or(alert.opened_at_ns),
        }
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn courier(&self) -> &Arc<Courier> {
        &self.courier
    }
}

/// How far back a rule looks when it opens an alert.
fn looks_back_ns(rule: &Rule) -> i64 {
    let frame = match &rule.when {
        Condition::Availability { over, .. } | Condition::ErrorRate { over, .. } | Condition::Count { over, .. } => {
            over.as_nanos()
        }
        Condition::Silence { after } => after.as_nanos(),
        Condition::BurnRate { windows, .. } => windows.iter().map(|pair| pair.long.as_nanos()).max().unwrap_or(0),
        Condition::AtLeast { .. } | Condition::AtMost { .. } | Condition::Expiry { .. } => LOOK_BACK_NS,
    };
    frame.saturating_add(rule.pending.map_or(0, wirereel_alerts::Span::as_nanos))
}

#[cfg(test)]
#[path = "judge_tests/mod.rs"]
mod tests;
