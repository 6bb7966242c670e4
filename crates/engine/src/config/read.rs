//! Reading the file so that one wrong value costs only itself.

use std::{fmt, io, path::Path};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    CheckFrames, Config, FILE_NAME, TrustedProxies,
    alerts::read_alerts,
    frames::read_frames,
    probes::{read_probes, read_sources},
    websites::read_websites,
    whisperer::read_whisperers,
};

/// A value that is not in force, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Such as `names[2].address`; empty for the whole file.
    pub path: String,
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{FILE_NAME}: {}", self.message)
        } else {
            write!(f, "{FILE_NAME}: {}: {}", self.path, self.message)
        }
    }
}

/// Reads a workspace's file; without one, everything has its default.
///
/// # Errors
/// Only when the file exists and cannot be read; wrong contents are [`ConfigProblem`]s.
pub fn read(workspace: &Path) -> io::Result<(Config, Vec<ConfigProblem>)> {
    match std::fs::read_to_string(workspace.join(FILE_NAME)) {
        Ok(text) => Ok(read_text(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Config::default(), Vec::new())),
        Err(error) => Err(error),
    }
}

/// Reads a file that was edited while `before` was in force: whatever is wrong in it leaves the key as it was.
///
/// # Errors
/// As [`read`].
pub fn read_again(workspace: &Path, before: &Config) -> io::Result<(Config, Vec<ConfigProblem>)> {
    let (mut config, problems) = read(workspace)?;
    for problem in &problems {
        keep(&problem.path, before, &mut config);
    }
    Ok((config, problems))
}

/// Takes a key over from `before`; all of them when the problem is with the whole file.
fn keep(path: &str, before: &Config, config: &mut Config) {
    match path.split(['.', '[', ' ']).next().unwrap_or_default() {
        "" => config.clone_from(before),
        "$schema" => config.schema.clone_from(&before.schema),
        "entry_points" => config.entry_points.clone_from(&before.entry_points),
        "names" => config.names.clone_from(&before.names),
        "reverse_dns" => config.reverse_dns = before.reverse_dns,
        "flows" => config.flows.clone_from(&before.flows),
        "hosts_file" => config.hosts_file = before.hosts_file,
        "errors" => config.errors.clone_from(&before.errors),
        "trusted_proxies" => config.trusted_proxies.clone_from(&before.trusted_proxies),
        "keep_secrets" => config.keep_secrets = before.keep_secrets,
        "retention" => config.retention.clone_from(&before.retention),
        "storing" => config.storing.clone_from(&before.storing),
        "check_frames" => config.check_frames.clone_from(&before.check_frames),
        // What is wrong in one whisperer leaves the others and the rest of it in force.
        "whisperers" if path == "whisperers" => config.whisperers.clone_from(&before.whisperers),
        // So it is with websites: one that is wrong is not checked.
        "websites" if path == "websites" => config.websites.clone_from(&before.websites),
        "probes" if path == "probes" => config.probes.clone_from(&before.probes),
        "probe_sources" if path == "probe_sources" => config.probe_sources.clone_from(&before.probe_sources),
        "alerts" if path == "alerts" => config.alerts.clone_from(&before.alerts),
        // A key that does not exist has nothing to keep.
        _ => {}
    }
}

/// Reads the text of a file.
pub fn read_text(text: &str) -> (Config, Vec<ConfigProblem>) {
    let mut problems = Vec::new();
    let mut config = Config::default();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            problems.push(ConfigProblem {
                path: String::new(),
                message: format!("not JSON: {error}; nothing in it counts"),
            });
            return (config, problems);
        }
    };
    let Value::Object(entries) = value else {
        problems.push(ConfigProblem { path: String::new(), message: "the file must hold one JSON object".into() });
        return (config, problems);
    };
    for (key, value) in entries {
        match key.as_str() {
            "$schema" => config.schema = one(&key, value, &mut problems),
            "entry_points" => config.entry_points = each(&key, value, &mut problems),
            "names" => config.names = each(&key, value, &mut problems),
            "reverse_dns" => config.reverse_dns = one(&key, value, &mut problems).unwrap_or_default(),
            "flows" => config.flows = one(&key, value, &mut problems).unwrap_or_default(),
            "hosts_file" => config.hosts_file = one(&key, value, &mut problems).unwrap_or_default(),
            "errors" => config.errors = one(&key, value, &mut problems).unwrap_or_default(),
            "trusted_proxies" => {
                let is_list = value.is_array();
                let networks = each(&key, value, &mut problems);
                // An empty list trusts nobody, which a mistake must not come to mean.
                if is_list {
                    config.trusted_proxies = TrustedProxies(networks);
                }
            }
            "keep_secrets" => config.keep_secrets = one(&key, value, &mut problems).unwrap_or_default(),
            "retention" => config.retention = one(&key, value, &mut problems).unwrap_or_default(),
            "storing" => config.storing = one(&key, value, &mut problems).unwrap_or_default(),
            "whisperers" => match value {
                Value::Array(items) => config.whisperers = read_whisperers(items, &mut problems),
                _ => problems.push(ConfigProblem { path: key, message: "must be a list".into() }),
            },
            "check_frames" => match read_frames(Some(&value)) {
                Ok(frames) => config.check_frames = CheckFrames(frames),
                Err(wrong) => problems.extend(wrong),
            },
            "websites" => match value {
                Value::Array(items) => config.websites = read_websites(&items, &mut problems),
                _ => problems.push(ConfigProblem { path: key, message: "must be a list".into() }),
            },
            "probes" => match value {
                Value::Array(items) => config.probes = read_probes(&items, &mut problems),
                _ => problems.push(ConfigProblem { path: key, message: "must be a list".into() }),
            },
            "probe_sources" => match value {
                Value::Array(items) => config.probe_sources = read_sources(&items, &mut problems),
                _ => problems.push(ConfigProblem { path: key, message: "must be a list".into() }),
            },
            "alerts" => config.alerts = read_alerts(&value, &mut problems),
            _ => problems.push(ConfigProblem {
                path: key.clone(),
                message: "unknown key; allowed are entry_points, names, reverse_dns, flows, hosts_file, errors, trusted_proxies, \
                          keep_secrets, retention, storing, whisperers, websites, check_frames, probes, probe_sources, alerts"
                    .into(),
            }),
        }
    }
    drop_unbounded(&mut config, &mut problems);
    (config, problems)
}

pub(super) fn one<T: DeserializeOwned>(path: &str, value: Value, problems: &mut Vec<ConfigProblem>) -> Option<T> {
    match serde_path_to_error::deserialize(value) {
        Ok(value) => Some(value),
        Err(error) => {
            let inner = error.path().to_string();
            let path = if inner == "." { path.to_owned() } else { format!("{path}.{inner}") };
            problems.push(ConfigProblem { path, message: error.into_inner().to_string() });
            None
        }
    }
}

fn each<T: DeserializeOwned>(path: &str, value: Value, problems: &mut Vec<ConfigProblem>) -> Vec<T> {
    let Value::Array(items) = value else {
        problems.push(ConfigProblem { path: path.to_owned(), message: "must be a list".into() });
        return Vec::new();
    };
    items.into_iter().enumerate().filter_map(|(i, item)| one(&format!("{path}[{i}]"), item, problems)).collect()
}

/// A rule without any condition would name every address.
fn drop_unbounded(config: &mut Config, problems: &mut Vec<ConfigProblem>) {
    config.names.retain(|rule| {
        if rule.is_unbounded() {
            problems.push(ConfigProblem {
                path: format!("names ({:?})", rule.name),
                message: "matches everything; give address, port or hostname".into(),
            });
        }
        !rule.is_unbounded()
    });
    config.entry_points.retain(|entry| {
        if entry.is_empty() {
            problems.push(ConfigProblem {
                path: "entry_points".into(),
                message: "an empty entry matches everything; give service, address, port or hostname".into(),
            });
        }
        !entry.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_names_its_path_and_the_rest_stays_in_force() {
        let (config, problems) = read_text(
            r#"{ "names": [ {"name": "a", "address": "10.0.0.1"}, {"name": "b", "address": "10.0.0"}, {"name": "c"} ],
                 "flows": { "idle_after": "5x" }, "nmaes": [], "entry_points": [ {"service": "gateway"} ] }"#,
        );
        assert_eq!(config.names.len(), 1);
        assert_eq!(config.entry_points[0].service.as_deref(), Some("gateway"));
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|p| p.starts_with("wirereel.json: names[1].address: \"10.0.0\" is not an address")),
            "{said:?}"
        );
        assert!(
            said.iter()
                .any(|p| p.starts_with("wirereel.json: flows.idle_after: \"5x\" is not a duration such as \"10s\"")),
            "{said:?}"
        );
        assert!(said.iter().any(|p| p.starts_with("wirereel.json: nmaes: unknown key")), "{said:?}");
        assert!(said.iter().any(|p| p.contains("matches everything")), "{said:?}");
    }

    #[test]
    fn a_wrong_edit_leaves_its_key_as_it_was_and_the_others_follow() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |text: &str| std::fs::write(folder.path().join(FILE_NAME), text).expect("written");
        write(r#"{ "names": [ {"name": "a", "address": "10.0.0.1"} ], "errors": { "second_try_after": "1m" } }"#);
        let (first, problems) = read(folder.path()).expect("readable");
        assert!(problems.is_empty(), "{problems:?}");

        write(
            r#"{ "names": [ {"name": "a", "address": "10.0.0"} ], "keep_secrets": true, "errors": { "second_try_after": "x" } }"#,
        );
        let (second, problems) = read_again(folder.path(), &first).expect("readable");
        assert_eq!((second.names.len(), second.keep_secrets, problems.len()), (1, true, 2));
        assert_eq!(second.errors, first.errors);

        write("{ \"names\": [");
        let (third, problems) = read_again(folder.path(), &second).expect("readable");
        assert_eq!((&third, problems.len()), (&second, 1));

        std::fs::remove_file(folder.path().join(FILE_NAME)).expect("removed");
        assert_eq!(read_again(folder.path(), &third).expect("readable"), (Config::default(), Vec::new()));
    }

    #[test]
    fn proxies_and_secrets_say_what_they_take() {
        let (config, problems) = read_text(r#"{ "trusted_proxies": ["10.1.0.0/16", "proxy"], "keep_secrets": "yes" }"#);
        assert_eq!(config.trusted_proxies.0, ["10.1.0.0/16".parse().expect("valid")]);
        assert!(!config.keep_secrets);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(said[0].starts_with("wirereel.json: trusted_proxies[1]: \"proxy\" is not an address"), "{said:?}");
        assert!(
            said[1].starts_with("wirereel.json: keep_secrets: invalid type: string \"yes\", expected a boolean"),
            "{said:?}"
        );
        assert_eq!(Config::default().trusted_proxies.0.len(), 8);
        let (nobody, _) = read_text(r#"{ "trusted_proxies": [] }"#);
        assert!(nobody.trusted_proxies.0.is_empty(), "nobody is trusted");
        let (mistaken, problems) = read_text(r#"{ "trusted_proxies": "10.0.0.0/8" }"#);
        assert_eq!(mistaken.trusted_proxies, TrustedProxies::default());
        assert_eq!(problems[0].to_string(), "wirereel.json: trusted_proxies: must be a list");
    }

    #[test]
    fn what_is_kept_says_what_it_takes() {
        let (config, problems) = read_text(
            r#"{ "retention": { "keep": "3d", "at_most_gib": 0.5 }, "storing": { "flush_every": "2s", "batch_rows": 5 } }"#,
        );
        assert_eq!(problems, []);
        assert_eq!((config.retention.keep.to_string().as_str(), config.retention.at_most_gib.bytes()), ("3d", 1 << 29));
        assert_eq!(config.retention.free_space_gib.bytes(), 1 << 30, "what is not said has its default");
        assert_eq!((config.storing.interval(true).as_secs(), config.storing.rows()), (2, 1_000));
        for (text, said) in [
            (
                r#"{ "retention": { "keep": "soon" } }"#,
                "wirereel.json: retention.keep: \"soon\" is not a duration such as \"10s\"",
            ),
            (
                r#"{ "retention": { "at_most_gib": 0 } }"#,
                "wirereel.json: retention.at_most_gib: 0 is not a number of GiB such as 20",
            ),
            (
                r#"{ "retention": { "free_space_gib": "1" } }"#,
                "wirereel.json: retention.free_space_gib: invalid type: string \"1\"",
            ),
            (
                r#"{ "storing": { "batch": 1 } }"#,
                "wirereel.json: storing.batch: unknown field `batch`, expected one of `flush_every`",
            ),
        ] {
            let (config, problems) = read_text(text);
            assert!(problems[0].to_string().starts_with(said), "{}", problems[0]);
            assert_eq!(config, Config::default());
        }
    }

    #[test]
    fn text_that_is_not_json_leaves_the_defaults_and_says_where() {
        let (config, problems) = read_text("{ \"names\": [ }");
        assert_eq!(config, Config::default());
        assert!(problems[0].message.contains("line 1 column"), "{}", problems[0]);
    }
}
