//! What hosts ask about alerts.

use std::collections::HashMap;

use wirereel_alerts::{AlertConfig, Machine, Rule, Standing, notify::Channel};
use wirereel_query::alerts::{AlertRuleRow, AlertSilence, AlertSubject, AlertTarget, Alerts, AlertsQuestion};

use super::{Workbench, now_us};
use crate::{EngineError, alerting};

impl Workbench {
    /// A part of the alerts, with who is told and what is watched.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn alerts(&self, question: &AlertsQuestion, lane: Option<&str>) -> Result<Alerts, EngineError> {
        let mut alerts = Alerts::default();
        let (workspace, config, mut silences) = {
            let desk = self.alerting().desk();
            alerts.rules = rules(desk.config(), desk.machine());
            alerts.problems = desk.told();
            alerts.silences = desk.machine().map(silences).unwrap_or_default();
            let by_subject = desk.machine().map(silenced_alerts).unwrap_or_default();
            (desk.workspace().cloned(), desk.config().clone(), by_subject)
        };
        let figures = match workspace {
            Some(workspace) => {
                let reader = workspace.reader(lane)?;
                let page = reader.alerts(question, now_us())?;
                (alerts.open, alerts.unacknowledged, alerts.total) = (page.open, page.unacknowledged, page.total);
                alerts.rows = page.rows;
                reader.alert_targets()?
            }
            None => HashMap::new(),
        };
        for row in alerts.rows.iter_mut().filter(|row| row.resolved_us.is_none()) {
            row.silenced_until_us = silences.remove(&row.alert_id);
        }
        alerts.targets = config
            .targets
            .iter()
            .map(|target| {
                let figures = figures.get(&target.id).cloned().unwrap_or_default();
                AlertTarget {
                    target: target.id.clone(),
                    kind: match target.to {
                        Channel::Desktop {} => "desktop",
                        Channel::Command { .. } => "command",
                        Channel::Webhook { .. } => "webhook",
                    }
                    .into(),
                    waiting: figures.waiting,
                    sent: figures.sent,
                    failed: figures.failed,
                    error: figures.error,
                    last_us: figures.last_us,
                }
            })
            .collect();
        Ok(alerts)
    }
}

fn rules(config: &AlertConfig, machine: Option<&Machine>) -> Vec<AlertRuleRow> {
    let defaults = AlertConfig::default().rules;
    let row = |rule: &Rule| AlertRuleRow {
        rule: rule.id.clone(),
        name: rule.called().to_owned(),
        enabled: rule.enabled,
        is_default: defaults.contains(rule),
        subjects: alerting::subjects(&rule.subject),
        condition: alerting::condition(rule),
        ..AlertRuleRow::default()
    };
    let mut rows: Vec<AlertRuleRow> = config.rules.iter().map(row).collect();
    let places: HashMap<&str, usize> =
        config.rules.iter().enumerate().map(|(place, rule)| (rule.id.as_str(), place)).collect();
    for view in machine.iter().flat_map(|machine| machine.views()) {
        let Some(row) = places.get(view.rule.id.as_str()).and_then(|place| rows.get_mut(*place)) else { continue };
        let count = match view.standing {
            Standing::NoData | Standing::TooLittle => &mut row.undecided,
            Standing::Normal => &mut row.normal,
            Standing::Pending => &mut row.pending,
            Standing::Suppressed => &mut row.suppressed,
            Standing::Firing => &mut row.firing,
            Standing::Recovering => &mut row.recovering,
        };
        *count += 1;
    }
    rows
}

/// A rule's id, and until when it is silent about a subject.
type Silent<'a> = (&'a str, Option<i64>);

/// Silences, each told once: where all rules about a subject are silent until the same instant, none is named.
fn silences(machine: &Machine) -> Vec<AlertSilence> {
    let mut by_subject: HashMap<(&str, &str), Vec<Silent<'_>>> = HashMap::new();
    for view in machine.views() {
        let key = (view.subject.kind.as_str(), view.subject.name.as_str());
        by_subject.entry(key).or_default().push((&view.rule.id, view.silenced_until_ns));
    }
    let mut silences = Vec::new();
    for ((kind, name), states) in by_subject {
        let subject = AlertSubject { kind: kind.into(), name: name.into() };
        let silence = |rule: Option<&str>, until_ns: i64| AlertSilence {
            subject: subject.clone(),
            rule: rule.map(Into::into),
            until_us: until_ns / 1_000,
        };
        match states.first() {
            Some((_, Some(until_ns))) if states.iter().all(|(_, other)| *other == Some(*until_ns)) => {
                silences.push(silence(None, *until_ns));
            }
            _ => silences.extend(states.iter().filter_map(|(rule, until)| Some(silence(Some(rule), (*until)?)))),
        }
    }
    silences.sort_by(|a, b| {
        (a.until_us, &a.subject.kind, &a.subject.name, &a.rule).cmp(&(
            b.until_us,
            &b.subject.kind,
            &b.subject.name,
            &b.rule,
        ))
    });
    silences
}

/// Until when nobody is told of open alerts.
fn silenced_alerts(machine: &Machine) -> HashMap<String, i64> {
    let silenced =
        machine.views().filter_map(|view| Some((view.alert?.alert_id.clone(), view.silenced_until_ns? / 1_000)));
    silenced.collect()
}
