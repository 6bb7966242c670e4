//! What real peers said to each other, against what they noted of it themselves, and whole rows as snapshots. `recordings/README.md` says
//! which peers, and how a truth file is read.
//!
//! `INSTA_UPDATE=always cargo test -p wirereel-cli --test recordings` writes the snapshots anew; read the difference before committing it.

mod support;

use std::{
    collections::BTreeSet,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use serde_json::Value;
use support::Shell;

/// What every credential in the recordings contains, and how Basic credentials carry it.
const CREDENTIALS: [&str; 2] = ["not-for-any-database", "bm90LWZvci1hbnktZGF0YWJhc2U"];

#[test]
fn http2_exchanges_are_what_curl_and_nginx_noted() {
    check("h2-prior-knowledge");
}

#[test]
fn http2_is_picked_up_in_the_middle_of_a_connection() {
    check("h2-midstream");
}

#[test]
fn concurrent_streams_resets_and_goaway_leave_each_request_its_own_answer() {
    check("h2-many-streams");
}

#[test]
fn padding_continuation_trailers_and_pushed_streams_are_read() {
    check("h2-rare-frames");
}

#[test]
fn an_upgrade_to_h2c_goes_on_as_http2() {
    check("h2c-upgrade");
}

#[test]
fn unary_grpc_calls_are_what_both_ends_noted() {
    check("grpc-unary");
}

#[test]
fn messages_of_client_streams_are_what_both_ends_noted() {
    check("grpc-client-stream");
}

#[test]
fn messages_of_server_streams_are_what_both_ends_noted() {
    check("grpc-server-stream");
}

#[test]
fn messages_of_both_directions_are_what_both_ends_noted() {
    check("grpc-bidi");
}

#[test]
fn a_grpc_status_is_found_after_messages_without_any_and_not_in_abandoned_calls() {
    check("grpc-errors");
}

#[test]
fn a_websocket_has_the_bytes_of_its_frames() {
    check("websocket");
}

#[test]
fn odd_corners_of_http1_are_what_curl_and_nginx_noted() {
    check("http1-odd");
}

#[test]
fn tls12_handshakes_and_certificates_are_what_openssl_and_nginx_noted() {
    check("tls12");
}

#[test]
fn tls13_handshakes_are_what_openssl_and_nginx_noted() {
    check("tls13");
}

#[test]
fn dns_over_tcp_is_what_dig_was_answered() {
    check("dns-tcp");
}

#[test]
fn dns_questions_that_wait_together_on_one_connection_are_told_apart() {
    check("dns-tcp-pipelined");
}

#[test]
fn dns_with_edns_is_what_dig_was_answered() {
    check("dns-udp-edns");
}

#[test]
fn multicast_dns_is_what_zeroconf_was_answered() {
    check("mdns");
}

#[test]
fn no_credential_reaches_the_database() {
    for name in ["h2-prior-knowledge", "grpc-unary", "websocket", "http1-odd"] {
        let shell = imported(name);
        let rows = shell.done(&["sql", "--format", "csv", "SELECT * FROM http_exchanges"]);
        assert!(rows.contains("<hidden>"), "{name}: something was hidden");
        let mut stored = rows.into_bytes();
        stored.extend(fs::read(shell.folder.path().join("events.duckdb")).expect("the database"));
        let stored = String::from_utf8_lossy(&stored);
        for credential in CREDENTIALS {
            assert!(!stored.contains(credential), "{name}: {credential} is in the database");
        }
    }
}

#[test]
fn every_recording_is_small_listed_and_says_how_it_was_made() {
    let listed = fs::read_to_string(folder().join("README.md")).expect("the list");
    let names = names();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let bytes = fs::metadata(capture(&name)).expect("a capture").len();
        assert!(bytes <= 60 << 10, "{name}: {bytes} bytes");
        assert!(listed.contains(&format!("| `{name}` |")), "{name} is not in the list");
        let truth = truth(&name);
        assert!(list(&truth["made_by"]).iter().all(Value::is_string), "{name}");
        assert!(!list(&truth["commands"]).is_empty(), "{name}");
    }
}

/// Compares the rows of a recording with every witness, then with the snapshots of the tables that were witnessed, and of its flows.
fn check(name: &str) {
    let shell = imported(name);
    let truth = truth(name);
    let witnesses = list(&truth["witnesses"]);
    assert!(!witnesses.is_empty(), "{name} has no witness");
    let differences: Vec<String> = witnesses.iter().filter_map(|witness| difference(&shell, witness)).collect();
    assert!(differences.is_empty(), "{name}\n{}", differences.join("\n"));

    let tables: BTreeSet<&str> = witnesses.iter().map(|witness| text(&witness["table"])).chain(["flows"]).collect();
    for table in tables {
        let query = match table {
            "flows" => "SELECT * EXCLUDE (flow_id, source_id) FROM flows ORDER BY opened_at, client_port",
            "http_exchanges" => {
                "SELECT * EXCLUDE (exchange_id, flow_id, source_id) FROM http_exchanges ORDER BY started_at, client_port, stream_id"
            }
            "tls_handshakes" => "SELECT * EXCLUDE (flow_id) FROM tls_handshakes ORDER BY \"at\", sni",
            "dns_queries" => "SELECT * FROM dns_queries ORDER BY \"at\", name, type",
            _ => panic!("{name}: no snapshot is known of {table}"),
        };
        insta::assert_snapshot!(format!("{name}__{table}"), shell.done(&["sql", "--format", "csv", query]));
    }
}

/// What a witness noted that is not in the table, and the other way round.
fn difference(shell: &Shell, witness: &Value) -> Option<String> {
    let (who, table) = (text(&witness["who"]), text(&witness["table"]));
    let noted = list(&witness["rows"]);
    // All rows of a witness have the same keys, which are columns or expressions over them.
    let keys: Vec<&String> = noted.first().and_then(Value::as_object).expect("a row").keys().collect();
    let columns: Vec<String> = keys.iter().enumerate().map(|(at, key)| format!("{key} AS c{at}")).collect();
    let query = format!("SELECT {} FROM {table} WHERE {}", columns.join(", "), text(&witness["where"]));
    let found = shell.sql(&query);

    let mut wanted: Vec<String> = noted.iter().map(|row| line(keys.iter().map(|key| &row[key.as_str()]))).collect();
    let mut surplus = Vec::new();
    for row in &found {
        let row = line((0..keys.len()).map(|at| &row[format!("c{at}")]));
        match wanted.iter().position(|wanted| *wanted == row) {
            Some(at) => drop(wanted.swap_remove(at)),
            None => surplus.push(row),
        }
    }
    if wanted.is_empty() && surplus.is_empty() {
        return None;
    }
    let lines = |rows: &[String]| rows.iter().map(|row| format!("\n    {row}")).collect::<String>();
    Some(format!("  {table}, noted by {who} only:{}\n  in rows only:{}", lines(&wanted), lines(&surplus)))
}

/// A row as a line. Addresses are written in one way, since peers have several.
fn line<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.map(|value| canonical(value).to_string()).collect::<Vec<_>>().join(" ")
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::String(text) => text.parse::<IpAddr>().map_or_else(|_| value.clone(), |ip| ip.to_string().into()),
        Value::Array(values) => values.iter().map(canonical).collect(),
        _ => value.clone(),
    }
}

fn imported(name: &str) -> Shell {
    let shell = Shell::new();
    shell.done(&["import", &capture(name).display().to_string()]);
    shell
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

fn capture(name: &str) -> PathBuf {
    folder().join(format!("{name}.pcapng"))
}

/// Names of all recordings that lie in the folder.
fn names() -> BTreeSet<String> {
    let files = fs::read_dir(folder()).expect("the recordings");
    let names = files.map(|file| file.expect("an entry").file_name().into_string().expect("a name"));
    names.filter_map(|name| name.strip_suffix(".pcapng").map(str::to_owned)).collect()
}

fn truth(name: &str) -> Value {
    let path = folder().join(format!("{name}.truth.json"));
    serde_json::from_str(&fs::read_to_string(path).expect(name)).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
