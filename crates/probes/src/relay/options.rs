//! A relay's configuration.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirereel_span::Span;

use crate::{
    Role,
    config::Tls,
    net::{Address, ListenTls},
};

/// One relay or gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelayOptions {
    /// What it calls itself.
    pub name: String,
    /// The region that it is in: its services are the routes' `services`.
    pub region: String,
    /// What it says it is.
    pub role: RelayRole,
    /// The address and port that it listens on.
    pub listen: String,
    /// How TLS is spoken with callers; without it, it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen_tls: Option<ListenTls>,
    /// Where requests go.
    pub routes: Routes,
    /// How TLS is spoken with those behind it, where an address says `grpcs`.
    #[serde(skip_serializing_if = "is_default")]
    pub tls: Tls,
    /// A file whose text is the key that probes are signed with. With it, only they get records, which it signs; without it, every probe does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Connections to each address at most; each carries as many calls as its peer lets it.
    #[schemars(range(min = 1, max = 256))]
    pub pool: usize,
    /// Probes that it remembers.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub ring: usize,
    /// Time that it wastes, for demonstrations and tests.
    #[serde(skip_serializing_if = "is_default")]
    pub delays: Delays,
    /// Forwards, and says nothing of itself.
    #[serde(skip_serializing_if = "is_default")]
    pub silent: bool,
    /// Its wall clock is wrong by so many milliseconds, for tests.
    #[serde(skip_serializing_if = "is_default")]
    pub wall_clock_offset_ms: i64,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            name: "relay".into(),
            region: String::new(),
            role: RelayRole::Relay,
            listen: "127.0.0.1:50052".into(),
            listen_tls: None,
            routes: Routes::default(),
            tls: Tls::default(),
            key_file: None,
            pool: 4,
            ring: 4_096,
            delays: Delays::default(),
            silent: false,
            wall_clock_offset_ms: 0,
        }
    }
}

/// What a relay says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelayRole {
    #[default]
    Relay,
    /// The last hop before services.
    Gateway,
}

impl From<RelayRole> for Role {
    fn from(role: RelayRole) -> Self {
        match role {
            RelayRole::Relay => Self::Relay,
            RelayRole::Gateway => Self::Gateway,
        }
    }
}

/// Where requests go. What a request says decides, in this order: its region and service; the host that it is for; its method.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Routes {
    /// Services of the relay's own region, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Address>,
    /// The next relay towards another region, by the region's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, Address>,
    /// Hosts, with or without a port: a request's `:authority`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub authorities: BTreeMap<String, Address>,
    /// What a method's path begins with, such as `/shop.Catalog/`; the longest that fits.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, Address>,
    /// Where everything else goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Address>,
}

/// Time that a relay wastes. A call's end is delayed on the way back, not its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// Before a request is sent on: the relay's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Span>,
    /// Before an answer is passed on: the relay's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Span>,
    /// Before a request is looked at: looks like time of the link before the relay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_request: Option<Span>,
    /// After an answer was recorded: looks like time of the same link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_response: Option<Span>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
