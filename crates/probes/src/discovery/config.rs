//! Sources of probe targets as `wirereel.json` has them.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirereel_span::Span;

use crate::config::Probe;

/// Where probe targets come from, and what probe is made of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeSource {
    /// What it is called, unique among sources.
    pub name: String,
    /// Who is asked.
    pub find: Find,
    /// The probe that is made of each target. In its texts `{service}`, `{node}`, `{address}`, `{host}`, `{port}`, `{tag}`, `{datacenter}` and
    /// `{meta.KEY}` stand for the target's. Its name is `{service} {address}` unless it says another.
    pub probe: Probe,
}

/// Who is asked for targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// A Consul agent or server, by its HTTP API.
    Consul(Consul),
    /// A DNS name's SRV records (RFC 2782).
    Srv(Srv),
    /// A file with a list, read again when it changes.
    File(File),
    /// These.
    Static(Vec<Entry>),
}

/// A Consul catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consul {
    /// The agent's HTTP API, with `http://` or `https://`.
    pub address: String,
    /// An ACL token. Better written into a file of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A file whose text is the ACL token; it is read again whenever Consul refuses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// An admin partition, of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// Without it, the agent's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datacenter: Option<String>,
    /// Services that are probed; without any, all but Consul itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Tags that an instance must have, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How long Consul may hold a question while nothing changes.
    #[schemars(title = "Poll wait")]
    pub wait: Span,
    /// Lets any server answer, not only the leader. It spares the leader; what is told may be some milliseconds old.
    pub allow_stale: bool,
    /// A PEM file with authorities that are trusted besides the system's, with `https://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Default for Consul {
    fn default() -> Self {
        Self {
            address: "http://127.0.0.1:8500".into(),
            token: None,
            token_file: None,
            namespace: None,
            partition: None,
            datacenter: None,
            services: Vec::new(),
            tags: Vec::new(),
            wait: Span::from_secs(300),
            allow_stale: false,
            ca_file: None,
        }
    }
}

/// A name that has SRV records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Srv {
    /// Such as `_grpc._tcp.cart.example.org`.
    pub name: String,
    /// The DNS server's address, with or without a port; without it, the system's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolver: Option<String>,
}

/// A file with a JSON list of targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub path: PathBuf,
}

/// A target that is written down: `"cart:50051"`, or an object that says more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry {
    /// Host and port.
    Address(String),
    Told(Told),
}

/// A target with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Told {
    /// Host and port.
    pub address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub datacenter: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Settings such as `wirereel-interval`, and whatever else the template names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_source_is_read_as_it_is_documented() {
        let probe = json!({ "target": "grpc://{address}" });
        for find in [
            json!({ "consul": { "address": "https://consul.example:8501", "namespace": "shop", "tags": ["grpc"], "wait": "1m" } }),
            json!({ "srv": { "name": "_grpc._tcp.cart.example", "resolver": "127.0.0.1:8600" } }),
            json!({ "file": { "path": "targets.json" } }),
            json!({ "static": ["cart:50051", { "address": "pay:1", "service": "pay", "meta": { "wirereel-interval": "5s" } }] }),
        ] {
            let written = json!({ "name": "a", "find": find, "probe": probe });
            let read: ProbeSource = serde_json::from_value(written.clone()).expect("a source");
            let again: ProbeSource = serde_json::from_value(serde_json::to_value(&read).expect("JSON")).expect("again");
            assert_eq!(read, again);
        }
        for wrong in [json!({ "consul": { "adress": "x" } }), json!({ "zookeeper": {} }), json!({ "srv": {} })] {
            assert!(serde_json::from_value::<Find>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
