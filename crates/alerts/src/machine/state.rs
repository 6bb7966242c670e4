//! The state of one rule for one subject, and how it moves.
//!
//! ```text
//!            bad                 bad for the pending time                 good
//!  Calm ───────────▶ Pending ──────────────────────────────▶ Firing ─────────────▶ Recovering
//!    ▲                 │                │ in maintenance       ▲                    │   │
//!    │◀── not bad ─────┘                ▼                      └── not good ────────┘   │
//!    │◀── good, or the window ends ── Held                                              │
//!    └◀───────────────────── good for the keep-firing time ─────────────────────────────┘
//! ```
//!
//! What happens by itself, because time passes, happens at its own instant, whenever somebody looks: an alert that is due at 12:00:30
//! opens at 12:00:30, though the clock's next tick is at 12:00:31. So the same readings give the same alerts, with any ticks or none.

use serde::{Deserialize, Serialize};

use super::{
    Alert, Event, Happening, Quiet,
    evidence::{Evidence, Judgement, Verdict},
};
use crate::{Rule, Subject, maintenance::Calendar};

/// Where a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    #[default]
    Calm,
    Pending {
        since_ns: i64,
    },
    /// It would be firing, had there been no maintenance.
    Held,
    Firing,
    Recovering {
        since_ns: i64,
    },
}

/// Everything about one rule and one subject. It is saved as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The newest reading. Older ones were seen before.
    pub(crate) seen_ns: Option<i64>,
    /// Everything up to this instant has happened.
    pub(crate) now_ns: i64,
    /// How often the subject is asked; 0 when nobody knows.
    pub(crate) every_ns: i64,
    pub(crate) evidence: Evidence,
    pub(crate) judged: Judgement,
    pub(crate) phase: Phase,
    pub(crate) alert: Option<Alert>,
    pub(crate) silenced_until_ns: Option<i64>,
    /// The end of the maintenance window that was open at `now_ns`.
    pub(crate) maintained_until_ns: Option<i64>,
}

/// What a state moves by.
pub(crate) struct Surroundings<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) subject: &'a Subject,
    pub(crate) calendars: &'a mut [Calendar],
    /// Places of the calendars that are for this subject.
    pub(crate) own: &'a [u32],
    pub(crate) events: &'a mut Vec<Event>,
}

impl Surroundings<'_> {
    /// The end of the maintenance window that is open; the last one of several.
    fn maintained_until(&mut self, at_ns: i64) -> Option<i64> {
        let open = self.own.iter().filter_map(|place| self.calendars.get_mut(*place as usize)?.ends_ns(at_ns));
        open.max()
    }
}

fn nanos(span: Option<crate::Span>) -> i64 {
    span.map_or(0, crate::Span::as_nanos)
}

impl State {
    pub(crate) fn new(rule: &Rule) -> Self {
        Self {
            seen_ns: None,
            now_ns: i64::MIN,
            every_ns: 0,
            evidence: Evidence::none(&rule.when),
            judged: Judgement::default(),
            phase: Phase::Calm,
            alert: None,
            silenced_until_ns: None,
            maintained_until_ns: None,
        }
    }

    /// The next instant at which something may happen by itself.
    pub(crate) fn due_ns(&self, rule: &Rule) -> Option<i64> {
        let timer = match self.phase {
            Phase::Pending { since_ns } => Some(since_ns.saturating_add(nanos(rule.pending))),
            Phase::Recovering { since_ns } => Some(since_ns.saturating_add(nanos(rule.keep_firing))),
            _ => None,
        };
        let remind = self.alert.as_ref().and_then(|alert| alert.next_remind_ns);
        let change = self.evidence.next_change_ns(&rule.when, self.now_ns);
        let dues = [timer, remind, change, self.silenced_until_ns, self.maintained_until_ns];
        dues.into_iter().flatten().filter(|due| *due > self.now_ns).min()
    }

    /// Lets everything happen that is due before an instant, or at it.
    pub(crate) fn pass(&mut self, until_ns: i64, inclusive: bool, around: &mut Surroundings<'_>) {
        while let Some(due) = self.due_ns(around.rule)
            && (due < until_ns || (inclusive && due == until_ns))
        {
            self.settle(due, false, until_ns, around);
        }
    }

    /// Takes a reading in, after everything that was due before it; what is due at the same instant comes after it. `false` for a reading
    /// that is no newer than the last, or of a kind that the rule cannot judge.
    pub(crate) fn observe(
        &mut self,
        at_ns: i64,
        reading: super::Reading,
        every_ns: i64,
        around: &mut Surroundings<'_>,
    ) -> bool {
        if self.seen_ns.is_some_and(|seen| at_ns <= seen) {
            return false;
        }
        self.pass(at_ns, false, around);
        self.leave_maintenance(at_ns, around);
        if !self.evidence.take(reading, at_ns) {
            return false;
        }
        self.seen_ns = Some(at_ns);
        self.every_ns = every_ns.max(0);
        let now = self.now_ns.max(at_ns);
        self.settle(now, true, now, around);
        true
    }

    /// Nothing could be measured for a while, through no fault of the subject's: nobody's clock ran. `false` when that changes nothing.
    pub(crate) fn blind(&mut self, from_ns: i64, to_ns: i64, around: &mut Surroundings<'_>) -> bool {
        let before = self.now_ns;
        self.pass(from_ns, false, around);
        let mut changed = self.now_ns != before;
        let mut later = |at_ns: &mut i64, than: i64| {
            changed |= *at_ns < than;
            *at_ns = (*at_ns).max(than);
        };
        if let Evidence::Heard { at_ns: Some(last) } = &mut self.evidence {
            later(last, to_ns);
        }
        if let Phase::Pending { since_ns } | Phase::Recovering { since_ns } = &mut self.phase {
            later(since_ns, to_ns);
        }
        if let Some(next) = self.alert.as_mut().and_then(|alert| alert.next_remind_ns.as_mut()) {
            let following = after(*next, to_ns, nanos(around.rule.remind_every));
            later(next, following);
        }
        changed
    }

    /// At the end of a maintenance window what was measured so far no longer counts: the subject is looked at with fresh eyes.
    fn leave_maintenance(&mut self, at_ns: i64, around: &mut Surroundings<'_>) {
        let Some(end) = self.maintained_until_ns.filter(|end| *end <= at_ns) else { return };
        self.maintained_until_ns = around.maintained_until(end);
        if self.maintained_until_ns.is_none() {
            self.evidence.forget(end);
            self.judged.verdict = Verdict::NoData;
            self.phase = match self.phase {
                Phase::Pending { .. } | Phase::Held => Phase::Calm,
                Phase::Recovering { .. } => Phase::Firing,
                other => other,
            };
        }
    }

    /// What holds at an instant. `until_ns` is the instant that is on its way: of reminders that are due before it only the last is sent.
    fn settle(&mut self, at_ns: i64, news: bool, until_ns: i64, around: &mut Surroundings<'_>) {
        self.now_ns = at_ns;
        let woken = self.silenced_until_ns.is_some_and(|until| until <= at_ns) && self.alert.is_some();
        self.silenced_until_ns = self.silenced_until_ns.filter(|until| *until > at_ns);
        self.leave_maintenance(at_ns, around);
        if self.maintained_until_ns.is_none() {
            self.maintained_until_ns = around.maintained_until(at_ns);
        }
        self.judged = self.evidence.judge(&around.rule.when, at_ns, self.every_ns, news, self.judged);
        self.phase = self.moved(at_ns);
        match self.phase {
            Phase::Pending { since_ns } if since_ns.saturating_add(nanos(around.rule.pending)) <= at_ns => {
                if self.maintained_until_ns.is_some() {
                    self.hold(at_ns, around);
                } else {
                    self.open(at_ns, around);
                }
            }
            Phase::Recovering { since_ns } if since_ns.saturating_add(nanos(around.rule.keep_firing)) <= at_ns => {
                self.resolve(at_ns, around);
            }
            _ => {}
        }
        self.remind(at_ns, woken, until_ns, around);
    }

    /// The phase after the verdict, timers aside.
    fn moved(&self, at_ns: i64) -> Phase {
        match (self.phase, self.judged.verdict) {
            (Phase::Calm, Verdict::Bad) => Phase::Pending { since_ns: at_ns },
            (Phase::Pending { .. }, verdict) if verdict != Verdict::Bad => Phase::Calm,
            (Phase::Held, Verdict::Good) => Phase::Calm,
            (Phase::Firing, Verdict::Good) => Phase::Recovering { since_ns: at_ns },
            (Phase::Recovering { .. }, verdict) if verdict != Verdict::Good => Phase::Firing,
            (phase, _) => phase,
        }
    }

    fn quiet(&self) -> Option<Quiet> {
        let maintained = self.maintained_until_ns.map(|_| Quiet::Maintenance);
        maintained.or(self.silenced_until_ns.map(|_| Quiet::Silenced))
    }

    fn open(&mut self, at_ns: i64, around: &mut Surroundings<'_>) {
        let mut alert = Alert::open(around.rule, around.subject, at_ns, self.judged.value);
        let quiet = self.quiet();
        alert.told = quiet.is_none();
        alert.next_remind_ns = around.rule.remind_every.map(|every| at_ns.saturating_add(every.as_nanos()));
        around.events.push(Event::new(Happening::Opened, at_ns, alert.clone(), quiet));
        self.alert = Some(alert);
        self.phase = Phase::Firing;
    }

    fn hold(&mut self, at_ns: i64, around: &mut Surroundings<'_>) {
        let mut alert = Alert::open(around.rule, around.subject, at_ns, self.judged.value);
        alert.resolved_at_ns = Some(at_ns);
        around.events.push(Event::new(Happening::Suppressed, at_ns, alert, Some(Quiet::Maintenance)));
        self.phase = Phase::Held;
    }

    fn resolve(&mut self, at_ns: i64, around: &mut Surroundings<'_>) {
        self.phase = Phase::Calm;
        let Some(mut alert) = self.alert.take() else { return };
        alert.resolve(around.rule, at_ns, self.judged.value);
        let quiet = self.quiet().or((!alert.told).then_some(Quiet::NeverTold));
        around.events.push(Event::new(Happening::Resolved, at_ns, alert, quiet));
    }

    /// Says again what is still open: at its times, and when a silence ends.
    fn remind(&mut self, at_ns: i64, woken: bool, until_ns: i64, around: &mut Surroundings<'_>) {
        let quiet = self.quiet().is_some();
        let firing = self.phase == Phase::Firing;
        let Some(alert) = &mut self.alert else { return };
        let mut due = woken;
        if let Some(next) = alert.next_remind_ns.filter(|next| *next <= at_ns) {
            let every = nanos(around.rule.remind_every).max(1);
            let following = after(next, at_ns, every);
            // A machine that slept says it once, not once per hour that it slept.
            due |= following > until_ns;
            alert.next_remind_ns = Some(following);
        }
        if due && firing && !quiet && alert.acknowledged_at_ns.is_none() && alert.opened_at_ns < at_ns {
            alert.told = true;
            around.events.push(Event::new(Happening::Reminded, at_ns, alert.clone(), None));
        }
    }
}

/// The first of `next`, `next + every`, … after an instant.
fn after(next: i64, at_ns: i64, every: i64) -> i64 {
    if next > at_ns {
        return next;
    }
    let steps = at_ns.saturating_sub(next) / every.max(1) + 1;
    next.saturating_add(steps.saturating_mul(every))
}
