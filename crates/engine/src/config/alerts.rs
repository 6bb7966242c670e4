//! Alerts in `wirereel.json`: rules, maintenance windows and targets.

use std::{io, path::Path};

use serde_json::Value;
use wirereel_alerts::{AlertConfig, Problem, Reads, Series};

use super::{ConfigProblem, FILE_NAME};

/// What rules can be about.
const FED: [Series<'static>; 17] = [
    Series { kind: "website", metric: "up", reads: Reads::Outcomes },
    Series { kind: "website", metric: "certificate", reads: Reads::Deadline },
    Series { kind: "website", metric: "response_ms", reads: Reads::Value },
    Series { kind: "website", metric: "ttfb_ms", reads: Reads::Value },
    Series { kind: "probe", metric: "up", reads: Reads::Outcomes },
    Series { kind: "probe", metric: "latency_ms", reads: Reads::Value },
    Series { kind: "service", metric: "errors", reads: Reads::Outcomes },
    Series { kind: "service", metric: "requests", reads: Reads::Count },
    Series { kind: "service", metric: "latency_p50_ms", reads: Reads::Value },
    Series { kind: "service", metric: "latency_p95_ms", reads: Reads::Value },
    Series { kind: "service", metric: "latency_p99_ms", reads: Reads::Value },
    Series { kind: "edge", metric: "errors", reads: Reads::Outcomes },
    Series { kind: "edge", metric: "requests", reads: Reads::Count },
    Series { kind: "edge", metric: "latency_p50_ms", reads: Reads::Value },
    Series { kind: "edge", metric: "latency_p95_ms", reads: Reads::Value },
    Series { kind: "edge", metric: "latency_p99_ms", reads: Reads::Value },
    Series { kind: "wirereel", metric: "trouble", reads: Reads::Value },
];

/// Reads them. What is wrong costs only itself, and is told.
pub(super) fn read_alerts(value: &Value, problems: &mut Vec<ConfigProblem>) -> AlertConfig {
    let (config, wrong) = AlertConfig::read(value, &FED);
    problems.extend(wrong.into_iter().map(told));
    config
}

fn told(problem: Problem) -> ConfigProblem {
    let path = if problem.path.is_empty() { "alerts".to_owned() } else { format!("alerts.{}", problem.path) };
    ConfigProblem { path, message: format!("{} is not {}", problem.found, problem.allowed) }
}

/// Reads the alerts of a folder's file while `before` is in force: a rule, window or target that became wrong stays as it was, and is told.
///
/// # Errors
/// Only when the file exists and cannot be read.
pub(crate) fn read_alerts_again(folder: &Path, before: &AlertConfig) -> io::Result<(AlertConfig, Vec<ConfigProblem>)> {
    let text = match std::fs::read_to_string(folder.join(FILE_NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((AlertConfig::default(), Vec::new())),
        text => text?,
    };
    let whole = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(whole)) => whole,
        Ok(_) => return Ok((before.clone(), vec![unreadable("the file must hold one JSON object".into())])),
        Err(error) => return Ok((before.clone(), vec![unreadable(format!("not JSON: {error}"))])),
    };
    let value = whole.get("alerts").unwrap_or(&Value::Null);
    let mut problems = Vec::new();
    let mut config = read_alerts(value, &mut problems);
    if !problems.is_empty() {
        keep(&mut config, value, before);
    }
    Ok((config, problems))
}

fn unreadable(message: String) -> ConfigProblem {
    ConfigProblem { path: String::new(), message }
}

/// Puts what was right before in the place of what is wrong now.
fn keep(config: &mut AlertConfig, value: &Value, before: &AlertConfig) {
    if !value.is_object() && !value.is_null() {
        config.clone_from(before);
        return;
    }
    in_place_of_wrong(&mut config.rules, value.get("rules"), "id", &before.rules, |rule| &rule.id);
    in_place_of_wrong(&mut config.maintenance, value.get("maintenance"), "name", &before.maintenance, |window| {
        &window.name
    });
    in_place_of_wrong(&mut config.targets, value.get("targets"), "id", &before.targets, |target| &target.id);
}

fn in_place_of_wrong<T: Clone>(
    read: &mut Vec<T>,
    given: Option<&Value>,
    key: &str,
    before: &[T],
    id: impl Fn(&T) -> &String,
) {
    let Some(given) = given else { return };
    let Value::Array(items) = given else {
        *read = before.to_vec();
        return;
    };
    for named in items.iter().filter_map(|item| item.get(key)?.as_str()) {
        if !read.iter().any(|item| id(item) == named)
            && let Some(was) = before.iter().find(|item| id(item) == named)
        {
            read.push(was.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path, text: &str, before: &AlertConfig) -> (AlertConfig, Vec<String>) {
        std::fs::write(folder.join(FILE_NAME), text).unwrap();
        let (config, problems) = read_alerts_again(folder, before).unwrap();
        (config, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_rule_that_becomes_wrong_stays_as_it_was_and_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let defaults = AlertConfig::default();
        assert_eq!(read_alerts_again(folder.path(), &defaults).unwrap(), (defaults.clone(), Vec::new()));
        let rule = |percent: u32| {
            format!(
                r#"{{ "alerts": {{ "rules": [ {{ "id": "a", "subject": {{ "kind": "website" }}, "metric": "up",
                   "when": {{ "kind": "availability", "percent": {percent} }} }} ],
                   "targets": [ {{ "id": "t", "to": {{ "kind": "desktop" }} }} ] }} }}"#
            )
        };
        let (first, problems) = read(folder.path(), &rule(70), &defaults);
        assert_eq!((first.rules.len(), first.targets.len(), problems.len()), (1, 1, 0), "{problems:?}");
        let (second, problems) = read(folder.path(), &rule(170), &first);
        assert_eq!(problems, ["wirereel.json: alerts.rules[0].when.percent: 170 is not a number from 0 to 100"]);
        assert_eq!(second, first);
        let (third, problems) = read(folder.path(), r#"{ "alerts": { "rules": 3 "#, &second);
        assert_eq!((&third, problems.len()), (&first, 1));
        let (fourth, problems) = read(folder.path(), r#"{ "alerts": { "rules": 3 } }"#, &third);
        assert_eq!(
            (fourth.rules, problems),
            (first.rules, vec!["wirereel.json: alerts.rules: 3 is not a list".to_owned()])
        );
        assert!(fourth.targets.is_empty(), "targets are not given any more");
        assert_eq!(read(folder.path(), "{}", &defaults).0, defaults);
    }

    #[test]
    fn a_rule_about_what_nobody_measures_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{ "alerts": { "rules": [ { "id": "a", "subject": { "kind": "website" }, "metric": "colour",
            "when": { "kind": "silence", "after": "5m" } } ] } }"#;
        let (config, problems) = read(folder.path(), text, &AlertConfig::default());
        assert!(config.rules.is_empty());
        assert_eq!(
            problems,
            ["wirereel.json: alerts.rules[0].metric: \"colour\" is not one of certificate, response_ms, ttfb_ms, up"]
        );
    }
}
