//! A whisperer's configuration: what is in force, what is wrong with it, what a change of it needs.

use std::{process::Command, time::Duration};

use serde_json::{Map, Value};
use wirereel_query::whisperers::{WhispererConfig, WhispererProblem, WhispererSaved, WhispererSchema};
use wirereel_whisper::{CaptureConfig, ConfigProblem, FromAgent, PROTOCOL, ToAgent};

use super::member::{LOCAL, Member};
use crate::{
    EngineError,
    config::{ParsingConfig, Problem, WhispererEntry, overlay},
    live::{Agent, Heard, local_agent},
    workbench::{Workbench, lock},
};

/// How long the agent of this machine may take to read a filter.
const CHECK_PATIENCE: Duration = Duration::from_secs(3);
const END_PATIENCE: Duration = Duration::from_millis(200);

impl Workbench {
    /// What a whisperer captures by: what is configured, without the page's own traffic where that is to be left out.
    pub(super) fn in_force(&self, member: &Member) -> (CaptureConfig, ParsingConfig) {
        let standing = member.standing();
        let (mut capture, parsing) = (standing.capture.clone(), standing.parsing.clone());
        if member.id == LOCAL {
            capture.leave_out.page = *lock(&self.live.page);
        }
        (capture, parsing)
    }

    /// Settings of both parts: what they mean, their limits, and when a change takes effect.
    pub fn whisperer_schema(&self) -> WhispererSchema {
        WhispererSchema {
            capture: with_effects(schemars::schema_for!(CaptureConfig).to_value(), &["filter", "leave_out"]),
            parsing: with_effects(schemars::schema_for!(ParsingConfig).to_value(), &[]),
        }
    }

    /// What is wrong with a configuration. Nothing is saved.
    ///
    /// # Errors
    /// When there is no such whisperer.
    pub fn check_whisperer(&self, id: &str, config: &WhispererConfig) -> Result<Vec<WhispererProblem>, EngineError> {
        let member = self.member(id)?;
        let entry = WhispererEntry {
            capture: config.capture.clone(),
            parsing: config.parsing.clone(),
            ..member.standing().entry.clone()
        };
        let mut problems: Vec<WhispererProblem> = entry.problems().into_iter().map(told).collect();
        let (capture, _) = overlay(&CaptureConfig::default(), &config.capture);
        let known = member.standing().seen.interfaces.clone();
        if !known.is_empty() {
            // Those that need no list of interfaces are told already.
            let of_host =
                capture.problems(&known).into_iter().filter(|problem| problem.path.starts_with("interfaces["));
            problems.extend(of_host.map(|problem| told(("capture", of_agent(problem)))));
        }
        problems.extend(filter_problem(&capture.filter).map(|problem| told(("capture", of_agent(problem)))));
        Ok(problems)
    }

    /// Saves a configuration in which nothing is wrong. What can change while it captures does at once.
    ///
    /// # Errors
    /// When there is no such whisperer, or the file cannot be written.
    pub fn save_whisperer(&self, id: &str, config: &WhispererConfig) -> Result<WhispererSaved, EngineError> {
        let problems = self.check_whisperer(id, config)?;
        if !problems.is_empty() {
            return Ok(WhispererSaved { problems, restart: Vec::new() });
        }
        self.edit_entry(id, |entry| {
            for (part, values) in [("capture", &config.capture), ("parsing", &config.parsing)] {
                match values.as_object() {
                    Some(values) if !values.is_empty() => {
                        drop(entry.insert(part.into(), Value::Object(values.clone())))
                    }
                    _ => drop(entry.remove(part)),
                }
            }
        })?;
        let member = self.member(id)?;
        let running = member.standing().running.clone();
        let restart = running.map(|(capture, parsing)| {
            let next = self.in_force(&member);
            restart_paths((&capture, &parsing), (&next.0, &next.1))
        });
        Ok(WhispererSaved { problems, restart: restart.unwrap_or_default() })
    }

    /// Sets values of the capture part over those that are set.
    pub(super) fn set_capture(&self, member: &Member, values: &Value) -> Result<(), EngineError> {
        let before = member.standing().entry.capture.clone();
        let mut set = before.as_object().cloned().unwrap_or_default();
        for (key, value) in values.as_object().into_iter().flatten() {
            match (set.get_mut(key), value) {
                (Some(Value::Object(inner)), Value::Object(more)) => {
                    inner.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
                _ => drop(set.insert(key.clone(), value.clone())),
            }
        }
        self.replace_capture(member, Value::Object(set))
    }

    /// Sets the capture part anew.
    pub(super) fn replace_capture(&self, member: &Member, set: Value) -> Result<(), EngineError> {
        if member.standing().entry.capture == set {
            return Ok(());
        }
        self.edit_entry(&member.id, |entry| drop(entry.insert("capture".into(), set)))
    }
}

/// What of an entry is in force: over the defaults, and where a value is wrong, what was set before it.
pub(super) fn in_force(
    entry: &WhispererEntry,
    defaults: (&CaptureConfig, &ParsingConfig),
    before: (Option<&Value>, Option<&Value>),
) -> (CaptureConfig, ParsingConfig) {
    let wrong: Vec<(&str, String)> = entry.problems().into_iter().map(|(part, problem)| (part, problem.path)).collect();
    let mended = |part: &str, set: &Value, before: Option<&Value>| {
        let mut set = set.clone();
        for (_, path) in wrong.iter().filter(|(of, _)| *of == part) {
            let key = path.split(['.', '[']).next().unwrap_or_default();
            let last = before.and_then(|before| before.get(key)).cloned();
            match (set.as_object_mut(), last) {
                (Some(set), Some(last)) => drop(set.insert(key.to_owned(), last)),
                (Some(set), None) => drop(set.remove(key)),
                (None, _) => set = before.cloned().unwrap_or_default(),
            }
        }
        set
    };
    let capture = overlay(defaults.0, &mended("capture", &entry.capture, before.0)).0;
    let parsing = overlay(defaults.1, &mended("parsing", &entry.parsing, before.1)).0;
    // Before this one, something wrong may have been set as well.
    let capture = if capture.problems(&[]).iter().any(|problem| !problem.path.starts_with("interfaces[")) {
        defaults.0.clone()
    } else {
        capture
    };
    let parsing = if parsing.problems().is_empty() { parsing } else { defaults.1.clone() };
    (capture, parsing)
}

/// What of a configuration can be taken over while another one is captured by.
pub(super) fn live_part(running: &CaptureConfig, wanted: &CaptureConfig) -> CaptureConfig {
    let whole = CaptureConfig {
        filter: wanted.filter.clone(),
        leave_out: wanted.leave_out.clone(),
        mode: wanted.mode,
        ..running.clone()
    };
    if running.is_live_change(&whole) { whole } else { CaptureConfig { mode: running.mode, ..whole } }
}

/// Settings whose change waits for the next start.
pub(super) fn restart_paths(
    (running, running_parsing): (&CaptureConfig, &ParsingConfig),
    (wanted, wanted_parsing): (&CaptureConfig, &ParsingConfig),
) -> Vec<String> {
    let soon = live_part(running, wanted);
    let soon = CaptureConfig { leave_out: wanted.leave_out.clone(), ..soon };
    let mut paths = Vec::new();
    different("capture", &value(&soon), &value(wanted), &mut paths);
    different("parsing", &value(running_parsing), &value(wanted_parsing), &mut paths);
    paths
}

fn value(config: &impl serde::Serialize) -> Value {
    serde_json::to_value(config).unwrap_or_default()
}

fn different(path: &str, one: &Value, other: &Value, paths: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                different(&format!("{path}.{key}"), value, other.get(key).unwrap_or(&Value::Null), paths);
            }
        }
        _ if one != other => paths.push(path.to_owned()),
        _ => {}
    }
}

/// Values of a configuration that are not the default.
pub(super) fn set_values(config: &CaptureConfig) -> Value {
    let (Value::Object(set), default) = (value(config), value(&CaptureConfig::default())) else { return Value::Null };
    let set: Map<String, Value> = set.into_iter().filter(|(key, value)| default.get(key) != Some(value)).collect();
    Value::Object(set)
}

/// What libpcap says against a filter, asked of this machine's agent; nothing where there is none.
fn filter_problem(filter: &str) -> Option<ConfigProblem> {
    if filter.trim().is_empty() {
        return None;
    }
    let mut agent = Agent::start(&mut Command::new(local_agent()?)).ok()?;
    let config = CaptureConfig { filter: filter.to_owned(), ..CaptureConfig::default() };
    let asked =
        agent.say(&ToAgent::Hello { protocol: PROTOCOL }).and_then(|()| agent.say(&ToAgent::Configure { config }));
    let problem = asked.ok().and_then(|()| {
        loop {
            match agent.heard().recv_timeout(CHECK_PATIENCE) {
                Ok(Heard::Message(FromAgent::Refused { problems })) => {
                    return problems.into_iter().find(|problem| problem.path == "filter");
                }
                Ok(Heard::Message(FromAgent::Hello { .. })) => {}
                _ => return None,
            }
        }
    });
    agent.end(END_PATIENCE);
    problem
}

fn of_agent(problem: ConfigProblem) -> Problem {
    Problem { path: problem.path, found: problem.found, allowed: problem.allowed, at: problem.at }
}

fn told((part, problem): (&str, Problem)) -> WhispererProblem {
    WhispererProblem {
        path: if problem.path.is_empty() { part.to_owned() } else { format!("{part}.{}", problem.path) },
        found: problem.found,
        allowed: problem.allowed,
        at: problem.at.and_then(|at| u32::try_from(at).ok()),
    }
}

/// Says with every setting when a change of it takes effect.
fn with_effects(mut schema: Value, at_once: &[&str]) -> Value {
    for (key, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(property) = property.as_object_mut() {
            let effect = if at_once.contains(&key.as_str()) { "at_once" } else { "restart" };
            property.insert("x-takes-effect".into(), effect.into());
        }
    }
    schema
}
