//! What Consul answers, as far as it is needed (api-docs/catalog, api-docs/health).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::discovery::instance::{Health, Instance};

/// `/v1/catalog/services`: every service with the tags that any of its instances has.
pub(super) type Services = BTreeMap<String, Vec<String>>;

/// A row of `/v1/health/state/any`: one check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct CheckRow {
    /// Empty of a check of the node itself.
    pub(super) service_name: String,
    pub(super) node: String,
    #[serde(rename = "ServiceID")]
    pub(super) service_id: String,
    #[serde(rename = "CheckID")]
    pub(super) check_id: String,
    pub(super) status: String,
}

/// A row of `/v1/health/service/:name`: an instance, its node, and the checks of both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    node: Node,
    service: Service,
    #[serde(deserialize_with = "null_is_none")]
    checks: Vec<CheckRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Node {
    node: String,
    address: String,
    datacenter: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Service {
    service: String,
    #[serde(deserialize_with = "null_is_none")]
    tags: Vec<String>,
    address: String,
    port: u16,
    #[serde(deserialize_with = "null_is_none")]
    meta: BTreeMap<String, String>,
}

/// What is empty in Go may be `null` in JSON.
fn null_is_none<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Row {
    /// As everybody tells of it. A service without an address of its own is at its node's (api-docs/health, Service.Address).
    pub(super) fn instance(&self) -> Instance {
        let Self { node, service, checks } = self;
        let host = if service.address.is_empty() { &node.address } else { &service.address };
        Instance {
            service: service.service.clone(),
            node: node.node.clone(),
            datacenter: node.datacenter.clone(),
            host: host.clone(),
            port: service.port,
            tags: service.tags.clone(),
            meta: service.meta.clone(),
            health: health(checks),
            stale: None,
        }
    }
}

/// The worst of all checks, as Consul aggregates them; maintenance is a critical check with a name of its own.
fn health(checks: &[CheckRow]) -> Health {
    let is_maintenance =
        |check: &CheckRow| check.check_id == "_node_maintenance" || check.check_id.starts_with("_service_maintenance:");
    let of = |check: &CheckRow| match check.status.as_str() {
        _ if is_maintenance(check) => Health::Maintenance,
        "passing" => Health::Passing,
        "warning" => Health::Warning,
        "critical" => Health::Critical,
        _ => Health::Unknown,
    };
    // Who has no check is taken to be well.
    checks.iter().map(of).max().unwrap_or(Health::Passing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_read_with_its_worst_check_and_its_nodes_address() {
        let row = r#"{ "Node": { "Node": "n1", "Address": "10.0.0.1", "Datacenter": "dc1", "Meta": null },
            "Service": { "ID": "cart-1", "Service": "cart", "Tags": null, "Address": "", "Port": 50051, "Meta": null, "Weights": {} },
            "Checks": [{ "CheckID": "serfHealth", "Status": "passing", "ServiceName": "" },
                       { "CheckID": "service:cart-1", "Status": "warning", "ServiceName": "cart" }] }"#;
        let row: Row = serde_json::from_str(row).expect("a row");
        let instance = row.instance();
        assert_eq!((instance.address().as_str(), instance.health), ("10.0.0.1:50051", Health::Warning));
        let check =
            |id: &str, status: &str| CheckRow { check_id: id.into(), status: status.into(), ..CheckRow::default() };
        assert_eq!(health(&[check("_node_maintenance", "critical"), check("a", "critical")]), Health::Maintenance);
        assert_eq!(health(&[check("a", "critical"), check("b", "passing")]), Health::Critical);
        assert_eq!(health(&[]), Health::Passing);
    }
}
