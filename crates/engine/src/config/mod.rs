//! `wirereel.json`: what the user decides about a workspace.
//!
//! A wrong value is reported with its path, what was found and what is allowed; everything else in the file stays in force.

mod alerts;
mod edit;
mod entry_point;
mod frames;
mod name_rule;
mod named;
mod naming;
mod overlay;
mod parsing;
mod probes;
mod read;
mod retention;
mod stamp;
mod storing;
mod websites;
mod whisperer;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirereel_alerts::AlertConfig;
use wirereel_checks::Website;
use wirereel_probes::{Probe, discovery::ProbeSource};

pub(crate) use alerts::read_alerts_again;
pub(crate) use edit::{edit, edit_list, try_edit, written_list};
pub use entry_point::EntryPoint;
pub use frames::CheckFrames;
pub(crate) use frames::read_frames;
pub use name_rule::{NameRule, Network};
pub(crate) use named::{Ready, hash_of, make_ready, read_whole};
pub(crate) use naming::{check_naming, naming_rules, replace_naming};
pub use overlay::Problem;
pub(crate) use overlay::overlay;
pub use parsing::{ParsingConfig, ParsingLimits, ParsingTimes};
pub(crate) use probes::read_sources;
pub use read::{ConfigProblem, read, read_again, read_text};
pub use retention::{Gibibytes, Retention};
pub(crate) use stamp::{Stamp, text_of};
pub use storing::Storing;
pub use whisperer::WhispererEntry;
pub(crate) use whisperer::is_id;
pub use wirereel_span::Span;

/// The file's name inside a workspace.
pub const FILE_NAME: &str = "wirereel.json";

/// Everything `wirereel.json` may say. Every key is optional.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The JSON Schema this file follows; read by editors only.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Where customers arrive. Without any, services called only by unknown addresses are taken (and said to be a guess).
    pub entry_points: Vec<EntryPoint>,
    /// What addresses are called. The first rule that matches wins.
    pub names: Vec<NameRule>,
    /// When connections count as idle and as ended.
    pub flows: FlowTimes,
    /// Whether reverse DNS is asked about addresses without a name that somebody looks at. It tells the resolver which these are.
    pub reverse_dns: bool,
    /// Whether /etc/hosts names addresses.
    pub hosts_file: HostsFile,
    /// What is done about packets that cannot be read.
    pub errors: ErrorTimes,
    /// Addresses whose word on where a request came from is believed: their X-Forwarded-For, Forwarded and X-Real-IP. Counts for captures
    /// imported from then on.
    pub trusted_proxies: TrustedProxies,
    /// Whether credentials, cookies and tokens are kept in rows as they were sent instead of `<hidden>`. Counts for captures imported
    /// from then on.
    pub keep_secrets: bool,
    /// How long and how much of what is captured live is kept.
    pub retention: Retention,
    /// How soon rows of live traffic follow their packets.
    pub storing: Storing,
    /// Capture agents; those of the live recording count.
    pub whisperers: Vec<WhispererEntry>,
    /// Websites, and other things that answer, that are checked.
    pub websites: Vec<Website>,
    /// Probes that are sent through gateways and relays; those of the home folder count.
    pub probes: Vec<Probe>,
    /// Who is asked for more targets of probes: Consul, DNS, files, lists; those of the home folder count.
    pub probe_sources: Vec<ProbeSource>,
    /// Over which times websites' figures are told, and how often anew; those of the home folder count.
    pub check_frames: CheckFrames,
    /// When alerts open, when they are over, and who is told.
    pub alerts: AlertConfig,
}

/// What is done about packets that cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorTimes {
    /// After this long they are tried once more. Those of a finished file are at once.
    pub second_try_after: Span,
}

impl Default for ErrorTimes {
    fn default() -> Self {
        Self { second_try_after: Span::from_secs(600) }
    }
}

/// Networks of proxies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TrustedProxies(pub Vec<Network>);

impl Default for TrustedProxies {
    /// Loopback, private (RFC 1918, RFC 4193) and link-local ranges: addresses that no stranger on the internet can have.
    fn default() -> Self {
        let ranges = [
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "::1",
            "fc00::/7",
            "fe80::/10",
        ];
        Self(ranges.into_iter().filter_map(|range| range.parse().ok()).collect())
    }
}

/// When connections count as idle and as ended, in capture time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlowTimes {
    /// Without packets for this long a connection is no longer counted as active; the next packet resumes it.
    pub idle_after: Span,
    /// Without packets for this long a TCP connection has ended.
    pub tcp_ends_after: Span,
    /// Without packets for this long a UDP or ICMP conversation has ended.
    pub udp_ends_after: Span,
}

impl Default for FlowTimes {
    fn default() -> Self {
        Self {
            idle_after: Span::from_secs(30),
            tcp_ends_after: Span::from_secs(300),
            udp_ends_after: Span::from_secs(60),
        }
    }
}

/// Whether the hosts file of this machine names addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostsFile {
    /// Use its names, except those every machine has (`localhost` and the like).
    #[default]
    Use,
    /// Do not read it.
    Ignore,
}

/// The JSON Schema of the file, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}
