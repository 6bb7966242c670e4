//! What a notification says, and the shapes it is sent in.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Channel, Format};
use crate::{Event, Happening, Subject, duration, text::expand, time};

/// A notification's contents. Everything that receivers are sent comes from here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for every attempt to send the same news: receivers can tell what they have.
    pub event_id: String,
    pub event: Happening,
    pub alert_id: String,
    /// Id of the rule.
    pub rule: String,
    pub rule_name: String,
    pub subject: Subject,
    /// The sentence.
    pub message: String,
    /// The number that opened the alert.
    pub value: Option<f64>,
    /// When it happened, nanoseconds since 1970.
    pub at_ns: i64,
    pub opened_at_ns: i64,
    pub resolved_at_ns: Option<i64>,
}

impl Notice {
    /// What is to be said of an event.
    pub fn of(event: &Event) -> Self {
        let alert = &event.alert;
        let message = match (event.what, &alert.recovery_message) {
            (Happening::Resolved, Some(message)) => message.clone(),
            (Happening::Reminded, _) => {
                format!("{} (still, after {})", alert.message, duration(event.at_ns.saturating_sub(alert.opened_at_ns)))
            }
            _ => alert.message.clone(),
        };
        Self {
            event_id: event.event_id.clone(),
            event: event.what,
            alert_id: alert.alert_id.clone(),
            rule: alert.rule.clone(),
            rule_name: alert.rule_name.clone(),
            subject: alert.subject.clone(),
            message,
            value: alert.value,
            at_ns: event.at_ns,
            opened_at_ns: alert.opened_at_ns,
            resolved_at_ns: alert.resolved_at_ns,
        }
    }

    /// A short line above the message.
    pub fn title(&self) -> String {
        let what = match self.event {
            Happening::Opened => "opened",
            Happening::Reminded => "still open",
            Happening::Resolved => "over",
            Happening::Suppressed => "suppressed",
        };
        format!("{} – {what}", self.rule_name)
    }

    /// The whole notice as JSON: times as text, numbers as numbers.
    pub fn json(&self) -> Value {
        json!({
            "event_id": self.event_id,
            "event": self.event,
            "alert_id": self.alert_id,
            "rule": self.rule,
            "rule_name": self.rule_name,
            "kind": self.subject.kind,
            "subject": self.subject.name,
            "title": self.title(),
            "message": self.message,
            "value": self.value,
            "at": time(self.at_ns),
            "opened_at": time(self.opened_at_ns),
            "resolved_at": self.resolved_at_ns.map(time),
            "lasted_s": self.lasted_ns().map(|lasted| lasted / 1_000_000_000),
        })
    }

    /// What a webhook is sent.
    pub(crate) fn body(&self, channel: &Channel) -> Value {
        match channel {
            Channel::Webhook { body: Some(body), .. } => self.filled(body),
            Channel::Webhook { format: Format::Slack, .. } => json!({ "text": self.slack() }),
            _ => self.json(),
        }
    }

    fn lasted_ns(&self) -> Option<i64> {
        self.resolved_at_ns.map(|at| at.saturating_sub(self.opened_at_ns))
    }

    /// Slack's own markup, in which only three characters have a meaning that must be taken from them.
    fn slack(&self) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let sign = if self.event == Happening::Resolved { ":white_check_mark:" } else { ":red_circle:" };
        format!("{sign} *{}*\n{}", escaped(&self.title()), escaped(&self.message))
    }

    /// A body of the user's with the words in its texts replaced. Words are replaced inside of texts that are already read, so nothing
    /// that a name contains can become anything but text.
    fn filled(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => Value::String(expand(text, |word| self.word(word))),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), self.filled(value))).collect())
            }
            other => other.clone(),
        }
    }

    fn word(&self, word: &str) -> Option<String> {
        Some(match word {
            "alert" => self.alert_id.clone(),
            "event" => self.event.word().to_owned(),
            "event_id" => self.event_id.clone(),
            "duration" => self.lasted_ns().map(duration).unwrap_or_default(),
            "kind" => self.subject.kind.clone(),
            "message" => self.message.clone(),
            "rule" => self.rule_name.clone(),
            "subject" | "website" => self.subject.name.clone(),
            "time" => time(self.at_ns),
            "title" => self.title(),
            "value" => self.value.map(|value| crate::text::number(value, 3)).unwrap_or_default(),
            _ => return None,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::notify) fn notice(name: &str) -> Notice {
        Notice {
            event_id: "1-a/opened".into(),
            event: Happening::Opened,
            alert_id: "1-a".into(),
            rule: "website-down".into(),
            rule_name: "Website down".into(),
            subject: Subject::new("website", name),
            message: format!("Website {name} is down."),
            value: Some(75.0),
            at_ns: 1_795_706_454_000_000_000,
            opened_at_ns: 1_795_706_454_000_000_000,
            resolved_at_ns: None,
        }
    }

    fn webhook(format: Format, body: Option<Value>) -> Channel {
        Channel::Webhook { url: "https://h/".into(), format, body, headers: std::collections::BTreeMap::new() }
    }

    #[test]
    fn slack_gets_one_text_without_markup_that_came_from_a_name() {
        let body = notice("<!channel> & co").body(&webhook(Format::Slack, None));
        let wanted = ":red_circle: *Website down – opened*\nWebsite &lt;!channel&gt; &amp; co is down.";
        assert_eq!(body, json!({ "text": wanted }));
    }

    #[test]
    fn a_generic_receiver_gets_everything() {
        let mut resolved = notice("shop");
        resolved.event = Happening::Resolved;
        resolved.resolved_at_ns = Some(resolved.opened_at_ns + 65_000_000_000);
        let body = resolved.body(&webhook(Format::Generic, None));
        assert_eq!(body["event"], "resolved");
        assert_eq!((body["kind"].as_str(), body["subject"].as_str()), (Some("website"), Some("shop")));
        assert_eq!((body["resolved_at"].as_str(), body["lasted_s"].as_i64()), (Some("2026-11-26T15:21:59Z"), Some(65)));
    }

    proptest! {
        #[test]
        fn whatever_a_name_contains_a_body_stays_the_json_it_was(name in "\\PC{0,20}[\"\\\\{}\n]{0,4}\\PC{0,20}") {
            let body = json!({ "a": ["{subject}", 3, null], "b": { "{subject}": "x {subject} y" } });
            let sent = notice(&name).body(&webhook(Format::Generic, Some(body))).to_string();
            let read: Value = serde_json::from_str(&sent).unwrap();
            prop_assert_eq!(read, json!({ "a": [name, 3, null], "b": { "{subject}": format!("x {name} y") } }));
        }
    }
}
