//! `wirereel check run`: verdicts, phases and exit codes for scripts.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    thread,
};

use serde_json::{Value, json};

/// Answers every request with 200; gives its port.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    };
    thread::Builder::new().name("server".into()).spawn(answer).unwrap();
    port
}

/// A port that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn check(workspace: &Path, arguments: &[&str]) -> Output {
    let run = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(["check", "run", "--workspace"])
        .arg(workspace)
        .args(arguments)
        .output();
    run.unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn configured(websites: Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wirereel.json"), json!({ "websites": websites }).to_string()).unwrap();
    folder
}

#[test]
fn one_that_is_down_fails_the_round_and_the_others_are_told_all_the_same() {
    let (open, closed) = (server(), closed_port());
    let folder = configured(json!([
        { "name": "shop", "url": format!("http://127.0.0.1:{open}/") },
        { "name": "cart", "url": format!("http://127.0.0.1:{closed}/") },
        { "name": "old", "url": "http://127.0.0.1:9/", "paused": true },
    ]));
    let round = check(folder.path(), &["--format", "json"]);
    assert_eq!(round.status.code(), Some(1));
    assert!(error(&round).contains("1 of 2 websites down"), "{}", error(&round));
    let told: Value = serde_json::from_slice(&round.stdout).unwrap();
    let facts = |at: usize| (told[at]["website"].clone(), told[at]["up"].clone(), told[at]["status"].clone());
    assert_eq!(facts(0), (json!("shop"), json!(true), json!(200)));
    assert_eq!(facts(1), (json!("cart"), json!(false), json!(null)));
    assert_eq!(told.as_array().unwrap().len(), 2, "one that is paused is not checked");
    assert!(told[0]["connect_us"].is_u64() && told[0]["ttfb_us"].is_u64(), "{told}");
    assert!(told[0]["tls_us"].is_null() && told[1]["connect_us"].is_null(), "what did not happen is missing: {told}");

    let one = check(folder.path(), &["shop"]);
    assert_eq!(one.status.code(), Some(0), "{}", error(&one));
    assert!(String::from_utf8_lossy(&one.stdout).contains("200"));
}

#[test]
fn a_url_needs_no_configuration_and_a_name_that_nobody_has_says_which_there_are() {
    let folder = configured(json!([{ "name": "shop", "url": "http://127.0.0.1:9/" }]));
    let url = format!("tcp://127.0.0.1:{}", server());
    assert_eq!(check(folder.path(), &[&url]).status.code(), Some(0));
    let unknown = check(folder.path(), &["shp"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(error(&unknown).contains(r#"no website is called "shp", and it is no URL; wirereel.json has: shop"#));
}

#[test]
fn a_mistake_in_a_website_is_told_with_its_path_and_fails_the_round() {
    let folder = configured(json!([
        { "url": format!("http://127.0.0.1:{}/", server()) },
        { "url": "http://127.0.0.1:9/", "interval": "5x" },
    ]));
    let round = check(folder.path(), &[]);
    assert_eq!(round.status.code(), Some(1));
    assert!(
        error(&round).contains(r#"websites[1].interval: "5x" is not a duration such as "10s""#),
        "{}",
        error(&round)
    );
    assert!(String::from_utf8_lossy(&round.stdout).contains("up"), "the one that is right is checked");
}
