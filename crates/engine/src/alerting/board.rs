//! What is known of alerts without asking the judge.

use std::collections::HashMap;

use wirereel_alerts::{Condition, Machine, Rule};
use wirereel_query::checks::DownRule;

/// How many alerts are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) open: u32,
    pub(crate) unacknowledged: u32,
}

#[derive(Debug, Default)]
pub(super) struct Board {
    /// By kind and name.
    open: HashMap<String, HashMap<String, String>>,
    pub(super) counts: Counts,
    pub(super) down_rule: Option<DownRule>,
}

impl Board {
    pub(super) fn of(rules: &[Rule], machine: Option<&Machine>) -> Self {
        let mut board = Self { down_rule: rules.iter().find_map(down_rule), ..Self::default() };
        let Some(machine) = machine else { return board };
        for view in machine.views() {
            let Some(alert) = view.alert else { continue };
            board.counts.open += 1;
            board.counts.unacknowledged += u32::from(alert.acknowledged_at_ns.is_none());
            let of_kind = board.open.entry(alert.subject.kind.clone()).or_default();
            let says_down = matches!(view.rule.when, Condition::Availability { .. });
            if says_down || !of_kind.contains_key(&alert.subject.name) {
                of_kind.insert(alert.subject.name.clone(), alert.alert_id.clone());
            }
        }
        board
    }

    pub(super) fn open_alert_of(&self, kind: &str, name: &str) -> Option<String> {
        self.open.get(kind)?.get(name).cloned()
    }

    pub(super) fn open_of(&self, kind: &str) -> Vec<String> {
        self.open.get(kind).map(|of_kind| of_kind.keys().cloned().collect()).unwrap_or_default()
    }
}

fn down_rule(rule: &Rule) -> Option<DownRule> {
    let is_about = rule.enabled && rule.metric == "up" && rule.subject.kind == "website";
    match &rule.when {
        Condition::Availability { percent, recover_percent, over, .. } if is_about => Some(DownRule {
            percent: *percent,
            recover_percent: recover_percent.unwrap_or(*percent),
            over_ms: over.as_millis(),
        }),
        _ => None,
    }
}
