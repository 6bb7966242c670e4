//! What is wrong with a source: every problem, with its path below the source.

use reqwest::Url;
use serde_json::Value;

use super::{
    config::{Consul, Entry, Find, ProbeSource},
    dns,
    instance::Instance,
    template,
};
use crate::config::Problem;

/// A held question of Consul ends after ten minutes at the latest, by its documentation.
const LONGEST_WAIT_MS: u64 = 600_000;
const SHORTEST_WAIT_MS: u64 = 1_000;

impl ProbeSource {
    /// Reads what is written.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(written: &Value) -> Result<Self, Vec<Problem>> {
        let read: Result<Self, _> = serde_json::from_value(written.clone());
        match read {
            Ok(source) => {
                let problems = source.problems();
                if problems.is_empty() { Ok(source) } else { Err(problems) }
            }
            Err(error) => {
                let allowed = format!("a source of targets ({error})");
                let name = written.get("name").and_then(Value::as_str).unwrap_or("a source without a name");
                Err(vec![Problem::text("", name, allowed)])
            }
        }
    }

    /// Everything that keeps it from being asked as it says.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push(Problem::text("name", &self.name, "a name"));
        }
        template::problems(&self.probe, &mut problems);
        match &self.find {
            Find::Consul(consul) => of_consul(consul, &mut problems),
            Find::Srv(srv) => {
                if dns::name(&srv.name).is_none() {
                    let allowed = "a name with SRV records such as _grpc._tcp.cart.example.org";
                    problems.push(Problem::text("find.srv.name", &srv.name, allowed));
                }
                if let Some(resolver) = srv.resolver.as_deref().filter(|text| dns::server(text).is_none()) {
                    let allowed = "the address of a DNS server such as 9.9.9.9 or 127.0.0.1:8600";
                    problems.push(Problem::text("find.srv.resolver", resolver, allowed));
                }
            }
            Find::File(file) => {
                if file.path.as_os_str().is_empty() {
                    problems.push(Problem::text("find.file.path", "", "the path of a file with a JSON list"));
                }
            }
            Find::Static(entries) => problems.extend(of_entries("find.static", entries)),
        }
        problems
    }
}

/// What is wrong with targets that are written down.
pub(super) fn of_entries(path: &str, entries: &[Entry]) -> Vec<Problem> {
    let wrong = entries.iter().enumerate().filter_map(|(place, entry)| {
        let address = match entry {
            Entry::Address(address) => address,
            Entry::Told(told) => &told.address,
        };
        let is_right = Instance::of_entry(entry).is_some();
        (!is_right).then(|| Problem::text(format!("{path}[{place}]"), address, "a host and a port such as cart:50051"))
    });
    wrong.collect()
}

fn of_consul(consul: &Consul, problems: &mut Vec<Problem>) {
    let url = Url::parse(&consul.address).ok();
    if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none()) {
        let allowed = "the URL of a Consul agent such as http://127.0.0.1:8500";
        problems.push(Problem::text("find.consul.address", &consul.address, allowed));
    }
    if !(SHORTEST_WAIT_MS..=LONGEST_WAIT_MS).contains(&consul.wait.as_millis()) {
        problems.push(Problem::text("find.consul.wait", &consul.wait.to_string(), "a duration from 1s to 10m"));
    }
    if consul.token.is_some() && consul.token_file.is_some() {
        problems.push(Problem::text("find.consul.token", "a token", "possible beside token_file"));
    }
    for (path, names) in [("services", &consul.services), ("tags", &consul.tags)] {
        if names.iter().any(|name| name.trim().is_empty()) {
            problems.push(Problem::text(format!("find.consul.{path}"), "", "a name"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(written: Value) -> Vec<String> {
        ProbeSource::read(&written).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_path() {
        let probe = json!({ "name": "{servce}", "target": "grpc://{address}" });
        let consul = json!({ "address": "consul:8500", "wait": "11m", "token": "a", "token_file": "b", "tags": [""] });
        let said = told(json!({ "name": " ", "find": { "consul": consul }, "probe": probe }));
        let paths: Vec<_> = said.iter().filter_map(|one| one.split(':').next()).collect();
        let expected =
            ["name", "probe.name", "find.consul.address", "find.consul.wait", "find.consul.token", "find.consul.tags"];
        assert_eq!(paths, expected, "{said:#?}");
        let srv = json!({ "name": "", "resolver": "dns" });
        assert_eq!(
            told(json!({ "name": "a", "find": { "srv": srv }, "probe": { "target": "http://{address}/" } })).len(),
            2
        );
        let entries = json!(["cart", { "address": "[::1]:1" }, ":1", "cart:0", "cart:99999", "cart:50051"]);
        let said =
            told(json!({ "name": "a", "find": { "static": entries }, "probe": { "target": "http://{address}/" } }));
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].starts_with("find.static[0]: \"cart\" is not a host and a port"), "{}", said[0]);
        assert_eq!(told(json!({ "name": "a", "find": {}, "probe": {} })).len(), 1);
    }
}
