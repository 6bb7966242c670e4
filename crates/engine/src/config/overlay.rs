//! Set values over what holds without them, key by key: a wrong value costs only itself.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Such as `flows.idle_after`.
    pub path: String,
    pub found: String,
    pub allowed: String,
    /// In a capture filter, the character from which on it cannot be read.
    pub at: Option<usize>,
}

/// Longest text of a wrong value that is told.
const FOUND_CHARS: usize = 80;

/// `base` with the values of `set`, and which of these are not allowed.
pub(crate) fn overlay<T: Serialize + DeserializeOwned + Clone>(base: &T, set: &Value) -> (T, Vec<Problem>) {
    let mut over =
        Overlay { whole: serde_json::to_value(base).unwrap_or_default(), read: base.clone(), problems: Vec::new() };
    match set {
        Value::Object(entries) => over.each(&mut Vec::new(), entries),
        Value::Null => {}
        other => over.problem("", other, "an object".into()),
    }
    (over.read, over.problems)
}

struct Overlay<T> {
    whole: Value,
    read: T,
    problems: Vec<Problem>,
}

impl<T: DeserializeOwned> Overlay<T> {
    fn each(&mut self, keys: &mut Vec<String>, entries: &Map<String, Value>) {
        for (key, value) in entries {
            keys.push(key.clone());
            match (self.at(keys).cloned(), value) {
                (None, _) => {
                    keys.pop();
                    let known =
                        self.at(keys).and_then(Value::as_object).map(|known| known.keys().cloned().collect::<Vec<_>>());
                    let allowed = format!("one of the settings {}", known.unwrap_or_default().join(", "));
                    keys.push(key.clone());
                    let path = keys.join(".");
                    self.problems.push(Problem { path, found: "an unknown setting".into(), allowed, at: None });
                }
                (Some(Value::Object(_)), Value::Object(inner)) => self.each(keys, inner),
                (Some(before), _) => self.set(keys, before, value),
            }
            keys.pop();
        }
    }

    fn set(&mut self, keys: &[String], before: Value, value: &Value) {
        if let Some(place) = self.at_mut(keys) {
            *place = value.clone();
        }
        let read: Result<T, _> = serde_path_to_error::deserialize(&self.whole);
        match read {
            Ok(read) => self.read = read,
            Err(error) => {
                let path = error.path().to_string();
                let found = at_path(&self.whole, &path).unwrap_or(value).clone();
                self.problem(&path, &found, allowed(&error.into_inner().to_string()));
                if let Some(place) = self.at_mut(keys) {
                    *place = before;
                }
            }
        }
    }

    fn at(&self, keys: &[String]) -> Option<&Value> {
        keys.iter().try_fold(&self.whole, |value, key| value.get(key))
    }

    fn at_mut(&mut self, keys: &[String]) -> Option<&mut Value> {
        keys.iter().try_fold(&mut self.whole, |value, key| value.get_mut(key))
    }

    fn problem(&mut self, path: &str, found: &Value, allowed: String) {
        let text = found.to_string();
        let found = match text.char_indices().nth(FOUND_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        self.problems.push(Problem { path: path.to_owned(), found, allowed, at: None });
    }
}

/// The value at a path such as `leave_out.ports[1]`.
fn at_path<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(whole, |value, part| {
        let mut words = part.split('[');
        let value = value.get(words.next()?)?;
        words.try_fold(value, |value, index| value.get(index.trim_end_matches(']').parse::<usize>().ok()?))
    })
}

/// What serde expected, in words for the user.
fn allowed(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let told = match (message.split_once(" is not "), message.split_once("expected ")) {
        (Some((_, allowed)), _) => allowed,
        (None, Some((_, expected))) => expected,
        (None, None) => message,
    };
    match told {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number, not negative".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a string" => "a text".into(),
        other => other.replace('`', ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wirereel_whisper::CaptureConfig;

    use super::*;
    use crate::config::ParsingConfig;

    fn told(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(|Problem { path, found, allowed, .. }| format!("{path}: {found}: {allowed}")).collect()
    }

    #[test]
    fn a_wrong_value_costs_only_itself() {
        let set = json!({
            "filter": "tcp", "snap_length": "long", "mode": "some", "sniplength": 3,
            "leave_out": { "ports": [80, 70_000], "own_connection": false }, "buffer_mib": -1
        });
        let (config, problems) = overlay(&CaptureConfig::default(), &set);
        assert_eq!(config.filter, "tcp");
        assert_eq!((config.snap_length, config.buffer_mib), (262_144, 16));
        assert!(!config.leave_out.own_connection && config.leave_out.ports.is_empty());
        assert_eq!(
            told(&problems),
            [
                "snap_length: \"long\": a whole number, not negative",
                "mode: \"some\": one of full, headers, lifecycle",
                "sniplength: an unknown setting: one of the settings interfaces, filter, mode, snap_length, promiscuous, \
                 buffer_mib, queue_mib, leave_out",
                "leave_out.ports[1]: 70000: a whole number from 0 to 65535",
                "buffer_mib: -1: a whole number, not negative",
            ]
        );
        let (_, problems) = overlay(&CaptureConfig::default(), &json!([1]));
        assert_eq!(told(&problems), [": [1]: an object"]);
    }

    #[test]
    fn durations_and_networks_say_what_they_take() {
        let set = json!({ "flows": { "idle_after": "5x", "udp_ends_after": "10s" }, "trusted_proxies": ["10.0.0.0/8", "proxy"] });
        let (parsing, problems) = overlay(&ParsingConfig::default(), &set);
        assert_eq!(parsing.flows.udp_ends_after.to_string(), "10s");
        assert_eq!(parsing.flows.idle_after, ParsingConfig::default().flows.idle_after);
        let told = told(&problems);
        assert!(told[0].starts_with("flows.idle_after: \"5x\": a duration such as \"10s\""), "{told:?}");
        assert!(told[1].starts_with("trusted_proxies[1]: \"proxy\": an address"), "{told:?}");
    }
}
