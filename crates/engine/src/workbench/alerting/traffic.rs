//! Readings of services and of calls between them, while something is captured and a rule is about them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wirereel_alerts::AlertConfig;
use wirereel_query::{
    answer::{Golden, ServiceKind, Topology},
    question::{Scope, TimeRange},
};

use super::Workbench;
use crate::{
    EngineError,
    alerting::{OwnedReading, Reading},
    clock::now_us,
    workbench::lock,
};

const SERVICE: &str = "service";
const EDGE: &str = "edge";
const ERRORS: &str = "errors";
const REQUESTS: &str = "requests";
const LATENCIES: [&str; 3] = ["latency_p50_ms", "latency_p95_ms", "latency_p99_ms"];

/// Traffic is read in pieces of so long.
const PIECE: Duration = Duration::from_secs(5);
/// So late: rows are to be seen two seconds after their packets.
const LAG_US: i64 = 3_000_000;
/// The longest piece: what lies further back is not read after somebody was busy.
const LONGEST_US: i64 = 60_000_000;
const SECOND_US: i64 = 1_000_000;

/// How far traffic was read.
#[derive(Default)]
pub(super) struct Traffic {
    looked: Option<Instant>,
    /// Up to here, while something is captured.
    until_us: Option<i64>,
    /// Services and calls were forgotten, and nothing was read since.
    is_forgotten: bool,
}

impl Workbench {
    /// Feeds what services and calls were like, when it is time. Where nothing is captured any more nobody can say how they are, and least
    /// of all that they are silent: their alerts are over.
    pub(in crate::workbench) fn feed_traffic(&self) {
        let mut traffic = lock(&self.alarm.traffic);
        if traffic.looked.is_some_and(|looked| looked.elapsed() < PIECE) {
            return;
        }
        traffic.looked = Some(Instant::now());
        let captured = self.captured_into().filter(|_| is_about_traffic(self.alerting().desk().config()));
        let Some(workspace) = captured else {
            traffic.until_us = None;
            if !std::mem::replace(&mut traffic.is_forgotten, true) {
                self.alerting().keep_only(SERVICE, Vec::new());
                self.alerting().keep_only(EDGE, Vec::new());
            }
            return;
        };
        let to_us = (now_us() - LAG_US).div_euclid(SECOND_US) * SECOND_US;
        let piece_us = PIECE.as_micros() as i64;
        let from_us = traffic.until_us.unwrap_or(to_us - piece_us).max(to_us - LONGEST_US);
        if from_us >= to_us {
            return;
        }
        let range = TimeRange { from_us, to_us };
        let read = || -> Result<Topology, EngineError> {
            self.catch_up();
            Ok(workspace.reader(None)?.topology(&Scope { range: Some(range), filter: String::new() })?)
        };
        // What cannot be read now is a part of the next piece.
        if let Ok(topology) = read() {
            (traffic.until_us, traffic.is_forgotten) = (Some(to_us), false);
            self.alerting().feed(readings(&topology, to_us.saturating_mul(1_000)));
        }
    }
}

/// Whether any rule is about what only traffic tells.
fn is_about_traffic(config: &AlertConfig) -> bool {
    let fed = |metric: &str| metric == ERRORS || metric == REQUESTS || LATENCIES.contains(&metric);
    let is_about = |kind: &str| kind.is_empty() || kind == SERVICE || kind == EDGE;
    config.rules.iter().any(|rule| rule.enabled && is_about(&rule.subject.kind) && fed(&rule.metric))
}

/// What a piece of traffic says of everybody who was called in it.
fn readings(topology: &Topology, at_ns: i64) -> Vec<OwnedReading> {
    let services = topology.nodes.iter().filter(|node| node.kind == ServiceKind::Service);
    let services = services.map(|node| (SERVICE, node.name.clone(), &node.golden));
    let edges = topology.edges.iter().map(|edge| (EDGE, format!("{} → {}", edge.client, edge.server), &edge.golden));
    services.chain(edges).flat_map(|(kind, name, golden)| of(kind, &name, golden, at_ns)).collect()
}

/// Who was asked nothing says nothing: that is what silence is.
fn of(kind: &'static str, name: &str, golden: &Golden, at_ns: i64) -> Vec<OwnedReading> {
    if golden.requests == 0 {
        return Vec::new();
    }
    let bad = (golden.errors_5xx + golden.failed).min(golden.requests);
    let latencies = LATENCIES.into_iter().zip([golden.p50_us, golden.p95_us, golden.p99_us]);
    let latencies = latencies.filter_map(|(metric, us)| Some((metric, Reading::Value(us? as f64 / 1_000.0))));
    let name: Arc<str> = name.into();
    [(REQUESTS, Reading::Count(golden.requests)), (ERRORS, Reading::Outcomes { good: golden.requests - bad, bad })]
        .into_iter()
        .chain(latencies)
        .map(|(metric, reading)| OwnedReading { kind, name: Arc::clone(&name), metric, at_ns, every_ns: None, reading })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn golden(requests: u64, errors_5xx: u64, failed: u64) -> Value {
        json!({ "requests": requests, "rate": 1.0, "errors_4xx": 1, "errors_5xx": errors_5xx, "failed": failed, "error_share": 0.0,
            "p50_us": 1_500, "p95_us": null, "p99_us": 20_000, "bytes_up": 0, "bytes_down": 0 })
    }

    fn topology() -> Topology {
        let node = |name: &str, kind: &str, golden: Value| {
            json!({ "name": name, "kind": kind, "golden": golden, "trend": [], "error_trend": [], "active_connections": 0,
                "entry_point": false, "addresses": [], "blocks": [], "address_count": 1 })
        };
        let edge = json!({ "client": "cart", "server": "payment", "golden": golden(4, 1, 0), "protocol": "http/1.1", "connects": 0,
            "refused": 0, "resets": 0, "active_connections": 0 });
        serde_json::from_value(json!({
            "range": { "from_us": 0, "to_us": 5_000_000 },
            "nodes": [node("payment", "service", golden(10, 2, 1)), node("quiet", "service", golden(0, 0, 0)),
                node("customers", "customers", golden(7, 0, 0))],
            "edges": [edge], "entry_points": [], "entry_points_guessed": false,
        }))
        .unwrap()
    }

    #[test]
    fn services_and_calls_say_how_they_answered_and_who_was_not_asked_says_nothing() {
        let said: Vec<_> = readings(&topology(), 7)
            .into_iter()
            .map(|said| (said.name.to_string(), said.metric, said.reading))
            .collect();
        let of = |name: &str, requests, good, bad| {
            let name = name.to_owned();
            [
                (name.clone(), "requests", Reading::Count(requests)),
                (name.clone(), "errors", Reading::Outcomes { good, bad }),
                (name.clone(), "latency_p50_ms", Reading::Value(1.5)),
                (name, "latency_p99_ms", Reading::Value(20.0)),
            ]
        };
        assert_eq!(said, [of("payment", 10, 7, 3), of("cart → payment", 4, 3, 1)].concat());
    }

    #[test]
    fn traffic_is_read_only_where_a_rule_asks_for_it() {
        let config = |rule: Value| -> AlertConfig { serde_json::from_value(json!({ "rules": [rule] })).unwrap() };
        let rule = |kind: &str, metric: &str, enabled: bool| json!({ "id": "r", "subject": { "kind": kind }, "metric": metric, "enabled": enabled, "when": { "kind": "silence", "after": "5m" } });
        assert!(is_about_traffic(&config(rule("service", "requests", true))));
        assert!(is_about_traffic(&config(rule("", "errors", true))));
        assert!(!is_about_traffic(&config(rule("service", "requests", false))));
        assert!(!is_about_traffic(&config(rule("website", "response_ms", true))));
        assert!(!is_about_traffic(&AlertConfig::default()), "what comes with the program costs nothing");
    }
}
