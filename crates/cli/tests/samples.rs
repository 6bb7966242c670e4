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
        .collect();
    let wanted: BTreeSet<(String, String)> = json("shop-edges.json")["edges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| (text(&edge["client"]), text(&edge["server"])))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn exchanges_of_the_flash_sale_are_what_the_services_logged() {
    check_truth("shop-flash-sale");
}

#[test]
fn exchanges_of_the_day_are_what_the_services_logged() {
    check_truth("shop-day");
}

/// Count per service, method, route and status; routes fold their ids as the truth file says.
fn check_truth(name: &str) {
    let shell = Shell::with_sample(&format!("{name}.pcapng"));
    let found: BTreeSet<String> = shell
        .sql(
            "SELECT server_service AS service, method, regexp_replace(path, '/[^/]*[0-9][^/]*', '/:id', 'g') AS route, status, count(*) AS count
             FROM http_exchanges GROUP BY ALL",
        )
        .iter()
        .map(counted)
        .collect();
    let truth = json(&format!("{name}.truth.json"));
    let wanted: BTreeSet<String> = truth["counts"].as_array().expect("a list").iter().map(counted).collect();
    assert_eq!(found, wanted);
    assert_eq!(shell.value("SELECT sum(packets) FROM sources"), truth["packets"]);
}

fn counted(row: &Value) -> String {
    format!(
        "{} {} {} {} × {}",
        text(&row["service"]),
        text(&row["method"]),
        text(&row["route"]),
        row["status"],
        row["count"]
    )
}

#[test]
fn customers_are_one_node_and_only_the_dns_responder_is_unresolved() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    assert_eq!(shell.sql("SELECT name FROM services WHERE kind = 'customers'").len(), 1);
    let unresolved = shell.sql("SELECT ip, hint FROM unresolved_addresses");
    assert_eq!(unresolved.len(), 1, "{unresolved:?}");
    assert_eq!(text(&unresolved[0]["hint"]), "DNS");
}

#[test]
fn no_credential_of_the_shop_reaches_the_database() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    let capture = fs::read(sample("shop-flash-sale.pcapng")).expect("the sample");
    let sent = secrets(&capture);
    assert!(sent.len() > 10, "the sample carries credentials: {}", sent.len());
    // Both as rows and as bytes: a column may be compressed in the file, and a page may hold what no row shows.
    let mut stored = shell.done(&["sql", "--format", "csv", "SELECT * FROM http_exchanges"]).into_bytes();
    stored.extend(fs::read(shell.folder.path().join("events.duckdb")).expect("the database"));
    let leaked: Vec<_> = sent.iter().filter(|secret| memmem(&stored, secret)).collect();
    assert!(leaked.is_empty(), "{} of {} credentials are in the database", leaked.len(), sent.len());
}

/// What follows `Basic ` and `Bearer ` in the capture, each once, at most 200.
fn secrets(capture: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for scheme in [b"Basic ".as_slice(), b"Bearer "] {
        for at in capture.windows(scheme.len()).enumerate().filter(|(_, window)| *window == scheme).map(|(at, _)| at) {
            let rest = &capture[at + scheme.len()..];
            let end = rest.iter().position(|byte| *byte < b' ').unwrap_or(rest.len());
            if end >= 12 {
                found.insert(rest[..end].to_vec());
            }
        }
    }
    found.into_iter().take(200).collect()
}

fn memmem(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    haystack
        .iter()
        .enumerate()
        .any(|(at, byte)| byte == first && haystack.get(at + 1..at + needle.len()).is_some_and(|tail| tail == rest))
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
