//! Dashboards: their shape, and that every query of every panel and variable has data.

use std::{
    collections::HashSet,
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{PATIENCE, files, host::Prometheus};

const UIDS: [&str; 4] = ["wirereel-itself", "wirereel-overview", "wirereel-paths", "wirereel-websites"];
/// What only captured traffic has.
const OF_TRAFFIC: [&str; 3] = ["wirereel_service_", "wirereel_call_", "wirereel_ingest_lag_seconds"];
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is a list"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is a text in {value}"))
}

/// As Grafana would ask it, with every variable at "All".
fn filled(query: &str) -> String {
    let names = ["$__rate_interval", "$__range", "$website", "$probe"];
    let filled = names
        .iter()
        .zip(["8s", "20s", ".*", ".*"])
        .fold(query.to_owned(), |query, (name, value)| query.replace(name, value));
    assert!(!filled.contains('$'), "a variable that nobody knows: {query}");
    filled
}

/// What a variable's query is as a query of Prometheus: `label_values(metric, label)` is every series of the metric by the label.
fn of_variable(query: &str) -> String {
    let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).expect("label_values(…)");
    let (metric, label) = inner.rsplit_once(',').expect("a metric and a label");
    format!("count by ({}) ({metric})", label.trim())
}

/// Asks everything, again and again until all have data, and names those that never have.
pub(crate) fn every_panel_has_data(prometheus: &Prometheus, captures: bool) {
    let mut open: Vec<(String, String)> = Vec::new();
    let mut uids = Vec::new();
    for path in files("grafana", "json") {
        let dashboard: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
        let uid = text(&dashboard, "uid").to_owned();
        assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(uid.as_str()));
        let variables = list(&dashboard["templating"], "list");
        let sources = variables.iter().filter(|variable| variable["type"] == "datasource").count();
        assert_eq!((text(&variables[0], "name"), sources), ("datasource", 1), "{uid}");
        for variable in &variables[1..] {
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{uid}");
            let query = text(&variable["query"], "query");
            open.push((format!("{uid}, variable {}", text(variable, "name")), of_variable(query)));
        }
        let mut ids = HashSet::new();
        for panel in list(&dashboard, "panels") {
            let title = text(panel, "title");
            assert!(ids.insert(panel["id"].as_u64()), "{uid}: two panels have the id of {title}");
            let right = panel["gridPos"]["x"].as_u64().zip(panel["gridPos"]["w"].as_u64()).map(|(x, w)| x + w);
            assert!(right.is_some_and(|right| right <= 24), "{uid}: {title} is wider than the page");
            for target in list(panel, "targets") {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{uid}: {title}");
                open.push((format!("{uid}, {title}"), filled(text(target, "expr"))));
            }
        }
        uids.push(uid);
    }
    assert_eq!(uids, UIDS);
    let is_asked = |query: &str| captures || !OF_TRAFFIC.iter().any(|of| query.contains(of));
    open.retain(|(_, query)| is_asked(query));
    assert!(open.len() > 40, "only {} queries", open.len());
    let began = Instant::now();
    loop {
        open.retain(|(_, query)| !prometheus.ask(query).iter().any(|(_, value)| value.is_finite()));
        if open.is_empty() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "no data: {open:#?}");
        std::thread::sleep(Duration::from_millis(500));
    }
}
