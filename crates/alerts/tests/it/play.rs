//! A machine that is fed by the second, and what it said in short lines.

use wirereel_alerts::{AlertConfig, Event, Machine, Observation, Reading, Subject};

pub(crate) const SECOND: i64 = 1_000_000_000;
/// 2026-11-26T00:00:00Z.
pub(crate) const EPOCH: i64 = 1_795_651_200 * SECOND;

/// Feeds one subject, `website shop`.
pub(crate) struct Play {
    pub(crate) machine: Machine,
    pub(crate) events: Vec<Event>,
}

impl Play {
    pub(crate) fn new(config: serde_json::Value) -> Self {
        let config: AlertConfig = serde_json::from_value(config).expect("a configuration");
        Self { machine: Machine::new(config).expect("right"), events: Vec::new() }
    }

    /// One rule about every website's `up` or `load`.
    pub(crate) fn rule(rule: serde_json::Value) -> Self {
        Self::new(with_rule(rule, serde_json::json!([])))
    }

    pub(crate) fn read(&mut self, second: i64, metric: &str, reading: Reading) {
        let seen = Observation {
            kind: "website",
            name: "shop",
            metric,
            at_ns: EPOCH + second * SECOND,
            every_ns: None,
            reading,
        };
        self.machine.observe(&seen, &mut self.events);
    }

    pub(crate) fn check(&mut self, second: i64, ok: bool) {
        self.read(second, "up", Reading::Outcomes { good: u64::from(ok), bad: u64::from(!ok) });
    }

    pub(crate) fn value(&mut self, second: i64, value: f64) {
        self.read(second, "load", Reading::Value(value));
    }

    pub(crate) fn tick(&mut self, second: i64) {
        self.machine.tick(EPOCH + second * SECOND, &mut self.events);
    }

    pub(crate) fn silence(&mut self, second: i64, until: i64) {
        let subject = Subject::new("website", "shop");
        self.machine.silence(None, &subject, EPOCH + until * SECOND, EPOCH + second * SECOND, &mut self.events);
    }

    pub(crate) fn acknowledge(&mut self, second: i64) {
        let id = self.machine.open_alerts().next().expect("an open alert").alert_id.clone();
        self.machine.acknowledge(&id, EPOCH + second * SECOND).expect("it is open");
    }

    /// `30 opened`, `95 resolved (maintenance)`: what happened since this was asked last, seconds since the beginning.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.events.drain(..).map(|event| line(&event)).collect()
    }
}

/// A rule that is named `r`, about websites, with everything that is not given.
pub(crate) fn with_rule(mut rule: serde_json::Value, maintenance: serde_json::Value) -> serde_json::Value {
    let fields = rule.as_object_mut().expect("an object");
    fields.insert("id".into(), "r".into());
    fields.entry("subject").or_insert(serde_json::json!({ "kind": "website" }));
    fields.entry("metric").or_insert("load".into());
    serde_json::json!({ "rules": [rule], "maintenance": maintenance })
}

pub(crate) fn line(event: &Event) -> String {
    let nanos = event.at_ns - EPOCH;
    let second = if nanos % SECOND == 0 { (nanos / SECOND).to_string() } else { format!("{}ns", nanos) };
    let quiet = event
        .quiet
        .map(|quiet| format!(" ({})", serde_json::to_value(quiet).expect("a word").as_str().expect("a word")));
    format!("{second} {}{}", event.what.word(), quiet.unwrap_or_default())
}
