//! A probe in `wirereel.json`: what is called, by which way, and what counts as success.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirereel_span::Span;

/// One probe. The target must be given, and a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// What it is called, unique among probes.
    pub name: String,
    /// Where the call goes first: `grpc://`, `grpcs://`, `http://` or `https://` with host and port; HTTP also with a path. Of a target
    /// that a source finds, `{address}` stands for its host and port.
    pub target: String,
    /// The region that is probed from; a label.
    #[schemars(title = "From region")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Where relays and gateways are to take it.
    #[serde(skip_serializing_if = "is_default")]
    pub to: To,
    /// Whether hops are asked for their part.
    #[schemars(title = "Mode")]
    pub mode: Mode,
    /// What is called; without it, a gRPC target's health (grpc.health.v1) and `GET` of an HTTP target.
    #[serde(skip_serializing_if = "is_default")]
    pub call: Call,
    /// The hops that are expected in order, the last being the service. Those that say nothing of themselves are shown as not split.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<HopConfig>,
    /// How often.
    #[schemars(title = "Interval")]
    pub interval: Span,
    /// How long the call may take, connecting included.
    #[schemars(title = "Timeout")]
    pub timeout: Span,
    /// Whether it rests.
    #[serde(skip_serializing_if = "is_false")]
    pub paused: bool,
    /// Metadata or headers that are sent besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// A file whose text is the key that requests are signed and hops' records are checked with (HMAC-SHA-256). Without it, records are
    /// taken unsigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// How TLS is spoken, with `grpcs` and `https`.
    #[serde(skip_serializing_if = "is_default")]
    pub tls: Tls,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            name: String::new(),
            target: String::new(),
            from: String::new(),
            to: To::default(),
            mode: Mode::default(),
            call: Call::default(),
            path: Vec::new(),
            interval: Span::from_secs(10),
            timeout: Span::from_secs(5),
            paused: false,
            metadata: BTreeMap::new(),
            key_file: None,
            tls: Tls::default(),
        }
    }
}

/// Whether hops are asked for their part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only the total and success are measured.
    BlackBox,
    /// Every hop that can says how long it held the call.
    #[default]
    WhiteBox,
}

/// Where relays and gateways take a probe: to a service of a region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct To {
    pub region: String,
    pub service: String,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Call {
    /// A unary gRPC method such as `shop.Catalog/List`; its shape is asked of the service by reflection.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// The request as JSON; without it, an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// For HTTP, the request's method.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(title = "HTTP method", extend("default" = "GET"))]
    pub http_method: HttpMethod,
    /// For HTTP, the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// For HTTP, statuses that are success, from and to; without it, 200 to 299.
    #[schemars(title = "Success statuses")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<(u16, u16)>,
}

/// An HTTP request's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    #[default]
    Get,
    Head,
    Post,
    Put,
}

/// A hop that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HopConfig {
    /// What the hop calls itself, or is called here.
    pub hop: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Its address, or address and port: where packets are captured there, they tell how long it held a probe of which it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with authorities that are trusted besides the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the certificate that is shown to the server, and one with its key (mTLS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The name that the server's certificate must have, when it is not the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
