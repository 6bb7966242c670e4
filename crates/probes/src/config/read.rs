//! Reading what is written so that a wrong value costs only itself.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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
        let (probe, mut problems): (Self, _) = match read(written) {
            Ok(read) => read,
            Err(problem) => return (Self::default(), vec![problem]),
        };
        let required = [("name", "a name"), ("target", "a target such as grpc://relay.local:7443")];
        for (path, allowed) in required.into_iter().filter(|(path, _)| written.get(path).is_none()) {
            problems.push(Problem::new(path, "nothing", allowed));
        }
        for problem in probe.problems() {
            // What could not even be read was told with its own words.
            if !problems.iter().any(|known| known.path == problem.path) {
                problems.push(problem);
            }
        }
        (probe, problems)
    }
}

/// Reads an object whose keys each stand for themselves: what a default and any one of them make is what it reads.
///
/// # Errors
/// When it is no object.
pub(crate) fn read<T: DeserializeOwned + Default>(written: &Value) -> Result<(T, Vec<Problem>), Problem> {
    let Value::Object(entries) = written else {
        return Err(Problem::new("", &written.to_string(), "an object with settings"));
    };
    let mut reading = Reading::<T> { right: Map::new(), problems: Vec::new(), reads: PhantomData };
    reading.entries(&mut Vec::new(), entries);
    let read = serde_json::from_value(Value::Object(reading.right)).unwrap_or_default();
    Ok((read, reading.problems))
}

struct Reading<T> {
    right: Map<String, Value>,
    problems: Vec<Problem>,
    reads: PhantomData<T>,
}

impl<T: DeserializeOwned> Reading<T> {
    fn entries(&mut self, above: &mut Vec<String>, entries: &Map<String, Value>) {
        for (key, value) in entries {
            above.push(key.clone());
            match value {
                Value::Object(inner) if above.len() == 1 && !inner.is_empty() => self.entries(above, inner),
                _ => self.leaf(above, value),
            }
            above.pop();
        }
    }

    /// Takes a value if one that has nothing else could be read.
    fn leaf(&mut self, keys: &[String], value: &Value) {
        let alone = keys.iter().rev().fold(value.clone(), |inner, key| {
            let mut around = Map::new();
            around.insert(key.clone(), inner);
            Value::Object(around)
        });
        let read: Result<T, _> = serde_path_to_error::deserialize(&alone);
        match read {
            Ok(_) => insert(&mut self.right, keys, value),
            Err(error) => {
                let path = error.path().to_string();
                let found = at_path(&alone, &path).unwrap_or(value).to_string();
                self.problems.push(said(&path, &found, keys, &error.into_inner().to_string()));
            }
        }
    }
}

fn insert(into: &mut Map<String, Value>, keys: &[String], value: &Value) {
    match keys {
        [] => {}
        [key] => drop(into.insert(key.clone(), value.clone())),
        [key, rest @ ..] => {
            let inner = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The value at a path such as `path[1].hop`.
fn at_path<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(whole, |value, part| {
        let mut words = part.split('[');
        let value = value.get(words.next()?)?;
        words.try_fold(value, |value, index| value.get(index.trim_end_matches(']').parse::<usize>().ok()?))
    })
}

/// What serde says, in words for the user.
fn said(path: &str, found: &str, keys: &[String], message: &str) -> Problem {
    if let Some((_, expected)) = message.split_once("unknown field ") {
        let known = expected.split_once("expected ").map_or(expected, |(_, known)| known);
        let known = known.trim_start_matches("one of ").replace('`', "");
        // Inside a list, serde names the place of the setting and not that of the list.
        let at = if path.contains('[') { path.to_owned() } else { keys.join(".") };
        return Problem::new(at, "an unknown setting", format!("one of {known}"));
    }
    let allowed = match (message.split_once(" is not "), message.split_once("expected ")) {
        (Some((_, allowed)), _) | (None, Some((_, allowed))) => allowed,
        (None, None) => message,
    };
    let allowed = match allowed {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number, not negative".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a tuple of size 2" => "a list of two".into(),
        "a string" | "path string" | "a borrowed string" => "a text".into(),
        "a map" => "an object".into(),
        other if other.starts_with("struct ") => "an object".into(),
        other => other.replace('`', ""),
    };
    Problem::new(path, found, allowed)
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
        assert_eq!(told(&json!([1])).1, ["[1] is not an object with settings"]);
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
