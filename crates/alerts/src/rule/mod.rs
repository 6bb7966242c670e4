//! Rules as `wirereel.json` has them.

mod condition;
mod read;
mod selector;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Problem, Span,
    maintenance::Maintenance,
    notify::Target,
    problem::each,
    text::{MAX_TEMPLATE, unknown_words},
};
pub use condition::{BurnWindow, Condition};
pub(crate) use selector::is_like;
pub use selector::{Selector, Subject};

/// What a series is made of, as far as conditions must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Good and bad outcomes.
    Outcomes,
    /// A number that holds until the next one.
    Value,
    /// Things counted since the last reading.
    Count,
    /// The instant at which something ends.
    Deadline,
}

/// A series that somebody feeds, for telling which rules can speak at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series<'a> {
    /// Kind of its subjects, such as `website`.
    pub kind: &'a str,
    /// Such as `up`.
    pub metric: &'a str,
    pub reads: Reads,
}

/// Everything that `wirereel.json` says about alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertConfig {
    /// When alerts open and when they are over.
    pub rules: Vec<Rule>,
    /// When nothing opens and nobody is notified.
    pub maintenance: Vec<Maintenance>,
    /// Who is notified.
    pub targets: Vec<Target>,
}

impl Default for AlertConfig {
    /// Websites and probes are down at or below 80 % of two minutes; certificates are told of two weeks before their end; what is wrong
    /// with Wirereel itself is told as well.
    fn default() -> Self {
        let certificate = Condition::Expiry { within: Span::from_secs(14 * 86_400) };
        let trouble = Condition::AtLeast { threshold: 1.0, recover: None, stale_after: Span::from_secs(300) };
        Self {
            rules: vec![
                Rule::new("website-down", Selector::kind("website"), "up", Condition::down()).named("Website down"),
                Rule::new("probe-down", Selector::kind("probe"), "up", Condition::down()).named("Probe down"),
                Rule::new("certificate-ends", Selector::kind("website"), "certificate", certificate)
                    .named("Certificate ends"),
                Rule {
                    message: Some("Wirereel reports {subject}. time={time}".into()),
                    recovery_message: Some(
                        "Wirereel no longer reports {subject}. time={time}, it lasted {duration}".into(),
                    ),
                    ..Rule::new("wirereel-trouble", Selector::kind("wirereel"), "trouble", trouble)
                }
                .named("Trouble of Wirereel itself"),
            ],
            maintenance: Vec::new(),
            targets: Vec::new(),
        }
    }
}

/// A rule: for each subject it is about it keeps a state of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stays the same when it is renamed: letters, digits, `-` and `_`. A rule with another id is another rule: its alerts are new ones.
    pub id: String,
    /// What it is called; its id without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A rule that is off opens nothing, and what it had opened is over.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Whom it is about.
    pub subject: Selector,
    /// Which of the subject's numbers, such as `up`.
    pub metric: String,
    /// What must hold.
    pub when: Condition,
    /// The alert opens when the condition has held this long without a break; at once without.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub pending: Option<Span>,
    /// The alert is over when the recovery has held this long without a break; at once without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_firing: Option<Span>,
    /// While the alert is open and nobody has acknowledged it, it is said again this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_every: Option<Span>,
    /// What is said when it opens, instead of the usual sentence: text with `{subject}`, `{value}` and others in braces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What is said when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_message: Option<String>,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Whether something may be an id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

const ID: &str = "1 to 64 letters, digits, - and _";

impl Rule {
    /// One that opens at once, recovers at once and never reminds.
    pub fn new(id: &str, subject: Selector, metric: &str, when: Condition) -> Self {
        Self {
            id: id.to_owned(),
            name: String::new(),
            enabled: true,
            subject,
            metric: metric.to_owned(),
            when,
            pending: None,
            keep_firing: None,
            remind_every: None,
            message: None,
            recovery_message: None,
        }
    }

    fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Its name, or its id when it has none.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Everything that is wrong with it, given what is fed; nothing is asked of the series where none is given.
    pub fn problems(&self, fed: &[Series<'_>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_id(&self.id) {
            problems.push(Problem::new("id", format!("{:?}", self.id), ID));
        }
        problems.extend(self.subject.problems().into_iter().map(|problem| problem.under("subject")));
        problems.extend(self.when.problems().into_iter().map(|problem| problem.under("when")));
        if !fed.is_empty() {
            self.unfed(fed, &mut problems);
        }
        for (path, text) in [("message", &self.message), ("recovery_message", &self.recovery_message)] {
            let Some(text) = text else { continue };
            if text.len() > MAX_TEMPLATE {
                problems.push(Problem::new(path, format!("{} bytes", text.len()), "at most 2000 bytes"));
            }
            problems.extend(unknown_words(text).map(|(found, allowed)| Problem::new(path, found, allowed)));
        }
        problems
    }

    fn unfed(&self, fed: &[Series<'_>], problems: &mut Vec<Problem>) {
        let list = |words: Vec<&str>| {
            let mut words = words;
            words.sort_unstable();
            words.dedup();
            format!("one of {}", words.join(", "))
        };
        let of_kind: Vec<_> = fed.iter().filter(|series| series.kind == self.subject.kind).collect();
        if of_kind.is_empty() {
            let allowed = list(fed.iter().map(|series| series.kind).collect());
            problems.push(Problem::new("subject.kind", format!("{:?}", self.subject.kind), allowed));
            return;
        }
        let Some(series) = of_kind.iter().find(|series| series.metric == self.metric) else {
            let allowed = list(of_kind.iter().map(|series| series.metric).collect());
            problems.push(Problem::new("metric", format!("{:?}", self.metric), allowed));
            return;
        };
        if self.when.reads().is_some_and(|reads| reads != series.reads) {
            let (found, allowed) = match series.reads {
                Reads::Outcomes => ("good and bad outcomes", "availability, error_rate, burn_rate or silence"),
                Reads::Value => ("a number", "at_least, at_most or silence"),
                Reads::Count => ("a count", "count or silence"),
                Reads::Deadline => ("an end", "expiry or silence"),
            };
            let found = format!("a condition that {} cannot meet: it is {found}", self.metric);
            problems.push(Problem::new("when.kind", found, allowed));
        }
    }
}

impl AlertConfig {
    /// Everything that is wrong with it, given what is fed; nothing is asked of the series where none is given.
    pub fn problems(&self, fed: &[Series<'_>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        each(&mut problems, "rules", &self.rules, |rule| rule.problems(fed));
        each(&mut problems, "maintenance", &self.maintenance, Maintenance::problems);
        each(&mut problems, "targets", &self.targets, Target::problems);
        twice(&mut problems, "rules", self.rules.iter().map(|rule| rule.id.as_str()));
        twice(&mut problems, "targets", self.targets.iter().map(|target| target.id.as_str()));
        problems
    }
}

fn twice<'a>(problems: &mut Vec<Problem>, list: &str, ids: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::HashSet::new();
    for (place, id) in ids.enumerate() {
        if !seen.insert(id) {
            problems.push(Problem::new(format!("{list}[{place}].id"), format!("{id:?}"), "an id that no other has"));
        }
    }
}

/// The JSON Schema of everything about alerts, for editors and forms.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(AlertConfig).to_value()
}

#[cfg(test)]
mod tests;
