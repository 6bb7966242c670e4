//! Who comes in from outside: customers by network, address or identity, addresses that nobody could name, and what the user calls them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    checks::CheckProblem,
    question::{Scope, TimeRange},
};

/// What makes customers one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CustomerGrouping {
    /// The network: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one.
    #[default]
    Network,
    Address,
    /// Who they said they are: login of Basic authentication or `sub` of a JWT. Customers who said nothing are one row.
    Identity,
}

/// What customers, and rows of them, are sorted by; equals by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CustomerSort {
    Name,
    Addresses,
    Connections,
    #[default]
    Requests,
    Errors,
    Bytes,
    FirstSeen,
    LastSeen,
}

/// A page of customers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CustomersQuestion {
    pub scope: Scope,
    pub by: CustomerGrouping,
    /// Only those of this network, in CIDR notation.
    #[serde(default)]
    #[ts(optional)]
    pub network: Option<String>,
    /// A part of the row's name, in any case.
    #[serde(default)]
    #[ts(optional)]
    pub search: Option<String>,
    pub sort: CustomerSort,
    pub descending: bool,
    pub offset: u64,
    /// At most 500.
    pub limit: u32,
    /// Points over time wanted, at most 600; 0 for none.
    pub points: u32,
}

/// Customers of a range: totals, a curve, and a page of rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Customers {
    /// The range that was counted; `None` without any traffic.
    pub range: Option<TimeRange>,
    /// Distinct addresses, whatever the search.
    pub addresses: u64,
    /// Of these, addresses whose first connection of the whole recording is in the range.
    pub new_addresses: u64,
    pub networks: u64,
    pub identities: u64,
    pub requests: u64,
    /// Rows that match the search.
    pub total: u64,
    pub rows: Vec<CustomerRow>,
    pub point_us: f64,
    pub points: Vec<CustomersPoint>,
    /// Services at which they arrive, sorted.
    pub entry_points: Vec<String>,
    /// No entry point is configured; these were inferred.
    pub entry_points_guessed: bool,
}

/// Customers that belong together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CustomerRow {
    /// Network in CIDR notation, address, or identity; empty for those who said nothing.
    pub name: String,
    /// `basic` or `jwt`, of an identity.
    pub identity_kind: Option<String>,
    /// Distinct addresses; origins behind proxies are not among them.
    pub addresses: u64,
    pub new_addresses: u64,
    pub connections: u64,
    pub requests: u64,
    /// Answered with 5xx, or failed.
    pub errors: u64,
    /// Payload in both directions.
    pub bytes: u64,
    /// Of the whole recording.
    pub first_seen_us: i64,
    pub last_seen_us: i64,
    /// A filter that selects its exchanges.
    pub filter: String,
}

/// Customers of a bucket of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CustomersPoint {
    /// Distinct addresses with a connection in it.
    pub addresses: u64,
    /// Of these, addresses seen for the first time in the recording.
    pub new_addresses: u64,
    pub requests: u64,
}

/// What unresolved addresses are sorted by; equals by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum UnresolvedSort {
    Address,
    #[default]
    Flows,
    Requests,
    Bytes,
    FirstSeen,
    LastSeen,
    Hint,
}

/// A page of addresses that nobody could name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnresolvedQuestion {
    pub scope: Scope,
    /// A part of the address, of its hint or of who it talks to, in any case.
    #[serde(default)]
    #[ts(optional)]
    pub search: Option<String>,
    pub sort: UnresolvedSort,
    pub descending: bool,
    pub offset: u64,
    /// At most 500.
    pub limit: u32,
}

/// Addresses that nobody could name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnresolvedPage {
    /// Of the scope.
    pub total: u64,
    /// Of these, those that match the search.
    pub matching: u64,
    pub rows: Vec<UnresolvedRow>,
}

/// An address nobody could name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnresolvedRow {
    pub ip: String,
    pub port: Option<u16>,
    pub first_seen_us: i64,
    pub last_seen_us: i64,
    pub flows: u64,
    pub requests: u64,
    pub bytes: u64,
    /// Services it talks to, or that talk to it; at most 20.
    pub talks_to: Vec<String>,
    /// How many there are in all.
    pub talks_to_total: u64,
    /// What it looks like: `DNS`, `PostgreSQL`, `cloud metadata`, `multicast`, `private address`, ...
    pub hint: String,
    /// What its reverse DNS says, where that may be asked and has been answered.
    pub reverse_dns: Option<String>,
}

/// A name that the user gave: what matches every key that is given is called so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct ServiceName {
    pub name: String,
    /// Address, or network in CIDR notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hostname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub process: Option<String>,
}

/// Where customers arrive: what matches every key that is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct EntryPointRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub hostname: Option<String>,
}

/// The user's part of naming, as `wirereel.json` of the recording holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NamingRules {
    /// The first that matches wins.
    pub names: Vec<ServiceName>,
    pub entry_points: Vec<EntryPointRule>,
    /// Whether reverse DNS is asked about unresolved addresses; it tells the resolver which addresses were seen.
    pub reverse_dns: bool,
}

/// Rules in force, and what came of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NamingState {
    pub rules: NamingRules,
    /// Services at which customers arrive, sorted.
    pub entry_points: Vec<String>,
    pub entry_points_guessed: bool,
    /// Services of the recording, sorted, for completion.
    pub services: Vec<String>,
    /// What is wrong with naming in `wirereel.json`, in sentences.
    pub problems: Vec<String>,
    /// Names and figures have not followed these rules yet, and are as they were before; in a large recording that takes seconds.
    pub following: bool,
}

/// Other rules, not saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NamingDraft {
    pub rules: NamingRules,
}

/// What rules would do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NamingChecked {
    /// Each with its path, such as `names[2].address`.
    pub problems: Vec<CheckProblem>,
    /// By rule of `names`: how many addresses of the recording it names, being the first that matches.
    pub addresses: Vec<u64>,
    /// Services at which customers would arrive, sorted.
    pub entry_points: Vec<String>,
}

/// Rules to take the place of others. Undoing it is the same, the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NamingSave {
    /// What the writer believes to be in force. Something else refuses the change: nobody's edit is lost.
    pub before: NamingRules,
    pub after: NamingRules,
}
