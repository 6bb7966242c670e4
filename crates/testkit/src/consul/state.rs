//! What is registered, with the indexes under which it was written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Acl, Asked, Instance, Outage, Status};

/// What a question is answered.
pub(super) struct Answer {
    pub(super) index: u64,
    pub(super) body: Value,
    /// Something was left out that the token may not see.
    pub(super) is_filtered: bool,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    /// Of `/v1/health/service/:name`.
    pub(super) service: Option<String>,
    /// Of `/v1/health/state/:state`.
    pub(super) state: Option<String>,
    pub(super) namespace: String,
    pub(super) tags: Vec<String>,
    pub(super) passing: bool,
    pub(super) token: Option<String>,
}

#[derive(Default)]
pub(super) struct State {
    /// Of the last write, as Raft counts them.
    index: u64,
    /// "Indexes are of the requested resource": the services' table, the checks' table, and one of each service.
    services_index: u64,
    checks_index: u64,
    of_service: BTreeMap<String, u64>,
    instances: BTreeMap<(String, String), Instance>,
    pub(super) is_index_zero: bool,
    pub(super) outage: Option<Outage>,
    pub(super) acl: Option<Acl>,
    pub(super) asked: Asked,
    pub(super) connections: u64,
    pub(super) restored: u64,
}

impl State {
    pub(super) fn register(&mut self, instance: Instance) {
        self.index += 1;
        self.services_index = self.index;
        if instance.check.is_some() {
            self.checks_index = self.index;
        }
        self.of_service.insert(instance.service.clone(), self.index);
        self.instances.insert((instance.service.clone(), instance.id.clone()), instance);
    }

    pub(super) fn deregister(&mut self, service: &str, id: &str) {
        let Some(gone) = self.instances.remove(&(service.to_owned(), id.to_owned())) else { return };
        self.index += 1;
        self.services_index = self.index;
        if gone.check.is_some() {
            self.checks_index = self.index;
        }
        self.of_service.insert(service.to_owned(), self.index);
    }

    pub(super) fn set_check(&mut self, service: &str, id: &str, status: Status) {
        let Some(instance) = self.instances.get_mut(&(service.to_owned(), id.to_owned())) else { return };
        instance.check = Some(status);
        // A check's status does not move the catalog's index.
        self.index += 1;
        self.checks_index = self.index;
        self.of_service.insert(service.to_owned(), self.index);
    }

    pub(super) fn touch_all(&mut self) {
        self.index += 1;
        self.set_all(self.index);
    }

    pub(super) fn restore(&mut self, index: u64) {
        self.index = index;
        self.restored += 1;
        self.set_all(index);
    }

    fn set_all(&mut self, index: u64) {
        (self.services_index, self.checks_index) = (index, index);
        self.of_service.values_mut().for_each(|of| *of = index);
    }

    /// Whether a token is known; who shows none is anonymous.
    pub(super) fn knows(&self, token: Option<&str>) -> bool {
        match (&self.acl, token) {
            (Some(acl), Some(token)) => acl.tokens.contains_key(token),
            _ => true,
        }
    }

    pub(super) fn answer(&self, question: &Question) -> Answer {
        let in_namespace = self.instances.values().filter(|instance| instance.namespace == question.namespace);
        let (seen, hidden): (Vec<_>, Vec<_>) =
            in_namespace.partition(|instance| self.sees(question, &instance.service));
        let (index, body): (u64, Value) = if let Some(name) = &question.service {
            let of = seen.iter().filter(|instance| instance.service == *name && fits(instance, question));
            let index = self.of_service.get(name).copied().unwrap_or(self.services_index);
            (index, of.map(|instance| row(instance)).collect())
        } else if let Some(state) = &question.state {
            let checks = seen.iter().flat_map(|instance| checks(instance));
            let of = checks.filter(|check| state == "any" || check["Status"] == state.as_str());
            (self.checks_index, of.collect())
        } else {
            let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for instance in &seen {
                let tags = services.entry(&instance.service).or_default();
                tags.extend(instance.tags.iter().map(String::as_str));
                tags.sort_unstable();
                tags.dedup();
            }
            (self.services_index, json!(services))
        };
        let is_about = |instance: &&Instance| question.service.as_ref().is_none_or(|name| instance.service == *name);
        let is_filtered = hidden.iter().any(is_about);
        let index = if self.is_index_zero { 0 } else { index };
        Answer { index, body, is_filtered }
    }

    /// "Results are filtered by ACLs" (api-docs/api-structure).
    fn sees(&self, question: &Question, service: &str) -> bool {
        let Some(acl) = &self.acl else { return true };
        let rights = question.token.as_ref().and_then(|token| acl.tokens.get(token));
        rights.is_some_and(|rights| rights.as_ref().is_none_or(|names| names.iter().any(|name| name == service)))
    }
}

/// "tag: specifies the tag to filter the list; can be used multiple times", "passing: only nodes with all checks passing" (api-docs/health).
fn fits(instance: &Instance, question: &Question) -> bool {
    let has = |tag: &String| instance.tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
    question.tags.iter().all(has) && (!question.passing || matches!(instance.check, None | Some(Status::Passing)))
}

fn checks(instance: &Instance) -> Vec<Value> {
    let check = |id: String, status: &str, service: &str, service_id: &str| {
        json!({ "Node": instance.node, "CheckID": id, "Name": id, "Status": status, "Notes": "", "Output": "",
            "ServiceID": service_id, "ServiceName": service, "ServiceTags": instance.tags, "Namespace": instance.namespace })
    };
    let own = instance.check.map(|status| {
        let status = match status {
            Status::Passing => "passing",
            Status::Warning => "warning",
            Status::Critical => "critical",
        };
        check(format!("service:{}", instance.id), status, &instance.service, &instance.id)
    });
    // Every node has a check of its own.
    [check("serfHealth".into(), "passing", "", "")].into_iter().chain(own).collect()
}

fn row(instance: &Instance) -> Value {
    json!({
        "Node": { "ID": "", "Node": instance.node, "Address": instance.node_address, "Datacenter": super::serving::DATACENTER,
            "TaggedAddresses": null, "Meta": null },
        "Service": { "ID": instance.id, "Service": instance.service, "Tags": instance.tags, "Address": instance.address,
            "Meta": if instance.meta.is_empty() { Value::Null } else { json!(instance.meta) }, "Port": instance.port,
            "Weights": { "Passing": 1, "Warning": 1 }, "Namespace": instance.namespace },
        "Checks": checks(instance),
    })
}
