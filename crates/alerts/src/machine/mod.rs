//! All states of all rules: readings go in, events come out.

mod acts;
mod alert;
mod evidence;
mod kept;
mod state;

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};

use crate::{AlertConfig, Problem, Rule, Subject, maintenance::Calendar};
pub use acts::NoSuchAlert;
pub use alert::{Alert, Event, Happening, Quiet};
use evidence::Verdict;
pub use kept::{Change, RECORD_VERSION, Record, Refused, Restored};
use state::{Phase, State, Surroundings};

/// Most pairs of a rule and a subject, and most series. What comes beyond is counted, not judged.
const MAX_STATES: usize = 200_000;

/// Something that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Outcomes since the last reading; of a check usually one.
    Outcomes { good: u64, bad: u64 },
    /// A number that holds until the next one. Only finite ones count.
    Value(f64),
    /// Things counted since the last reading.
    Count(u64),
    /// The instant at which something ends, nanoseconds since 1970.
    Deadline(i64),
}

/// A reading, of whom and when. The readings of a series come in the order of their times; one that is not newer than the last has been
/// seen before and is left out, so that a replay may begin too early.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<'a> {
    /// Kind of the subject, such as `website`.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Which of its numbers, such as `up`.
    pub metric: &'a str,
    /// Nanoseconds since 1970.
    pub at_ns: i64,
    /// How often the subject is asked, in nanoseconds, where that is known: a frame in which few outcomes fit needs fewer.
    pub every_ns: Option<i64>,
    pub reading: Reading,
}

/// What a rule thinks of a subject right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing to judge by. An alert that was open stays open.
    NoData,
    /// Not enough outcomes yet.
    TooLittle,
    Normal,
    /// The condition holds, not yet long enough.
    Pending,
    /// The condition holds, and maintenance keeps the alert from opening.
    Suppressed,
    Firing,
    /// The alert is open, the condition has ended, not yet long enough ago.
    Recovering,
}

/// A rule's view of a subject, for panes.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    pub rule: &'a Rule,
    pub subject: &'a Subject,
    pub standing: Standing,
    /// The last number, as in [`Alert::value`].
    pub value: Option<f64>,
    /// Since when it is pending or recovering.
    pub since_ns: Option<i64>,
    /// The alert that is open.
    pub alert: Option<&'a Alert>,
    pub silenced_until_ns: Option<i64>,
    pub maintained_until_ns: Option<i64>,
}

/// One rule for one subject.
#[derive(Debug)]
struct Slot {
    rule: Arc<Rule>,
    subject: Subject,
    state: State,
    /// Places of the maintenance windows that are for it.
    own: Box<[u32]>,
    /// The earliest instant it is queued for.
    queued_ns: i64,
    /// Whether it changed since it was last saved.
    changed: bool,
}

/// All states. It has no clock: every reading has its time, and [`tick`](Self::tick) tells it how late it is.
#[derive(Debug)]
pub struct Machine {
    config: AlertConfig,
    rules: Vec<Arc<Rule>>,
    calendars: Vec<Calendar>,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    /// Slots that each series feeds.
    series: HashMap<String, Arc<[u32]>>,
    /// When slots are due, at the latest.
    dues: BinaryHeap<Reverse<(i64, u32)>>,
    changes: Vec<u32>,
    gone: Vec<Change>,
    /// Series and states that were too many.
    refused: u64,
    key: String,
}

impl Machine {
    /// One that has seen nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration; then nothing of it is taken.
    pub fn new(config: AlertConfig) -> Result<Self, Vec<Problem>> {
        let problems = config.problems(&[]);
        if !problems.is_empty() {
            return Err(problems);
        }
        let calendars =
            config.maintenance.iter().map(crate::maintenance::Maintenance::calendar).collect::<Result<_, _>>()?;
        Ok(Self {
            rules: config.rules.iter().filter(|rule| rule.enabled).cloned().map(Arc::new).collect(),
            calendars,
            config,
            slots: Vec::new(),
            free: Vec::new(),
            series: HashMap::new(),
            dues: BinaryHeap::new(),
            changes: Vec::new(),
            gone: Vec::new(),
            refused: 0,
            key: String::new(),
        })
    }

    /// What it runs by.
    pub fn config(&self) -> &AlertConfig {
        &self.config
    }

    /// How many series and states were too many to be judged.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes a reading in. What happens is appended to `events`, in the order it happened for each subject.
    pub fn observe(&mut self, seen: &Observation<'_>, events: &mut Vec<Event>) {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for part in [seen.kind, "\0", seen.metric, "\0", seen.name] {
            key.push_str(part);
        }
        let fed = match self.series.get(key.as_str()) {
            Some(fed) => Arc::clone(fed),
            None => self.meet(&key, seen),
        };
        let every_ns = seen.every_ns.unwrap_or(0);
        for &at in fed.iter() {
            self.with(at, events, |state, around| state.observe(seen.at_ns, seen.reading, every_ns, around));
        }
        self.key = key;
    }

    /// Lets everything happen that is due by now. Says that every reading up to now has been taken in.
    pub fn tick(&mut self, now_ns: i64, events: &mut Vec<Event>) {
        while let Some(&Reverse((due, at))) = self.dues.peek()
            && due <= now_ns
        {
            self.dues.pop();
            let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { continue };
            if slot.queued_ns != due {
                continue;
            }
            slot.queued_ns = i64::MAX;
            self.with(at, events, |state, around| {
                let before = state.now_ns;
                state.pass(now_ns, true, around);
                state.now_ns != before
            });
        }
    }

    /// The instant of the next tick that may change something.
    pub fn next_due_ns(&self) -> Option<i64> {
        self.dues.peek().map(|Reverse((due, _))| *due)
    }

    /// Nothing could be measured between two instants, through no fault of anybody's: the machine slept, or was offline itself. Times
    /// that something must last begin anew after it, and nobody was silent. May be told again and again while it goes on.
    pub fn blind(&mut self, from_ns: i64, to_ns: i64, events: &mut Vec<Event>) {
        for at in 0..self.slots.len() as u32 {
            self.with(at, events, |state, around| state.blind(from_ns, to_ns, around));
        }
    }

    /// What every rule thinks of every subject.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.slots.iter().flatten().map(Slot::view)
    }

    /// The alerts that are open.
    pub fn open_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.slots.iter().flatten().filter_map(|slot| slot.state.alert.as_ref())
    }

    /// A subject is no longer there: its alerts are over, its states are forgotten.
    pub fn forget(&mut self, subject: &Subject, at_ns: i64, events: &mut Vec<Event>) {
        for at in 0..self.slots.len() {
            if self.slots[at].as_ref().is_some_and(|slot| slot.subject == *subject)
                && let Some(slot) = self.slots[at].take()
            {
                self.free.push(at as u32);
                self.let_go(slot.rule.id.clone(), slot.subject, slot.state, at_ns, events);
            }
        }
        self.series.retain(|_, fed| {
            let there = |at: &&u32| self.slots.get(**at as usize).is_some_and(Option::is_some);
            let left: Arc<[u32]> = fed.iter().filter(there).copied().collect();
            *fed = left;
            !fed.is_empty()
        });
    }

    fn let_go(&mut self, rule: String, subject: Subject, state: State, at_ns: i64, events: &mut Vec<Event>) {
        if let Some(mut alert) = state.alert {
            let at_ns = at_ns.max(alert.opened_at_ns);
            alert.remove(at_ns);
            events.push(Event::new(Happening::Resolved, at_ns, alert, Some(Quiet::Removed)));
        }
        self.gone.push(Change::Gone { rule, subject });
    }

    /// A series is heard of for the first time: states for the rules that are about it.
    fn meet(&mut self, key: &str, seen: &Observation<'_>) -> Arc<[u32]> {
        if self.series.len() >= MAX_STATES {
            self.refused += 1;
            return Arc::from([]);
        }
        self.series.insert(key.to_owned(), Arc::from([]));
        for place in 0..self.rules.len() {
            let rule = &self.rules[place];
            if rule.metric == seen.metric && rule.subject.matches(seen.kind, seen.name) {
                let (rule, subject) = (Arc::clone(rule), Subject::new(seen.kind, seen.name));
                let state = State::new(&rule);
                self.place(key, rule, subject, state);
            }
        }
        self.series.get(key).map(Arc::clone).unwrap_or_default()
    }

    /// Puts a state where its series finds it.
    fn place(&mut self, key: &str, rule: Arc<Rule>, subject: Subject, state: State) {
        if self.slots.len() - self.free.len() >= MAX_STATES {
            self.refused += 1;
            return;
        }
        let own = self.config.maintenance.iter().enumerate();
        let own = own
            .filter(|(_, window)| window.subject.matches(&subject.kind, &subject.name))
            .map(|(place, _)| place as u32);
        let slot = Slot { own: own.collect(), rule, subject, state, queued_ns: i64::MAX, changed: false };
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.slots[at as usize] = Some(slot);
        let fed = self.series.entry(key.to_owned()).or_default();
        *fed = fed.iter().copied().chain([at]).collect();
        self.queue(at);
    }

    /// Lets a slot move, and sees to when it is due next and that it is saved if it says that it changed.
    fn with(&mut self, at: u32, events: &mut Vec<Event>, act: impl FnOnce(&mut State, &mut Surroundings<'_>) -> bool) {
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return };
        let Slot { rule, subject, state, own, .. } = slot;
        let before = events.len();
        let mut around = Surroundings { rule, subject, calendars: &mut self.calendars, own, events };
        let changed = act(state, &mut around) || events.len() > before;
        if changed && !slot.changed {
            slot.changed = true;
            self.changes.push(at);
        }
        self.queue(at);
    }

    fn queue(&mut self, at: u32) {
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return };
        if let Some(due) = slot.state.due_ns(&slot.rule)
            && due < slot.queued_ns
        {
            slot.queued_ns = due;
            self.dues.push(Reverse((due, at)));
        }
    }
}

impl Slot {
    fn view(&self) -> View<'_> {
        let state = &self.state;
        let (standing, since_ns) = match (state.phase, state.judged.verdict) {
            (Phase::Pending { since_ns }, _) => (Standing::Pending, Some(since_ns)),
            (Phase::Recovering { since_ns }, _) => (Standing::Recovering, Some(since_ns)),
            (Phase::Held, _) => (Standing::Suppressed, None),
            (Phase::Firing, _) => (Standing::Firing, None),
            (Phase::Calm, Verdict::NoData) => (Standing::NoData, None),
            (Phase::Calm, Verdict::TooLittle) => (Standing::TooLittle, None),
            (Phase::Calm, _) => (Standing::Normal, None),
        };
        View {
            rule: &self.rule,
            subject: &self.subject,
            standing,
            value: state.judged.value,
            since_ns,
            alert: state.alert.as_ref(),
            silenced_until_ns: state.silenced_until_ns,
            maintained_until_ns: state.maintained_until_ns,
        }
    }
}
