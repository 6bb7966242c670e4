//! Alerts as the window shows them: past and present, who was told, and what people do about them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::question::TimeRange;

/// Which alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AlertFilter {
    #[default]
    All,
    Open,
    Resolved,
}

/// Which alerts, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct AlertsQuestion {
    /// Those that were open at any time of it; without it, all.
    #[ts(optional)]
    pub range: Option<TimeRange>,
    pub which: AlertFilter,
    /// Of one subject.
    #[ts(optional)]
    pub subject: Option<AlertSubject>,
    /// A part of the subject's name or of the message, in any case.
    #[ts(optional)]
    pub search: Option<String>,
    pub offset: u32,
    /// Rows at most, up to 500.
    pub limit: u32,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertSubject {
    /// `website`, `probe`, `service`, `edge` or `wirereel`.
    pub kind: String,
    pub name: String,
}

/// A part of the alerts, with who is told and what is watched.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Alerts {
    /// Open ones, whatever was asked.
    pub open: u32,
    /// Open ones that nobody acknowledged.
    pub unacknowledged: u32,
    /// How many the question means.
    pub total: u32,
    pub rows: Vec<AlertRow>,
    pub rules: Vec<AlertRuleRow>,
    pub targets: Vec<AlertTarget>,
    pub silences: Vec<AlertSilence>,
    /// What is wrong under `alerts` of `wirereel.json`, in sentences; what was right before stays in force.
    pub problems: Vec<String>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertRow {
    pub alert_id: String,
    /// Id of its rule, and what that is called.
    pub rule: String,
    pub rule_name: String,
    pub subject: AlertSubject,
    pub opened_us: i64,
    /// `None` while it is open.
    pub resolved_us: Option<i64>,
    pub message: String,
    pub recovery_message: Option<String>,
    /// The number that opened it.
    pub value: Option<f64>,
    pub acknowledged_us: Option<i64>,
    pub note: String,
    /// Nobody is notified about the subject until then.
    pub silenced_until_us: Option<i64>,
    /// Why nobody was told, if so: `silenced`, `maintenance`, `never_told`, `removed`.
    pub quiet: Option<String>,
    /// What was looked at when it opened: the rule's frame up to then, until it was over or now.
    pub evidence: TimeRange,
    pub deliveries: Vec<AlertDelivery>,
}

/// News of an alert on its way to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertDelivery {
    pub target: String,
    /// `opened`, `reminded` or `resolved`.
    pub event: String,
    pub state: DeliveryState,
    pub attempts: u32,
    /// The last failure, without the address.
    pub error: Option<String>,
    /// When it was last tried, or sent.
    pub at_us: Option<i64>,
    pub next_attempt_us: Option<i64>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryState {
    #[default]
    Waiting,
    Sent,
    /// It was given up.
    Failed,
}

/// A rule, and how many subjects it thinks what of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertRuleRow {
    pub rule: String,
    pub name: String,
    pub enabled: bool,
    /// One that every workbench has until `wirereel.json` says otherwise.
    pub is_default: bool,
    /// What it is about, such as `website shop*`.
    pub subjects: String,
    /// When it opens and when it is over, in a sentence that explains its hysteresis.
    pub condition: String,
    pub firing: u32,
    pub pending: u32,
    pub recovering: u32,
    pub normal: u32,
    /// Without data, or with too little of it.
    pub undecided: u32,
    pub suppressed: u32,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertTarget {
    pub target: String,
    /// `desktop`, `command` or `webhook`.
    pub kind: String,
    pub waiting: u32,
    pub sent: u64,
    /// Given up.
    pub failed: u64,
    /// Of the last delivery, if that failed.
    pub error: Option<String>,
    pub last_us: Option<i64>,
}

/// A subject about which nobody is notified for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertSilence {
    pub subject: AlertSubject,
    /// Of one rule; `None` is all of them.
    pub rule: Option<String>,
    pub until_us: i64,
}

/// Somebody knows of an alert, or no longer says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertAcknowledge {
    pub alert_id: String,
}

/// A note on an alert, open or over, in place of the one before; at most 4,000 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertNote {
    pub alert_id: String,
    pub note: String,
}

/// Nobody is notified about a subject until an instant; `None` ends the silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertSilenceOrder {
    pub subject: AlertSubject,
    #[serde(default)]
    #[ts(optional)]
    pub rule: Option<String>,
    pub until_us: Option<i64>,
}

/// Alerts in few words, for the frame and the reel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AlertsBadge {
    pub open: u32,
    pub unacknowledged: u32,
    /// Websites whose last check failed.
    pub websites_down: u32,
    /// Probes whose last call failed.
    pub probes_down: u32,
    /// Rises when an alert opened, was over, or was altered.
    pub generation: u64,
}
