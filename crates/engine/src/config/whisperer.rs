//! Whisperers in `wirereel.json` of the live folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wirereel_query::whisperers::WhispererKind;
use wirereel_whisper::CaptureConfig;

use super::{ConfigProblem, Problem, parsing::ParsingConfig, read::one};

/// A capture agent and how it captures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhispererEntry {
    /// Stays the same when it is renamed: letters, digits and `-`. That of this machine is `local`.
    pub id: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it brings in.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["interface", "file", "upload"], "default" = "interface"))]
    pub kind: WhispererKind,
    /// The command line that starts the agent, such as `ssh capture@stage wirereel-whisperer`; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// For a file: its path on the agent's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How it captures.
    #[serde(default, skip_serializing_if = "is_unset")]
    #[schemars(with = "CaptureConfig")]
    pub capture: Value,
    /// How what it sends is read, where it differs from the workspace.
    #[serde(default, skip_serializing_if = "is_unset")]
    #[schemars(with = "ParsingConfig")]
    pub parsing: Value,
    /// Whether it captures again when the workbench starts, if it did when the workbench ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resume: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

impl WhispererEntry {
    /// One with nothing set.
    pub(crate) fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: WhispererKind::Interface,
            command: String::new(),
            path: None,
            capture: Value::Object(Map::new()),
            parsing: Value::Object(Map::new()),
            resume: false,
        }
    }
}

/// Whether something may be an id: it is part of file names.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Reads the list. What is wrong inside `capture` and `parsing` is kept as it is, for whoever shows and mends it, and told here.
pub(super) fn read_whisperers(items: Vec<Value>, problems: &mut Vec<ConfigProblem>) -> Vec<WhispererEntry> {
    let mut read: Vec<WhispererEntry> = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        let path = format!("whisperers[{place}]");
        let Some(entry) = read_whisperer(&path, item, problems) else { continue };
        let mut wrong = |message: String| problems.push(ConfigProblem { path: format!("{path}.id"), message });
        if !is_id(&entry.id) {
            wrong(format!("{:?} is not 1 to 40 letters, digits and -", entry.id));
        } else if read.iter().any(|other| other.id == entry.id) {
            wrong(format!("{:?} is another one's already", entry.id));
        } else {
            for (part, found) in entry.problems() {
                problems.push(in_file(&format!("{path}.{part}"), &found));
            }
            read.push(entry);
        }
    }
    read
}

/// Reads one so that a wrong value costs only itself; `None` when nothing tells which it is.
fn read_whisperer(path: &str, item: Value, problems: &mut Vec<ConfigProblem>) -> Option<WhispererEntry> {
    let Value::Object(entries) = item else {
        problems.push(ConfigProblem { path: path.to_owned(), message: "must be an object with an id".into() });
        return None;
    };
    let id: String = one(&format!("{path}.id"), entries.get("id").cloned().unwrap_or_default(), problems)?;
    let mut entry = WhispererEntry::new(&id, &id);
    for (key, value) in entries {
        let at = format!("{path}.{key}");
        match key.as_str() {
            "id" => {}
            "name" => entry.name = one(&at, value, problems).unwrap_or(entry.name),
            "kind" => entry.kind = one(&at, value, problems).unwrap_or(entry.kind),
            "command" => entry.command = one(&at, value, problems).unwrap_or(entry.command),
            "path" => entry.path = one(&at, value, problems),
            "capture" => entry.capture = value,
            "parsing" => entry.parsing = value,
            "resume" => entry.resume = one(&at, value, problems).unwrap_or(entry.resume),
            _ => problems.push(ConfigProblem {
                path: at,
                message: "unknown key; allowed are id, name, kind, command, path, capture, parsing, resume".into(),
            }),
        }
    }
    Some(entry)
}

impl WhispererEntry {
    /// What is wrong in both parts, each with the part's name, but for what only its host knows.
    pub(crate) fn problems(&self) -> Vec<(&'static str, Problem)> {
        let (capture, wrong_capture) = super::overlay(&CaptureConfig::default(), &self.capture);
        let (parsing, wrong_parsing) = super::overlay(&ParsingConfig::default(), &self.parsing);
        let of_values = capture.problems(&[]).into_iter().filter(|problem| !problem.path.starts_with("interfaces["));
        let of_values = of_values.map(|problem| Problem {
            path: problem.path,
            found: problem.found,
            allowed: problem.allowed,
            at: problem.at,
        });
        let of_capture = wrong_capture.into_iter().chain(of_values).map(|problem| ("capture", problem));
        let of_parsing = wrong_parsing.into_iter().chain(parsing.problems()).map(|problem| ("parsing", problem));
        of_capture.chain(of_parsing).collect()
    }
}

fn in_file(part: &str, problem: &Problem) -> ConfigProblem {
    let path = if problem.path.is_empty() { part.to_owned() } else { format!("{part}.{}", problem.path) };
    ConfigProblem { path, message: format!("{} is not {}", problem.found, problem.allowed) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::read_text;

    #[test]
    fn a_wrong_value_of_a_whisperer_names_its_path_and_costs_only_itself() {
        let (config, problems) = read_text(
            &json!({ "whisperers": [
                { "id": "local", "capture": { "snap_length": 9, "filter": "tcp" }, "resume": true },
                { "id": "stage", "name": "Stage", "command": "ssh stage wirereel-whisperer", "kind": "cloud", "colour": 3 },
                { "id": "no good" }, { "name": "nobody" }, { "id": "local" }, 7,
            ] })
            .to_string(),
        );
        let ids: Vec<_> = config.whisperers.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["local", "stage"]);
        assert!(config.whisperers[0].resume);
        assert_eq!(
            (config.whisperers[1].name.as_str(), config.whisperers[1].kind),
            ("Stage", WhispererKind::Interface)
        );
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 7, "{said:#?}");
        assert_eq!(said[0], "wirereel.json: whisperers[0].capture.snap_length: 9 is not a number from 64 to 262144");
        assert!(said[1].starts_with("wirereel.json: whisperers[1].kind: unknown variant `cloud`"), "{said:?}");
        assert!(said[2].starts_with("wirereel.json: whisperers[1].colour: unknown key"), "{said:?}");
        assert!(said[3].starts_with("wirereel.json: whisperers[2].id: \"no good\" is not 1 to 40 letters"), "{said:?}");
        assert!(said[4].starts_with("wirereel.json: whisperers[3].id: invalid type: null"), "{said:?}");
        assert!(said[5].contains("another one's already") && said[6].contains("must be an object"), "{said:?}");
    }
}
