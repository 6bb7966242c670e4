//! Whom to notify, as `wirereel.json` has it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Event, Happening, Problem, Selector, Span,
    rule::{is_id, is_like},
};

const MAX_RATE: u32 = 1_000;
/// Longest that one attempt may take.
const LONGEST_TIMEOUT: Span = Span::from_secs(120);
/// Deepest and largest body of a webhook.
const MAX_BODY_BYTES: usize = 16_384;

/// Somebody who is notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Letters, digits, `-` and `_`.
    pub id: String,
    /// Ids of rules, with `*` for any text; empty is every rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// About whom; everybody without.
    #[serde(default)]
    pub subject: Selector,
    /// Of what.
    #[serde(default = "all")]
    pub events: Vec<Happening>,
    /// How.
    pub to: Channel,
    /// How many at most; more wait.
    #[serde(default)]
    pub at_most: Rate,
    /// How long one attempt may take.
    #[serde(default = "ten_seconds")]
    pub timeout: Span,
    /// How long it is tried again.
    #[serde(default = "a_day")]
    pub give_up_after: Span,
}

/// A way to somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Channel {
    /// A notification of the desktop, while a window is open.
    Desktop {},
    /// A program, which gets the notice as JSON on its standard input. No shell reads the words.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
    },
    /// A POST with JSON.
    Webhook {
        /// `https://` or `http://`. It is kept from records and messages, for it often is a secret.
        url: String,
        /// What the receiver understands.
        #[serde(default)]
        format: Format,
        /// JSON to send instead: in its texts `{message}`, `{subject}` and other words in braces are replaced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// More headers, such as `Authorization`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
}

/// What a webhook's receiver understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The whole notice.
    #[default]
    Generic,
    /// Slack's incoming webhooks, and what understands the same.
    Slack,
}

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    #[schemars(range(min = 1, max = 1_000))]
    pub count: u32,
    pub per: Span,
}

impl Default for Rate {
    fn default() -> Self {
        Self { count: 20, per: Span::from_secs(60) }
    }
}

fn all() -> Vec<Happening> {
    vec![Happening::Opened, Happening::Reminded, Happening::Resolved]
}

fn ten_seconds() -> Span {
    Span::from_secs(10)
}

fn a_day() -> Span {
    Span::from_secs(86_400)
}

impl Target {
    /// One who is told everything.
    pub fn new(id: &str, to: Channel) -> Self {
        Self {
            id: id.to_owned(),
            rules: Vec::new(),
            subject: Selector::default(),
            events: all(),
            to,
            at_most: Rate::default(),
            timeout: ten_seconds(),
            give_up_after: a_day(),
        }
    }

    /// Whether an event is for it.
    pub fn wants(&self, event: &Event) -> bool {
        let alert = &event.alert;
        event.quiet.is_none()
            && self.events.contains(&event.what)
            && (self.rules.is_empty() || self.rules.iter().any(|rule| is_like(rule, &alert.rule)))
            && self.subject.matches(&alert.subject.kind, &alert.subject.name)
    }

    /// Everything that is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, path: &str, found: String, allowed: &str| {
            if !holds {
                problems.push(Problem::new(path, found, allowed));
            }
        };
        check(is_id(&self.id), "id", format!("{:?}", self.id), "1 to 64 letters, digits, - and _");
        check(!self.events.is_empty(), "events", "an empty list".into(), "one or more of opened, reminded, resolved");
        let suppressed = self.events.contains(&Happening::Suppressed);
        check(
            !suppressed,
            "events",
            "\"suppressed\", of which nobody is notified".into(),
            "one or more of opened, reminded, resolved",
        );
        let Rate { count, per } = self.at_most;
        check((1..=MAX_RATE).contains(&count), "at_most.count", count.to_string(), "a number from 1 to 1000");
        check(per <= a_day(), "at_most.per", per.to_string(), "at most 1d");
        check(self.timeout <= LONGEST_TIMEOUT, "timeout", self.timeout.to_string(), "at most 2m");
        match &self.to {
            Channel::Desktop {} => {}
            Channel::Command { argv } => {
                let named = argv.first().is_some_and(|program| !program.is_empty());
                check(named, "to.argv", format!("{argv:?}"), "a program and its arguments");
                let whole = !argv.iter().any(|word| word.contains('\0'));
                check(whole, "to.argv", "a word with a zero byte".into(), "a program and its arguments");
            }
            Channel::Webhook { url, body, headers, .. } => {
                let address = reqwest::Url::parse(url).ok();
                let is_web = address.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
                // The address itself may be a secret, and problems are shown and logged.
                check(is_web, "to.url", "what is given".into(), "an address that begins with https:// or http://");
                let size = body.as_ref().map_or(0, |body| body.to_string().len());
                check(size <= MAX_BODY_BYTES, "to.body", format!("{size} bytes of JSON"), "at most 16384 bytes");
                for (name, value) in headers {
                    let named = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
                    check(named, "to.headers", format!("{name:?}"), "the name of a header");
                    let valued = reqwest::header::HeaderValue::from_str(value).is_ok();
                    check(valued, &format!("to.headers.{name}"), "what is given".into(), "the value of a header");
                }
            }
        }
        problems.extend(self.subject.problems().into_iter().map(|problem| problem.under("subject")));
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(target: Value) -> Vec<String> {
        let target: Target = serde_json::from_value(target).unwrap();
        target.problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_web_addresses_are_called_and_none_is_repeated_in_a_problem() {
        for url in ["file:///etc/passwd", "ftp://host/", "hooks.example.com/secret", "https://", ""] {
            let said = told(json!({ "id": "a", "to": { "kind": "webhook", "url": url } }));
            assert_eq!(said, ["to.url: what is given is not an address that begins with https:// or http://"], "{url}");
        }
        assert!(told(json!({ "id": "a", "to": { "kind": "webhook", "url": "http://127.0.0.1:9/x" } })).is_empty());
    }

    #[test]
    fn every_problem_of_a_target_is_told() {
        let said = told(json!({ "id": "", "events": ["suppressed"], "at_most": { "count": 0 }, "timeout": "5m",
            "to": { "kind": "command", "argv": [] } }));
        assert_eq!(said.len(), 5, "{said:#?}");
        let said = told(
            json!({ "id": "a", "to": { "kind": "webhook", "url": "https://h/", "headers": { "a b": "c", "d": "e\nf" } } }),
        );
        assert_eq!(
            said,
            [
                "to.headers: \"a b\" is not the name of a header",
                "to.headers.d: what is given is not the value of a header"
            ]
        );
    }
}
