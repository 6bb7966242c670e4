//! Website checks as the window shows and controls them: the list with figures that roll, one website over time, single checks, and
//! `editing`.

mod editing;

pub use editing::{CheckProblem, WebsiteDraft, WebsiteImport, WebsiteTested, WebsitesImported};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::question::TimeRange;

/// What is known of a website.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WebsiteState {
    /// Its last check failed.
    Down,
    /// This machine cannot check it: it has no network, or lacks what a check needs.
    SelfOffline,
    /// Not checked yet, or not lately.
    #[default]
    Unknown,
    Up,
    Paused,
}

/// By what websites are ordered; figures are those of the first frame. What has no figure comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WebsiteSort {
    Name,
    /// Worst first.
    #[default]
    State,
    Availability,
    ResponseAvg,
    ResponseMax,
    TtfbAvg,
    TtfbMax,
}

/// Which websites.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct WebsitesQuestion {
    /// Frames end at this instant; without it, now.
    #[ts(optional)]
    pub at_us: Option<i64>,
    /// A part of the name or URL, in any case.
    #[ts(optional)]
    pub search: Option<String>,
    #[ts(optional)]
    pub state: Option<WebsiteState>,
    pub sort: WebsiteSort,
    pub descending: bool,
    pub offset: u32,
    /// Rows at most, up to 200.
    pub limit: u32,
}

/// A part of the list, with counts of all of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Websites {
    /// It is this moment's, not that of a past one.
    pub present: bool,
    pub at_us: i64,
    pub total: u32,
    /// How many the question means.
    pub matching: u32,
    pub down: u32,
    pub up: u32,
    pub unknown: u32,
    pub paused: u32,
    pub self_offline: u32,
    /// Since when this machine has no network.
    pub self_offline_since_us: Option<i64>,
    pub frames: Vec<CheckFrame>,
    pub rows: Vec<WebsiteRow>,
    /// When a website counts as down; the first rule about websites' availability.
    pub down_rule: Option<DownRule>,
    /// What is wrong among the websites of `wirereel.json`, in sentences.
    pub problems: Vec<String>,
}

/// The past so and so long, looked at so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckFrame {
    pub past_ms: u64,
    pub every_ms: u64,
    /// Where it ends: its figures are of then.
    pub told_us: i64,
    /// When they are told anew; `None` for a past moment.
    pub next_us: Option<i64>,
}

/// From when on an alert is raised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DownRule {
    /// Availability at or below which a website is down.
    pub percent: f64,
    /// Availability above which it is up again.
    pub recover_percent: f64,
    pub over_ms: u64,
}

/// A website and how it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteRow {
    pub website: String,
    pub url: String,
    pub interval_ms: u64,
    pub state: WebsiteState,
    /// Since when it is in this state, as far as it was seen.
    pub since_us: Option<i64>,
    pub last: Option<CheckRun>,
    /// One for each frame, in their order.
    pub figures: Vec<CheckFigures>,
    /// The alert that is open.
    pub alert_id: Option<String>,
}

/// Figures of a website over a time. What was not measured is missing, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckFigures {
    pub up: u64,
    pub down: u64,
    /// Instants without a check; no part of availability.
    pub overruns: u64,
    /// Instants at which this machine was asleep or without network; no part of availability.
    pub self_offline: u64,
    /// From 0 to 1.
    pub availability: Option<f64>,
    pub response: CheckTimes,
    pub ttfb: CheckTimes,
    /// What came of checks, by how often.
    pub outcomes: Vec<CheckOutcome>,
    /// Means of what was measured; where they are of single results only, for a website that is looked at.
    pub phases: CheckPhases,
    /// Ascending, without holes: one mark for each instant of a short frame, one for each minute of a longer one.
    pub strip: Vec<CheckMark>,
}

/// Times of results that have one, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckTimes {
    pub count: u64,
    pub avg_us: Option<f64>,
    pub max_us: Option<u64>,
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub p99_us: Option<u64>,
}

/// How often something came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckOutcome {
    /// A status such as `200`, `ok` where there is none to be had, or what else was wrong: `timeout`, `refused`, `body_lacks`, …
    pub outcome: String,
    pub count: u64,
    /// It counts as down.
    pub failure: bool,
}

/// Times of phases, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckPhases {
    pub dns_us: Option<f64>,
    pub connect_us: Option<f64>,
    /// The proxy's answer to CONNECT.
    pub proxy_us: Option<f64>,
    pub tls_us: Option<f64>,
    pub write_us: Option<f64>,
    /// From the request's last byte to the answer's first.
    pub ttfb_us: Option<f64>,
    pub transfer_us: Option<f64>,
    /// What no phase explains.
    pub unattributed_us: Option<f64>,
}

/// A mark of an uptime strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckMark {
    pub begin_us: i64,
    pub end_us: i64,
    pub up: u32,
    pub down: u32,
    /// Instants about which nothing is known.
    pub unknown: u32,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckState {
    Up,
    Down,
    /// There was no check: the one before still ran, or this machine was too late.
    #[default]
    Overrun,
    SelfOffline,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckRun {
    pub website: String,
    /// When it was to begin; with the website, what tells it from others.
    pub intended_us: i64,
    pub at_us: i64,
    /// Intended instants that it stands for.
    pub instants: u32,
    pub state: CheckState,
    /// Why it is down or was not made, a sentence without its period.
    pub reason: Option<String>,
    /// The kind of failure, such as `timeout`.
    pub failure: Option<String>,
    pub status: Option<u16>,
    pub phases: CheckPhases,
    /// The phase in which it was stopped, and how long that had gone on.
    pub stopped_in: Option<String>,
    pub stopped_after_us: Option<u64>,
    pub total_us: Option<u64>,
    /// Such as `http/1.1`.
    pub http_version: Option<String>,
    pub remote: Option<String>,
    /// Where the connection came from on this machine.
    pub local: Option<String>,
    pub body_bytes: Option<u64>,
    pub reused_connection: bool,
    /// Such as `TLS 1.3`.
    pub tls_version: Option<String>,
    pub tls_cipher: Option<String>,
    pub certificate: Option<CheckCertificate>,
    /// Every request in order, when there was more than one.
    pub hops: Vec<CheckHop>,
    /// Its connection and exchange in the live recording, when that was captured.
    pub flow_id: Option<u64>,
    pub exchange_id: Option<u64>,
}

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckCertificate {
    pub subject: String,
    pub issuer: String,
    pub not_after_us: Option<i64>,
}

/// One request of a check that was redirected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckHop {
    pub url: String,
    pub status: Option<u16>,
    pub remote: Option<String>,
    pub phases: CheckPhases,
    pub total_us: u64,
}

/// One website, over a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteQuestion {
    pub website: String,
    /// Of what single results tell; without it, the longest frame until `at_us`. At most 31 days.
    #[serde(default)]
    #[ts(optional)]
    pub range: Option<TimeRange>,
    /// Frames end at this instant; without it, now.
    #[serde(default)]
    #[ts(optional)]
    pub at_us: Option<i64>,
    /// Columns of the heat map and points of the curve at most, up to 600.
    pub points: u32,
}

/// One website in depth.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebsiteDetail {
    pub row: WebsiteRow,
    /// As in `wirereel.json`.
    #[ts(type = "Record<string, unknown>")]
    pub config: Value,
    pub range: Option<TimeRange>,
    /// Of the range.
    pub figures: CheckFigures,
    /// Availability over the down rule's frame, as it was at each point.
    pub curve: Vec<AvailabilityPoint>,
    pub heat: CheckHeat,
    /// Days of the past 31 days, ascending, then the weeks and months that roll-ups tell of.
    pub days: Vec<CheckPeriod>,
    pub weeks: Vec<CheckPeriod>,
    pub months: Vec<CheckPeriod>,
}

/// Availability at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AvailabilityPoint {
    pub at_us: i64,
    /// From 0 to 1; `None` where nothing counts.
    pub availability: Option<f64>,
}

/// How often a response took how long, over time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckHeat {
    pub begin_us: i64,
    /// Width of a column.
    pub step_us: i64,
    pub columns: u32,
    /// Upper borders of the bands, ascending, microseconds; the last band has none.
    pub borders_us: Vec<u64>,
    /// Results by column and band, columns one after the other.
    pub counts: Vec<u32>,
    /// Failures by column.
    pub failures: Vec<u32>,
    /// Mean response time of checks that found it up, by column; `None` where none did.
    pub means_us: Vec<Option<f64>>,
}

/// A day (UTC), a week (from Monday) or a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckPeriod {
    pub begin_us: i64,
    pub end_us: i64,
    /// Without phases and strip, of which roll-ups do not tell.
    pub figures: CheckFigures,
}

/// Single checks, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct CheckRunsQuestion {
    /// Of one website; without it, of all.
    #[ts(optional)]
    pub website: Option<String>,
    #[ts(optional)]
    pub range: Option<TimeRange>,
    /// Only what is not up.
    pub failing: bool,
    pub offset: u64,
    /// Rows at most, up to 500.
    pub limit: u32,
}

/// A part of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckRuns {
    pub total: u64,
    pub rows: Vec<CheckRun>,
}
