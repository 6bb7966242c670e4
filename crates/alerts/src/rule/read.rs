//! Reading what `wirereel.json` says of alerts so that a wrong rule, window or target costs only itself.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{AlertConfig, Series};
use crate::{Problem, maintenance::Maintenance, notify::Target};

impl AlertConfig {
    /// Reads a configuration; a list that is not given has what comes with the program. Whatever is wrong is left out and told, with its
    /// place in the file; so what is returned has no problems. `fed` as for [`problems`](Self::problems).
    pub fn read(value: &Value, fed: &[Series<'_>]) -> (Self, Vec<Problem>) {
        let (mut config, mut problems) = (Self::default(), Vec::new());
        let entries = match value {
            Value::Object(entries) => entries,
            Value::Null => return (config, problems),
            other => {
                problems.push(Problem::new("", other, "an object with rules, maintenance and targets"));
                return (config, problems);
            }
        };
        for (key, value) in entries {
            match key.as_str() {
                "rules" => config.rules = each(key, value, |rule: &super::Rule| rule.problems(fed), &mut problems),
                "maintenance" => config.maintenance = each(key, value, Maintenance::problems, &mut problems),
                "targets" => config.targets = each(key, value, Target::problems, &mut problems),
                _ => problems.push(Problem::new(key, "an unknown setting", "one of rules, maintenance, targets")),
            }
        }
        once(&mut config.rules, "rules", |rule| &rule.id, &mut problems);
        once(&mut config.targets, "targets", |target| &target.id, &mut problems);
        (config, problems)
    }
}

/// Items of a list that are right.
fn each<T: DeserializeOwned>(
    list: &str,
    value: &Value,
    wrong: impl Fn(&T) -> Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let Value::Array(items) = value else {
        problems.push(Problem::new(list, value, "a list"));
        return Vec::new();
    };
    let mut right = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let prefix = format!("{list}[{place}]");
        let read: Result<T, _> = serde_path_to_error::deserialize(item);
        let found = match &read {
            Ok(read) => wrong(read),
            Err(error) => {
                let path = error.path().to_string();
                vec![told(if path == "." { "" } else { &path }, &error.inner().to_string())]
            }
        };
        right.extend(read.ok().filter(|_| found.is_empty()));
        problems.extend(found.into_iter().map(|problem| problem.under(&prefix)));
    }
    right
}

/// Of several with one id the first stays.
fn once<T>(items: &mut Vec<T>, list: &str, id: impl Fn(&T) -> &String, problems: &mut Vec<Problem>) {
    let mut met = std::collections::HashSet::new();
    items.retain(|item| {
        let new = met.insert(id(item).clone());
        if !new {
            problems.push(Problem::new(list, format!("{:?} twice", id(item)), "a list of different ids"));
        }
        new
    });
}

/// What serde says, as a problem: ``unknown field `x`, expected `y` ``, `invalid type: string "x", expected a boolean`,
/// `"5x" is not a duration`, ``missing field `over` ``.
fn told(path: &str, message: &str) -> Problem {
    let plain = message.replace('`', "");
    if let Some((found, allowed)) = plain.split_once(" is not ") {
        return Problem::new(path, found, allowed);
    }
    if let Some(field) = plain.strip_prefix("missing field ") {
        let path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        return Problem::new(path, "nothing", "allowed: it must be given");
    }
    match plain.split_once(", expected ") {
        Some((found, allowed)) => {
            let found = found.strip_prefix("invalid type: ").or(found.strip_prefix("invalid value: ")).unwrap_or(found);
            let allowed = if allowed.starts_with("struct ") { "an object" } else { allowed };
            Problem::new(path, found, allowed)
        }
        None => Problem::new(path, plain, "what is allowed here"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Machine;

    #[test]
    fn a_wrong_rule_window_or_target_costs_only_itself() {
        let rule = |id: &str| json!({ "id": id, "subject": { "kind": "website" }, "metric": "up", "when": { "kind": "availability" } });
        let mut slow = rule("slow");
        slow["for"] = "5x".into();
        let mut wide = rule("wide");
        wide["when"]["percent"] = 130.into();
        let mut odd = rule("odd");
        odd["colour"] = 3.into();
        let (config, problems) = AlertConfig::read(
            &json!({
                "rules": [rule("good"), slow, wide, odd, rule("good"), 7, { "id": "bare" }],
                "maintenance": [{ "name": "m", "when": { "kind": "cron", "cron": "61 * * * *", "lasts": "1h" } }],
                "targets": "none",
                "more": 1,
            }),
            &[],
        );
        assert_eq!(config.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["good"]);
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 9, "{said:#?}");
        assert_eq!(
            said[0],
            "rules[1].for: \"5x\" is not a duration such as \"10s\" (a whole number and ms, s, m, h or d)"
        );
        assert_eq!(said[1], "rules[2].when.percent: 130 is not a number from 0 to 100");
        assert!(said[2].starts_with("rules[3].colour: unknown field colour is not one of id, name"), "{said:?}");
        assert_eq!(said[3], "rules[5]: integer 7 is not an object");
        assert_eq!(said[4], "rules[6].subject: nothing is not allowed: it must be given");
        assert!(
            said[5].starts_with("maintenance[0].when.cron: \"61 * * * *\" is not five fields whose minute is from 0"),
            "{said:?}"
        );
        assert_eq!(said[6], "targets: \"none\" is not a list");
        assert_eq!(said[7], "more: an unknown setting is not one of rules, maintenance, targets");
        assert_eq!(said[8], "rules: \"good\" twice is not a list of different ids");
        assert!(Machine::new(config).is_ok());
    }

    #[test]
    fn what_is_not_given_is_what_comes_with_the_program() {
        let (config, problems) = AlertConfig::read(&json!({ "targets": [] }), &[]);
        assert_eq!((config, problems), (AlertConfig::default(), Vec::new()));
        assert_eq!(AlertConfig::read(&Value::Null, &[]).0, AlertConfig::default());
        assert_eq!(
            AlertConfig::read(&json!([1]), &[]).1[0].to_string(),
            "[1] is not an object with rules, maintenance and targets"
        );
    }
}
