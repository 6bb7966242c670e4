//! Reading a probe so that a wrong value costs only itself.

use serde_json::Value;
use wirereel_settings::{read, tell_also};

use super::{Probe, Problem};

impl Probe {
    /// Reads what is written and says everything that is wrong with it. What is right holds, and the rest is as by default; a probe with
    /// problems is for showing and mending, not for probing.
    ///
    /// ```
    /// let written = serde_json::json!({ "name": "till", "target": "grpc://localhost:7443", "interval": "5x", "timeout": "2s" });
    /// let (probe, problems) = wirereel_probes::Probe::read(&written);
    /// assert_eq!(problems[0].to_string(), "interval: \"5x\" is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)");
    /// assert_eq!(probe.timeout.as_millis(), 2_000);
    /// ```
    pub fn read(written: &Value) -> (Self, Vec<Problem>) {
        let (probe, mut problems): (Self, _) = match read(written, "an object with a target") {
            Ok(read) => read,
            Err(problem) => return (Self::default(), vec![problem]),
        };
        let required = [("name", "a name"), ("target", "a target such as grpc://relay.local:7443")];
        for (path, allowed) in required.into_iter().filter(|(path, _)| written.get(path).is_none()) {
            problems.push(Problem::new(path, "nothing", allowed));
        }
        tell_also(&mut problems, probe.problems());
        (probe, problems)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Mode, Span};

    fn told(written: &Value) -> (Probe, Vec<String>) {
        let (probe, problems) = Probe::read(written);
        (probe, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_problem_is_told_and_costs_only_itself() {
        let (probe, told) = told(&json!({
            "name": "till", "target": "grcp://till", "interval": "5x", "timeout": "6m", "from": "eu", "mode": "grey", "colour": 1,
            "to": { "region": "us", "service": 7, "zone": "a" },
            "call": { "method": "List", "http_method": "get", "status": [200] },
            "path": [{ "hop": "" }, { "hop": "a", "address": "relay.local" }, { "hop": "a" }],
            "metadata": { "wirereel-hop": "x", "bad name": "x", "x-count": 3, "grpc-timeout": "1S", "x-line": "a\nb" },
            "tls": { "server_name": "a b", "certificate_file": "c.pem" },
            "paused": true
        }));
        assert_eq!((probe.name.as_str(), probe.paused, probe.mode), ("till", true, Mode::WhiteBox));
        assert_eq!((probe.to.region.as_str(), probe.interval), ("us", Span::from_secs(10)));
        let starts = [
            "interval: \"5x\" is not a duration such as",
            "mode: \"grey\" is not black_box or white_box",
            "colour: an unknown setting is not one of name, target",
            "to.service: 7 is not a text",
            "to.zone: an unknown setting is not one of region or service",
            "call.http_method: \"get\" is not one of GET",
            "call.status: [200] is not a list of two",
            "metadata.x-count: 3 is not a text",
            "target: \"grcp://till\" is not a target such as",
            "timeout: \"6m\" is not a duration from 10ms to 5m",
            "path[0].hop: \"\" is not a name",
            "path[1].address: \"relay.local\" is not an address",
            "path[2].hop: \"a\" is not a name that no other",
            "metadata.wirereel-hop: \"wirereel-hop\" is not a name that can be set",
            "metadata.grpc-timeout: \"grpc-timeout\" is not a name that can be set",
            "metadata.bad name: \"bad name\" is not a header's name",
            "metadata.x-line: \"a\\nb\" is not a header's value",
            "tls.server_name: \"a b\" is not a host's name",
            "tls.key_file: nothing is not a PEM file",
        ];
        for start in starts {
            assert!(told.iter().any(|said| said.starts_with(start)), "{start}\n{told:#?}");
        }
        assert_eq!(told.len(), starts.len(), "{told:#?}");
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let with = |more: Value| {
            let mut written = json!({ "name": "a", "target": "grpc://{address}" });
            for (key, value) in more.as_object().expect("an object") {
                written[key] = value.clone();
            }
            told(&written).1.join("\n")
        };
        assert_eq!(
            with(json!({ "call": { "method": "a.B/C", "request": { "x": [1] } }, "metadata": { "a-bin": "AAE" } })),
            ""
        );
        assert_eq!(with(json!({ "call": { "request": { "service": "a.B" } } })), "");
        assert!(
            with(json!({ "call": { "request": { "name": "a" } } }))
                .starts_with("call.request: {\"name\":\"a\"} is not")
        );
        assert!(with(json!({ "call": { "method": "C" } })).starts_with("call.method: \"C\" is not a gRPC method"));
        assert!(
            with(json!({ "call": { "body": "x" } })).starts_with("call.body: a setting is not possible but for http")
        );
        assert!(with(json!({ "metadata": { "a-bin": "é" } })).starts_with("metadata.a-bin: \"é\" is not"));
        assert!(with(json!({ "metadata": { "a-bin": "%" } })).starts_with("metadata.a-bin: \"%\" is not Base64"));
        assert!(
            with(json!({ "tls": { "server_name": "a" } })).starts_with("tls: a setting is not possible but with grpcs")
        );
        let http = "http://a/";
        assert_eq!(
            with(json!({ "target": http, "call": { "http_method": "POST", "body": "x", "status": [200, 404] } })),
            ""
        );
        assert!(
            with(json!({ "target": http, "call": { "method": "a/B" } })).starts_with("call.method: a setting is not")
        );
        assert!(
            with(json!({ "target": http, "call": { "status": [300, 200] } }))
                .starts_with("call.status: [300, 200] is not")
        );
        assert!(
            with(json!({ "target": http, "call": { "http_method": "HEAD", "body": "" } })).starts_with("call.body: ")
        );
        assert!(
            with(json!({ "path": [{ "hop": "a", "colour": 1 }] })).contains("an unknown setting is not one of hop")
        );
    }

    #[test]
    fn a_probe_needs_a_name_and_a_target() {
        assert_eq!(told(&json!([1])).1, ["[1] is not an object with a target"]);
        let told = told(&json!({})).1;
        assert_eq!(
            told,
            ["name: nothing is not a name", "target: nothing is not a target such as grpc://relay.local:7443"]
        );
    }

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let written = json!({
            "name": "eu to us", "target": "grpcs://mediary.eu:7443", "from": "eu", "to": { "region": "us", "service": "catalog" },
            "mode": "white_box", "call": { "method": "shop.Catalog/List", "request": { "page": 1 } },
            "path": [{ "hop": "Mediary A", "region": "eu" }, { "hop": "nginx", "address": "10.0.0.7:443" }, { "hop": "catalog" }],
            "interval": "10s", "timeout": "2s", "metadata": { "authorization": "Bearer x" }, "key_file": "probe.key",
            "tls": { "ca_file": "ca.pem", "certificate_file": "c.pem", "key_file": "k.pem" }
        });
        let (probe, told) = told(&written);
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(serde_json::to_value(&probe).expect("written"), written);
        assert_eq!(Probe::read(&serde_json::to_value(&probe).expect("written")).0, probe);
    }
}
