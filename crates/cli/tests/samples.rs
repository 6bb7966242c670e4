//! The samples against what the shop itself wrote down.

mod support;

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use support::{Shell, sample};

fn json(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(sample(name)).expect(name)).expect("JSON")
}

#[test]
fn the_flash_sale_has_15_services_and_exactly_the_shops_edges() {
    check_graph(&Shell::with_sample("shop-flash-sale.pcapng"));
}

#[test]
fn the_day_has_15_services_and_exactly_the_shops_edges() {
    let shell = Shell::with_sample("shop-day.pcapng");
    check_graph(&shell);
    let hours = shell.value("SELECT date_diff('hour', min(started_at), max(started_at)) FROM http_exchanges");
    assert!(hours.as_u64().is_some_and(|h| h >= 22), "{hours}");
}

fn check_graph(shell: &Shell) {
    assert_eq!(shell.value("SELECT count(*) FROM services WHERE kind = 'service'"), 15);
    let found: BTreeSet<(String, String)> = shell
        .sql("SELECT client_service, server_service FROM edges")
        .iter()
        .map(|row| (text(&row["client_service"]), text(&row["server_service"])))
        .filter(|(client, _)| client != "customers")
        .collect();
    let wanted: BTreeSet<(String, String)> = json("shop-edges.json")
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| (text(&edge["client"]), text(&edge["server"])))
        .collect();
    assert_eq!(found, wanted);
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
