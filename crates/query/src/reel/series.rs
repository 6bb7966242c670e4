//! A metric of several services over time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{answer::Gap, question::TimeRange};

/// What is drawn over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Metric {
    /// Requests per second that the service was asked (customers: none).
    RequestsIn,
    /// Requests per second that it sent.
    RequestsOut,
    /// (5xx + failed) / requests it was asked (customers: that they sent), 0 to 1.
    FailureRate,
    /// Percentiles of the durations of what it was asked (customers: of what they sent), microseconds.
    P50,
    P95,
    P99,
    /// Connections to it (customers: from them) open at the end of the bucket.
    ActiveConnections,
    /// Payload per second in both directions on edges to it (customers: from them).
    Bytes,
}

/// Up to eight services on one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SeriesQuestion {
    pub range: TimeRange,
    /// Points wanted, 1 to 4,000; the answer has fewer where roll-ups are wider.
    pub points: u32,
    pub metric: Metric,
    /// 1 to 8 names of nodes.
    pub services: Vec<String>,
    /// Counts for requests, failures, latency and bytes of exchanges; connections match nothing and stay.
    #[serde(default)]
    pub filter: String,
}

/// What stands out in a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RemarkKind {
    /// The highest bucket, when it stands out.
    Peak,
    /// Nothing was answered while there was traffic before and after, or it was still called.
    Silence,
}

/// A remark on a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Remark {
    pub kind: RemarkKind,
    /// A peak's bucket; a silence from the last answer before it to the first one after it.
    pub range: TimeRange,
    /// A peak's value.
    pub value: Option<f64>,
}

/// One service's points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServiceSeries {
    pub service: String,
    /// A value per bucket, oldest first. `None` where nothing was recorded, or where there is nothing to take it from (a percentile
    /// or a share of no requests).
    pub values: Vec<Option<f64>>,
    /// Over the whole range: of rates the mean over recorded time, of percentiles that of the merged histogram.
    pub mean: Option<f64>,
    pub remarks: Vec<Remark>,
}

/// Series on one time axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Series {
    /// The asked range, widened to whole buckets.
    pub range: TimeRange,
    pub bucket_us: i64,
    pub metric: Metric,
    /// In the order of the question.
    pub series: Vec<ServiceSeries>,
    pub gaps: Vec<Gap>,
}
