//! A check that failed leads to its own packets: captured while it was made, its result names its flow and its exchange.
//!
//! Where the right to capture is missing the test says so and passes.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "a test says why it was left out")]
#![allow(clippy::unwrap_used, reason = "also in what it shares with benchmarks")]

#[path = "../benches/torture/host.rs"]
mod host;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use host::Host;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// Says that it is not available, for as long as the test runs.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 2_048]);
            let _ = stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater");
        }
    };
    thread::Builder::new().name("server".into()).spawn(serve).unwrap();
    port
}

/// Starts to capture a port; `false` where that is not allowed here.
fn captures(host: &Host, port: u16) -> bool {
    let all = host.call("whisperers", &json!({})).unwrap();
    if let Some(why) = all[0]["hindrance"].as_str() {
        println!("not tested: {why}");
        return false;
    }
    let config = json!({ "interfaces": ["lo"], "filter": format!("tcp port {port}") });
    host.call("capture_start", &json!({ "config": config })).unwrap();
    host.wait("capturing", |state| state["capture"]["state"] == "capturing").unwrap();
    true
}

#[test]
fn a_check_that_failed_names_its_flow_and_its_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    for folder in [&home, &frontend] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let port = server();
    let host = Host::start(&home, &frontend).unwrap();
    if !captures(&host, port) {
        return;
    }
    let website = json!({ "name": "shop", "url": format!("http://127.0.0.1:{port}/till"), "interval": "500ms" });
    fs::write(home.join("wirereel.json"), json!({ "websites": [website] }).to_string()).unwrap();

    let began = Instant::now();
    let run = loop {
        let runs = host.call("check_runs", &json!({ "failing": true, "limit": 50 })).unwrap();
        if let Some(run) = runs["rows"].as_array().unwrap().iter().find(|run| run["exchange_id"].is_u64()) {
            break run.clone();
        }
        assert!(began.elapsed() < PATIENCE, "no check has an exchange: {runs}");
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((&run["state"], &run["status"]), (&json!("down"), &json!(503)));
    let exchange = host.call("exchange", &json!({ "exchange_id": run["exchange_id"] })).unwrap();
    // Flows are stored when they are over, a moment after their exchanges.
    let flow = loop {
        match host.call("flow", &json!({ "flow_id": run["flow_id"] })) {
            Ok(flow) => break flow,
            Err(why) => assert!(began.elapsed() < PATIENCE, "{why}"),
        }
        thread::sleep(Duration::from_millis(100));
    };
    let text = exchange.to_string();
    assert!(text.contains("/till") && text.contains("503"), "{text}");
    let client: Value = json!(run["local"].as_str().unwrap().rsplit(':').next().unwrap().parse::<u16>().unwrap());
    assert!(flow.to_string().contains(&format!("\"client_port\":{client}")), "{flow}");
    host.call("capture_stop", &json!({})).unwrap();
    host.end();
}
