//! The user's part of naming in `wirereel.json`, as a page edits it: `names`, `entry_points` and `reverse_dns`.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use wirereel_query::{
    checks::CheckProblem,
    customers::{EntryPointRule, NamingRules, ServiceName},
};

use super::{Config, EntryPoint, FILE_NAME, NameRule, Network, read_text};
use crate::EngineError;

const NAMES: &str = "names";
const ENTRY_POINTS: &str = "entry_points";
const REVERSE_DNS: &str = "reverse_dns";

/// Rules of either kind at most.
const MOST_RULES: usize = 1_000;
/// Characters of a text at most: no host's name is longer (RFC 1035 §2.3.4).
const MOST_CHARS: usize = 255;
/// What the graph calls those from outside.
const RESERVED: &str = crate::naming::CUSTOMERS;

/// Rules that were read, each `None` where it is wrong, and what is.
pub(crate) struct Checked {
    pub(crate) names: Vec<Option<NameRule>>,
    pub(crate) entry_points: Vec<Option<EntryPoint>>,
    pub(crate) problems: Vec<CheckProblem>,
}

impl Checked {
    /// The configuration with what is right of these rules in place of its own.
    pub(crate) fn in_place_of(&self, config: &Config) -> Config {
        Config {
            names: self.names.iter().flatten().cloned().collect(),
            entry_points: self.entry_points.iter().flatten().cloned().collect(),
            ..config.clone()
        }
    }
}

/// The rules of a configuration.
pub(crate) fn naming_rules(config: &Config) -> NamingRules {
    let text = |network: Option<Network>| network.map(|network| network.to_string());
    NamingRules {
        names: config
            .names
            .iter()
            .map(|rule| ServiceName {
                name: rule.name.clone(),
                address: text(rule.address),
                port: rule.port,
                hostname: rule.hostname.clone(),
                process: rule.process.clone(),
            })
            .collect(),
        entry_points: config
            .entry_points
            .iter()
            .map(|entry| EntryPointRule {
                service: entry.service.clone(),
                address: text(entry.address),
                port: entry.port,
                hostname: entry.hostname.clone(),
            })
            .collect(),
        reverse_dns: config.reverse_dns,
    }
}

/// Reads rules; what is wrong is told by path.
pub(crate) fn check_naming(rules: &NamingRules) -> Checked {
    let mut problems = Problems(Vec::new());
    for (key, rules) in [(NAMES, rules.names.len()), (ENTRY_POINTS, rules.entry_points.len())] {
        if rules > MOST_RULES {
            problems.add(key.into(), format!("{rules} rules"), format!("at most {MOST_RULES}"));
        }
    }
    let names = rules.names.iter().enumerate().map(|(place, rule)| problems.name(place, rule)).collect();
    let entry_points =
        rules.entry_points.iter().enumerate().map(|(place, rule)| problems.entry_point(place, rule)).collect();
    Checked { names, entry_points, problems: problems.0 }
}

/// Puts rules in the place of others in a file's contents. Keys that stay as they are stay as they are written, and so does every rule that
/// is in both.
///
/// # Errors
/// `Conflict` when the file says something else than `before`, `Naming` when a rule is wrong, or something in the file that would be lost.
pub(crate) fn replace_naming(
    whole: &mut Map<String, Value>,
    before: &NamingRules,
    after: &NamingRules,
) -> Result<(), EngineError> {
    let checked = check_naming(after);
    if let Some(problem) = checked.problems.first() {
        let CheckProblem { path, found, allowed } = problem;
        return Err(EngineError::Naming(format!("{path}: {found} is not {allowed}.")));
    }
    let found = written_rules(whole)?;
    if found != as_written(before) {
        return Err(EngineError::Conflict(format!(
            "Names or entry points in {FILE_NAME} were changed meanwhile: look at them again, then change them."
        )));
    }
    let names: Vec<NameRule> = checked.names.into_iter().flatten().collect();
    let entry_points: Vec<EntryPoint> = checked.entry_points.into_iter().flatten().collect();
    let after = as_written(after);
    if after.names != found.names {
        put_list(whole, NAMES, &names);
    }
    if after.entry_points != found.entry_points {
        put_list(whole, ENTRY_POINTS, &entry_points);
    }
    if after.reverse_dns != found.reverse_dns {
        if after.reverse_dns {
            whole.insert(REVERSE_DNS.into(), Value::Bool(true));
        } else {
            whole.shift_remove(REVERSE_DNS);
        }
    }
    Ok(())
}

/// The rules in a file's contents.
fn written_rules(whole: &Map<String, Value>) -> Result<NamingRules, EngineError> {
    let kept = |key: &&str| whole.contains_key(*key);
    let keys = [NAMES, ENTRY_POINTS, REVERSE_DNS].into_iter().filter(kept);
    let part: Map<String, Value> = keys.map(|key| (key.to_owned(), whole[key].clone())).collect();
    let (config, problems) = read_text(&Value::Object(part).to_string());
    match problems.first() {
        None => Ok(naming_rules(&config)),
        Some(problem) => Err(EngineError::Naming(format!("{problem}: mend it before anything is saved."))),
    }
}

/// Rules with addresses as they would be read from a file.
fn as_written(rules: &NamingRules) -> NamingRules {
    let usual = |address: &mut Option<String>| {
        if let Some(network) = address.as_deref().and_then(|text| text.trim().parse::<Network>().ok()) {
            *address = Some(network.to_string());
        }
    };
    let mut rules = rules.clone();
    rules.names.iter_mut().for_each(|rule| usual(&mut rule.address));
    rules.entry_points.iter_mut().for_each(|rule| usual(&mut rule.address));
    rules
}

/// Writes a list so that rules that were there stay as somebody wrote them; an empty one is none.
fn put_list<T: Serialize + DeserializeOwned + PartialEq>(whole: &mut Map<String, Value>, key: &str, rules: &[T]) {
    if rules.is_empty() {
        whole.shift_remove(key);
        return;
    }
    let written = whole.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut written: Vec<(Option<T>, Value)> =
        written.into_iter().map(|value| (serde_json::from_value(value.clone()).ok(), value)).collect();
    let lines = rules.iter().map(|rule| match written.iter().position(|(read, _)| read.as_ref() == Some(rule)) {
        Some(place) => written.remove(place).1,
        None => serde_json::to_value(rule).unwrap_or_default(),
    });
    let lines = lines.collect();
    whole.insert(key.to_owned(), Value::Array(lines));
}

struct Problems(Vec<CheckProblem>);

impl Problems {
    fn add(&mut self, path: String, found: String, allowed: impl Into<String>) {
        self.0.push(CheckProblem { path, found, allowed: allowed.into() });
    }

    fn name(&mut self, place: usize, rule: &ServiceName) -> Option<NameRule> {
        let path = format!("{NAMES}[{place}]");
        let told = self.0.len();
        let name = self.text(format!("{path}.name"), Some(&rule.name)).unwrap_or_default();
        if name == RESERVED {
            self.add(format!("{path}.name"), format!("{name:?}"), "another name: it means everybody from outside");
        }
        let read = NameRule {
            name,
            address: self.address(format!("{path}.address"), rule.address.as_deref()),
            port: self.port(format!("{path}.port"), rule.port),
            hostname: self.text(format!("{path}.hostname"), rule.hostname.as_ref()),
            process: self.text(format!("{path}.process"), rule.process.as_ref()),
        };
        if told == self.0.len() && read.is_unbounded() {
            self.add(path, "a name for everything".into(), "a rule with an address, a port, a hostname or a process");
        }
        (told == self.0.len()).then_some(read)
    }

    fn entry_point(&mut self, place: usize, rule: &EntryPointRule) -> Option<EntryPoint> {
        let path = format!("{ENTRY_POINTS}[{place}]");
        let told = self.0.len();
        let read = EntryPoint {
            service: self.text(format!("{path}.service"), rule.service.as_ref()),
            address: self.address(format!("{path}.address"), rule.address.as_deref()),
            port: self.port(format!("{path}.port"), rule.port),
            hostname: self.text(format!("{path}.hostname"), rule.hostname.as_ref()),
        };
        if told == self.0.len() && read.is_empty() {
            self.add(path, "every server".into(), "a rule with a service, an address, a port or a hostname");
        }
        (told == self.0.len()).then_some(read)
    }

    fn text(&mut self, path: String, text: Option<&String>) -> Option<String> {
        let text = text?;
        let is_told = !text.trim().is_empty() && text.chars().count() <= MOST_CHARS && !text.contains(char::is_control);
        if !is_told {
            let found: String = text.chars().take(80).collect();
            self.add(path, format!("{found:?}"), format!("a text of 1 to {MOST_CHARS} characters on one line"));
        }
        Some(text.clone())
    }

    fn address(&mut self, path: String, text: Option<&str>) -> Option<Network> {
        let text = text?;
        match text.trim().parse() {
            Ok(network) => Some(network),
            Err(_) => {
                let found: String = text.chars().take(80).collect();
                self.add(
                    path,
                    format!("{found:?}"),
                    "an address such as \"10.0.0.5\" or a network such as \"10.0.0.0/8\"",
                );
                None
            }
        }
    }

    fn port(&mut self, path: String, port: Option<u16>) -> Option<u16> {
        if port == Some(0) {
            self.add(path, "0".into(), "a port from 1 to 65535");
        }
        port
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(name: &str, address: &str) -> ServiceName {
        ServiceName { name: name.into(), address: Some(address.into()), ..ServiceName::default() }
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_saved_rule_leaves_everything_else_as_it_was_written_and_undoing_it_leaves_no_trace() {
        let written = json!({
            "zebra": 1, "names": [{ "address": "10.0.0.5/32", "name": "db" }], "entry_points": [{ "service": "gateway" }], "alpha": null,
        });
        let mut whole = object(written.clone());
        let before = NamingRules {
            names: vec![named("db", "10.0.0.5")],
            entry_points: vec![EntryPointRule { service: Some("gateway".into()), ..EntryPointRule::default() }],
            reverse_dns: false,
        };
        let mut after = before.clone();
        after.names.insert(0, named("cache", "10.1.0.0/16"));
        (after.entry_points, after.reverse_dns) = (Vec::new(), true);
        replace_naming(&mut whole, &before, &after).unwrap();
        let names = json!([{ "name": "cache", "address": "10.1.0.0/16" }, { "address": "10.0.0.5/32", "name": "db" }]);
        assert_eq!(
            Value::Object(whole.clone()).to_string(),
            json!({ "zebra": 1, "names": names, "alpha": null, "reverse_dns": true }).to_string()
        );
        let conflict = replace_naming(&mut whole, &before, &after).unwrap_err();
        assert!(matches!(conflict, EngineError::Conflict(_)), "{conflict}");
        replace_naming(&mut whole, &after, &before).unwrap();
        assert_eq!(Value::Object(whole), written);
        let mut nothing = Map::new();
        let one = NamingRules { names: vec![named("a", "::1")], ..NamingRules::default() };
        replace_naming(&mut nothing, &NamingRules::default(), &one).unwrap();
        replace_naming(&mut nothing, &one, &NamingRules::default()).unwrap();
        assert!(nothing.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_by_its_path_and_nothing_is_lost_over_it() {
        let rules = NamingRules {
            names: vec![
                named("", "10.0.0.5"),
                named("db", "10.0.0"),
                ServiceName { name: "all".into(), ..ServiceName::default() },
                ServiceName { port: Some(0), ..named("customers", "::1") },
                named("fine", "10.0.0.0/8"),
            ],
            entry_points: vec![
                EntryPointRule::default(),
                EntryPointRule { port: Some(80), ..EntryPointRule::default() },
            ],
            reverse_dns: false,
        };
        let checked = check_naming(&rules);
        let paths: Vec<&str> = checked.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(
            paths,
            ["names[0].name", "names[1].address", "names[2]", "names[3].name", "names[3].port", "entry_points[0]"]
        );
        assert_eq!((checked.names[4].is_some(), checked.names.iter().flatten().count()), (true, 1));
        assert_eq!(checked.entry_points.iter().flatten().count(), 1);
        let mut whole = object(json!({ "names": [{ "name": "db", "address": "10.0.0" }] }));
        let good = NamingRules { names: vec![named("db", "10.0.0.1")], ..NamingRules::default() };
        let error = replace_naming(&mut whole, &NamingRules::default(), &good).unwrap_err();
        assert!(error.to_string().contains("names[0].address") && error.to_string().contains("mend it"), "{error}");
        let error = replace_naming(&mut Map::new(), &NamingRules::default(), &rules).unwrap_err();
        assert!(matches!(error, EngineError::Naming(_)), "{error}");
    }
}
