//! An alert: its life and its sentences.

use serde::{Deserialize, Serialize};

use crate::{
    Condition, Rule, Subject,
    text::{capitalised, duration, expand, number, time},
};

/// Something that was wrong with a subject, from when it opened until it was over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Follows from the rule, the subject and the instant it opened: the same inputs give the same id, however often they are replayed.
    pub alert_id: String,
    /// Id of the rule.
    pub rule: String,
    /// What the rule is called.
    pub rule_name: String,
    pub subject: Subject,
    pub opened_at_ns: i64,
    /// `None` while it is open.
    pub resolved_at_ns: Option<i64>,
    /// What was said when it opened.
    pub message: String,
    /// What was said when it was over.
    pub recovery_message: Option<String>,
    /// The number that opened it: percent of availability or of errors, seconds until the end or of silence, times the budget's rate.
    pub value: Option<f64>,
    /// When somebody said that they know.
    pub acknowledged_at_ns: Option<i64>,
    /// What people noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether its opening, or a reminder of it, was to be notified.
    pub told: bool,
    /// When it is said again.
    pub(crate) next_remind_ns: Option<i64>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// It opened.
    Opened,
    /// It is still open.
    Reminded,
    /// It is over.
    Resolved,
    /// It would have opened, had there been no maintenance. Never notified.
    Suppressed,
}

impl Happening {
    /// As configuration and rows spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reminded => "reminded",
            Self::Resolved => "resolved",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Why nobody is notified of something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// Somebody silenced the subject for a while.
    Silenced,
    /// A maintenance window is open.
    Maintenance,
    /// It is over, and nobody was told that it had begun.
    NeverTold,
    /// Its rule or its subject is no longer there.
    Removed,
}

/// Something that happened to an alert, to be stored and, unless it is quiet, to be notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The same inputs give the same id. What was stored or sent under this id need not be again.
    pub event_id: String,
    pub at_ns: i64,
    pub what: Happening,
    /// As it was right after.
    pub alert: Alert,
    /// Why nobody is notified; `None` when they are.
    pub quiet: Option<Quiet>,
}

impl Event {
    pub(crate) fn new(what: Happening, at_ns: i64, alert: Alert, quiet: Option<Quiet>) -> Self {
        let event_id = match what {
            Happening::Reminded => format!("{}/{}/{at_ns}", alert.alert_id, what.word()),
            _ => format!("{}/{}", alert.alert_id, what.word()),
        };
        Self { event_id, at_ns, what, alert, quiet }
    }
}

/// A number to nine digits: what is told, and what survives being written as JSON to the last bit.
fn nine_digits(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

/// FNV-1a of 64 bits: short, and the same on every machine and in every version.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Alert {
    /// One that opens.
    pub(crate) fn open(rule: &Rule, subject: &Subject, at_ns: i64, value: Option<f64>) -> Self {
        let mut alert = Self {
            alert_id: format!("{at_ns:x}-{:016x}", hash(&[&rule.id, &subject.kind, &subject.name])),
            rule: rule.id.clone(),
            rule_name: rule.called().to_owned(),
            subject: subject.clone(),
            opened_at_ns: at_ns,
            resolved_at_ns: None,
            message: String::new(),
            recovery_message: None,
            value: value.map(nine_digits),
            acknowledged_at_ns: None,
            note: String::new(),
            told: false,
            next_remind_ns: None,
        };
        let template = rule.message.clone().unwrap_or_else(|| opening(&rule.when));
        alert.message = alert.sentence(&template, rule, at_ns, value);
        alert
    }

    /// Is over now.
    pub(crate) fn resolve(&mut self, rule: &Rule, at_ns: i64, value: Option<f64>) {
        self.resolved_at_ns = Some(at_ns);
        let template = rule.recovery_message.clone().unwrap_or_else(|| recovery(&rule.when));
        self.recovery_message = Some(self.sentence(&template, rule, at_ns, value));
        self.next_remind_ns = None;
    }

    /// Is over because there is nothing left that could say whether it still holds.
    pub(crate) fn remove(&mut self, at_ns: i64) {
        self.resolved_at_ns = Some(at_ns);
        let Subject { kind, name } = &self.subject;
        let lasted = duration(at_ns.saturating_sub(self.opened_at_ns));
        let said = format!(
            "{} {name} is no longer watched by {}. time={}, open for {lasted}",
            capitalised(kind),
            self.rule_name,
            time(at_ns)
        );
        self.recovery_message = Some(said);
        self.next_remind_ns = None;
    }

    fn sentence(&self, template: &str, rule: &Rule, at_ns: i64, value: Option<f64>) -> String {
        expand(template, |word| {
            Some(match word {
                "alert" => self.alert_id.clone(),
                "rule" => self.rule_name.clone(),
                "kind" => self.subject.kind.clone(),
                "Kind" => capitalised(&self.subject.kind),
                "subject" | "website" => self.subject.name.clone(),
                "metric" => rule.metric.clone(),
                "value" | "availability" => {
                    value.map_or_else(|| "unknown".into(), |value| told_value(&rule.when, value))
                }
                "threshold" => threshold(&rule.when),
                "time" => time(at_ns),
                "duration" => match self.resolved_at_ns {
                    Some(_) => duration(at_ns.saturating_sub(self.opened_at_ns)),
                    None => String::new(),
                },
                _ => return None,
            })
        })
    }
}

/// What is said when an alert opens. That of a website is the sentence people know from the monitor that this one succeeds.
fn opening(condition: &Condition) -> String {
    match condition {
        Condition::Availability { .. } => "{Kind} {website} is down. availability={availability}, time={time}",
        Condition::ErrorRate { .. } => {
            "{Kind} {subject} has an error rate of {value}, at or above {threshold}. time={time}"
        }
        Condition::AtLeast { .. } => "{Kind} {subject}: {metric} is {value}, at or above {threshold}. time={time}",
        Condition::AtMost { .. } => "{Kind} {subject}: {metric} is {value}, at or below {threshold}. time={time}",
        Condition::Count { .. } => "{Kind} {subject}: {metric} is {value}, at or above {threshold}. time={time}",
        Condition::Expiry { .. } => "{Kind} {subject}: {metric} ends in {value}. time={time}",
        Condition::Silence { .. } => "{Kind} {subject} has been silent for {value}. time={time}",
        Condition::BurnRate { .. } => {
            "{Kind} {subject} uses its error budget up {value} times as fast as it may. time={time}"
        }
    }
    .into()
}

fn recovery(condition: &Condition) -> String {
    match condition {
        Condition::Availability { .. } => {
            "{Kind} {website} is up again. availability={availability}, time={time}, it was down for {duration}"
        }
        Condition::ErrorRate { .. } => {
            "{Kind} {subject} is well again: its error rate is {value}. time={time}, it lasted {duration}"
        }
        Condition::Expiry { .. } => {
            "{Kind} {subject} is well again: {metric} ends in {value}. time={time}, it lasted {duration}"
        }
        Condition::Silence { .. } => "{Kind} {subject} is heard again. time={time}, it lasted {duration}",
        Condition::BurnRate { .. } => {
            "{Kind} {subject} no longer uses its error budget up too fast. time={time}, it lasted {duration}"
        }
        _ => "{Kind} {subject} is well again: {metric} is {value}. time={time}, it lasted {duration}",
    }
    .into()
}

/// A number as its condition counts it.
fn told_value(condition: &Condition, value: f64) -> String {
    match condition {
        Condition::Availability { .. } | Condition::ErrorRate { .. } => format!("{}%", number(value, 2)),
        Condition::AtLeast { .. } | Condition::AtMost { .. } | Condition::Count { .. } => number(value, 3),
        Condition::Expiry { .. } | Condition::Silence { .. } => duration((value * 1e9) as i64),
        Condition::BurnRate { .. } => number(value, 1),
    }
}

fn threshold(condition: &Condition) -> String {
    match condition {
        Condition::Availability { percent, .. } | Condition::ErrorRate { percent, .. } => {
            format!("{}%", number(*percent, 4))
        }
        Condition::AtLeast { threshold, .. } | Condition::AtMost { threshold, .. } => number(*threshold, 3),
        Condition::Count { at_least, .. } => at_least.to_string(),
        Condition::Expiry { within } => within.to_string(),
        Condition::Silence { after } => after.to_string(),
        Condition::BurnRate { objective_percent, .. } => format!("{}%", number(*objective_percent, 4)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selector, Span};

    const AT: i64 = 1_795_706_454_000_000_000;

    fn sentences(when: Condition, value: f64, kind: &str) -> (String, String) {
        let rule = Rule::new("r", Selector::kind(kind), "latency_ms", when);
        let mut alert = Alert::open(&rule, &Subject::new(kind, "shop"), AT, Some(value));
        alert.resolve(&rule, AT + 245_000_000_000, Some(value));
        (alert.message, alert.recovery_message.unwrap())
    }

    #[test]
    fn the_sentence_of_a_website_that_is_down_is_exact() {
        let (down, up) = sentences(Condition::down(), 200.0 / 3.0, "website");
        assert_eq!(down, "Website shop is down. availability=66.67%, time=2026-11-26T15:20:54Z");
        assert_eq!(
            up,
            "Website shop is up again. availability=66.67%, time=2026-11-26T15:24:59Z, it was down for 4 min 5 s"
        );
    }

    #[test]
    fn every_condition_says_its_number_and_what_it_was_held_against() {
        let high = Condition::AtLeast { threshold: 250.0, recover: None, stale_after: Span::from_secs(60) };
        assert_eq!(
            sentences(high, 312.5, "edge").0,
            "Edge shop: latency_ms is 312.5, at or above 250. time=2026-11-26T15:20:54Z"
        );
        let quiet = Condition::Silence { after: Span::from_secs(300) };
        assert_eq!(
            sentences(quiet, 300.0, "service").0,
            "Service shop has been silent for 5 min. time=2026-11-26T15:20:54Z"
        );
        let ends = Condition::Expiry { within: Span::from_secs(14 * 86_400) };
        assert_eq!(
            sentences(ends, 1_209_600.0, "website").0,
            "Website shop: latency_ms ends in 14 d. time=2026-11-26T15:20:54Z"
        );
        let errors =
            Condition::ErrorRate { percent: 5.0, recover_percent: None, over: Span::from_secs(60), min_records: 1 };
        assert!(sentences(errors, 7.25, "service").0.contains("an error rate of 7.25%, at or above 5%."));
    }

    #[test]
    fn a_name_full_of_braces_is_only_a_name() {
        let rule = Rule::new("r", Selector::kind("website"), "up", Condition::down());
        let alert = Alert::open(&rule, &Subject::new("website", "{time}{value}"), AT, None);
        assert_eq!(alert.message, "Website {time}{value} is down. availability=unknown, time=2026-11-26T15:20:54Z");
    }

    #[test]
    fn ids_differ_where_names_only_look_alike_together() {
        let rule = |id: &str| Rule::new(id, Selector::default(), "up", Condition::down());
        let id = |rule: &Rule, kind: &str, name: &str| Alert::open(rule, &Subject::new(kind, name), AT, None).alert_id;
        assert_ne!(id(&rule("a"), "bc", "d"), id(&rule("ab"), "c", "d"));
        assert_eq!(id(&rule("a"), "b", "c"), id(&rule("a"), "b", "c"));
    }
}
