//! Figures for whoever collects them from outside, such as Prometheus: one snapshot of everything, made of what is in memory and of one
//! question about a few seconds of traffic. Counters only rise while the workbench runs.
//!
//! | file | what it does |
//! |---|---|
//! | here | the snapshot |
//! | `distribution` | durations, counted once and told in two forms |
//! | `probe` | a probe's counters and its last call |
//! | `website` | a website's counters and its last check |
//! | `traffic` | counters of services and of calls, while something is captured |

mod distribution;
mod probe;
mod traffic;
mod website;

use std::sync::Arc;

use wirereel_query::health::Health;

pub use distribution::{BOUNDS_S, Distribution, SCHEMA};
pub(crate) use probe::{ProbeCounts, hop_meter};
pub(crate) use traffic::Traffic;
pub use traffic::{Golden, TrafficMeter};
pub(crate) use website::Meter;
pub use website::{LastCheck, Results, WebsiteMeter};

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meters {
    /// By name.
    pub websites: Vec<WebsiteMeter>,
    /// By name.
    pub services: Vec<TrafficMeter>,
    /// By names.
    pub calls: Vec<TrafficMeter>,
    /// Services and calls that there was no room to count.
    pub uncounted: u64,
    /// By name.
    pub probes: Vec<ProbeMeter>,
    /// Wirereel itself.
    pub health: Health,
}

/// A synthetic probe.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProbeMeter {
    pub name: Arc<str>,
    pub target: String,
    pub from_region: String,
    pub to_region: String,
    pub to_service: String,
    /// `None` when it is not known now.
    pub is_up: Option<bool>,
    pub results: Results,
    /// Of whole calls.
    pub durations: Distribution,
    /// The last call: what it took, seconds.
    pub last_s: Option<f64>,
    pub grpc_status: Option<u32>,
    pub http_status: Option<u16>,
    /// The call whose hops are told: the last one, or one shortly before of which packets tell more. What it took, seconds.
    pub total_s: Option<f64>,
    /// Of that, what no hop and no link explains.
    pub unattributed_s: Option<f64>,
    /// In the order of the path.
    pub hops: Vec<HopMeter>,
}

/// A hop of a probe's last call; seconds, and missing where it does not say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HopMeter {
    pub position: u32,
    pub hop: String,
    pub region: String,
    /// `reported`, `observed` or `opaque`.
    pub reported: &'static str,
    pub own_s: Option<f64>,
    pub link_s: Option<f64>,
    pub queue_s: Option<f64>,
    pub backend_s: Option<f64>,
}
