//! Live capture on this host's loopback interface, with the real agent.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be captured there.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "also in what the tests share")]

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use wirereel_engine::{CaptureConfig, Workbench};
use wirereel_query::{
    alerts::AlertsQuestion,
    customers::{NamingRules, NamingSave, ServiceName},
    question::FlowPacketsQuestion,
    workbench::{CaptureState, ImportState},
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A workbench in the folder; `None` where this machine does not let it capture.
fn workbench(home: &Path) -> Option<Arc<Workbench>> {
    let workbench = Workbench::open(home).unwrap();
    let found = workbench.capture_interfaces().expect("the agent is built: cargo build -p wirereel-whisperer");
    assert!(found.interfaces.iter().any(|interface| interface.name == "lo"));
    if let Some(why) = found.hindrance {
        println!("not tested: {why}");
        return None;
    }
    Some(workbench)
}

/// A server that answers so many connections of one request each.
fn server(connections: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::Builder::new()
        .name("server".into())
        .spawn(move || {
            for stream in listener.incoming().take(connections) {
                let mut stream = stream.unwrap();
                let mut asked = [0; 1_024];
                let _ = stream.read(&mut asked).unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").unwrap();
            }
        })
        .unwrap();
    port
}

fn ask(port: u16, number: usize) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let asked = format!("GET /item/{number} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("hello"));
}

fn start(workbench: &Arc<Workbench>, port: u16) {
    let config = CaptureConfig { filter: format!("tcp port {port}"), ..CaptureConfig::default() };
    workbench.start_capture(config).unwrap();
    reach(workbench, CaptureState::Capturing);
}

/// Waits for a state; another one that is final tells why.
fn reach(workbench: &Workbench, wanted: CaptureState) {
    wait_for(|| {
        let status = workbench.app_state("test").unwrap().capture;
        assert!(wanted == status.state || status.state != CaptureState::WrongConfiguration, "{:?}", status.reason);
        status.state == wanted
    });
}

fn stop(workbench: &Workbench) {
    let began = Instant::now();
    workbench.stop_capture();
    reach(workbench, CaptureState::Stopped);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[track_caller]
fn wait_for(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Rows that do not depend on when they were numbered.
fn rows(workbench: &Workbench) -> Vec<String> {
    let queries = [
        "SELECT client_port, started_at::VARCHAR, finished_at::VARCHAR, method, target, status, complete FROM http_exchanges ORDER BY ALL",
        "SELECT client_port, opened_at::VARCHAR, closed_at::VARCHAR, close_reason, history, client_bytes, server_bytes, client_process, server_process, client_service, server_service FROM flows ORDER BY ALL",
        "SELECT \"at\"::VARCHAR, kind FROM flow_events ORDER BY ALL",
    ];
    let reader = workbench.reader(None).unwrap();
    queries.iter().flat_map(|query| reader.sql(query, 10_000).unwrap().rows).map(|row| format!("{row:?}")).collect()
}

#[test]
fn requests_show_while_capturing_and_their_packets_can_be_read_back() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server(20);
    start(&workbench, port);
    (0..20).for_each(|number| ask(port, number));
    let asked = Instant::now();
    let exchanges = || workbench.app_state("test").unwrap().recording.unwrap().exchanges;
    wait_for(|| exchanges() == 20);
    println!("the last of 20 requests showed after {:?}", asked.elapsed());
    wait_for(|| workbench.app_state("test").unwrap().capture.packets > 0);
    stop(&workbench);
    let reader = workbench.reader(None).unwrap();
    let flows = reader.sql("SELECT flow_id FROM flows ORDER BY opened_at", 100).unwrap().rows;
    assert_eq!(flows.len(), 20);
    let flow_id = flows[0][0].as_u64().unwrap();
    let page = workbench.flow_packets(&FlowPacketsQuestion { flow_id, offset: 0, limit: 100 }, None).unwrap();
    assert!(page.packets.len() >= 6, "{page:?}");
    let status = workbench.app_state("test").unwrap().capture;
    assert_eq!((status.lost, status.reason), (0, None));
    workbench.shut_down();
}

#[test]
fn the_hosts_sockets_tell_processes_and_who_is_the_server() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Neither its beginning nor its ports nor its first bytes say who the client is.
    let mut before = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut accepted = listener.accept().unwrap().0;
    start(&workbench, port);
    let own_port = before.local_addr().unwrap().port();
    let mut answer = [0; 3];
    accepted.write_all(b"\0\x01?").unwrap();
    before.read_exact(&mut answer).unwrap();
    before.write_all(b"\0\x02").unwrap();
    // It is there when the sockets are looked at.
    wait_for(|| workbench.app_state("test").unwrap().capture.packets >= 4);
    drop((before, accepted));
    stop(&workbench);

    let row = "SELECT client_port, server_port, direction_known, handshake, client_process, server_process, process, client_service, \
               server_service FROM flows";
    let rows = workbench.reader(None).unwrap().sql(row, 10).unwrap().rows;
    let process = std::env::current_exe().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let service = format!("localhost:{port}");
    let expected = serde_json::json!([own_port, port, true, "mid_stream", process, process, process, service, service]);
    assert_eq!(serde_json::json!(rows), serde_json::json!([expected]), "this process serves and calls itself");
    let filtered =
        workbench.reader(None).unwrap().sql("SELECT count(*) FROM flows WHERE client_process IS NULL", 1).unwrap();
    assert_eq!(filtered.rows[0][0], 0);
    workbench.shut_down();
}

#[test]
fn rules_about_services_are_judged_while_capturing_and_their_alerts_end_with_it() {
    let home = tempfile::tempdir().unwrap();
    let rule = r#"{ "id": "answers", "subject": { "kind": "service" }, "metric": "latency_p95_ms",
        "when": { "kind": "at_least", "threshold": 0 } }"#;
    fs::write(home.path().join("wirereel.json"), format!(r#"{{ "alerts": {{ "rules": [{rule}] }} }}"#)).unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server(5_000);
    let alerts = || workbench.alerts(&AlertsQuestion { limit: 10, ..AlertsQuestion::default() }, None).unwrap().rows;
    start(&workbench, port);
    wait_for(|| {
        ask(port, 0);
        !alerts().is_empty()
    });
    let opened = alerts().remove(0);
    assert_eq!((opened.subject.kind.as_str(), opened.resolved_us), ("service", None), "{opened:?}");
    assert_eq!(opened.subject.name, "shop.test", "as its callers name it");
    stop(&workbench);
    wait_for(|| alerts()[0].resolved_us.is_some());
    let over = alerts().remove(0);
    assert_eq!(over.quiet.as_deref(), Some("removed"), "nobody can say how it is any more: {over:?}");
    workbench.shut_down();
}

#[test]
fn after_a_crash_rows_are_those_of_the_segments() {
    let home = tempfile::tempdir().unwrap();
    let Some(first) = workbench(home.path()) else { return };
    let port = server(30);
    for numbers in [0..10, 10..30] {
        start(&first, port);
        numbers.for_each(|number| ask(port, number));
        wait_for(|| first.app_state("test").unwrap().capture.packets > 0);
        stop(&first);
    }
    let before = rows(&first);
    assert_eq!(before.iter().filter(|row| row.contains("/item/")).count(), 30);
    first.shut_down();
    drop(first);
    // What a killed process leaves: a database that is torn, and half a packet at the end of a segment.
    let live = home.path().join("live");
    fs::write(live.join("events.duckdb"), b"torn").unwrap();
    let runs: Vec<_> = fs::read_dir(live.join("segments")).unwrap().map(|run| run.unwrap().path()).collect();
    assert_eq!(runs.len(), 2, "a folder for each run");
    let segment = fs::read_dir(runs.iter().max().unwrap()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    bytes.extend([6, 0, 0, 0, 200, 0, 0, 0, 1, 2, 3]);
    fs::write(&segment, bytes).unwrap();

    let second = Workbench::open(home.path()).unwrap();
    second.open_recent("live").unwrap();
    // Rows come while everything else can be used.
    wait_for(|| rows(&second).len() >= before.len());
    wait_for(|| second.app_state("test").unwrap().import.is_none_or(|import| import.state == ImportState::Done));
    assert_eq!(rows(&second), before);
    second.shut_down();
}

#[test]
fn a_capture_that_cannot_be_says_why_and_another_can_be_started() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    workbench.start_capture(CaptureConfig { filter: "tcp prot 80".into(), ..CaptureConfig::default() }).unwrap();
    wait_for(|| workbench.app_state("test").unwrap().capture.state == CaptureState::WrongConfiguration);
    let reason = workbench.app_state("test").unwrap().capture.reason.unwrap();
    assert!(reason.starts_with("filter: \"tcp prot 80\" is not a capture filter"), "{reason}");
    let port = server(1);
    start(&workbench, port);
    let twice = workbench.start_capture(CaptureConfig::default()).unwrap_err().to_string();
    assert_eq!(twice, "A capture is running: stop it first.");
    stop(&workbench);
    workbench.shut_down();
}

#[test]
fn names_that_are_saved_while_capturing_hold_at_once_for_what_was_captured() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server(3);
    start(&workbench, port);
    (0..3).for_each(|number| ask(port, number));
    wait_for(|| workbench.app_state("test").unwrap().recording.unwrap().exchanges == 3);
    // Nothing comes any more that names would follow with.
    let rule = ServiceName { name: "till".into(), port: Some(port), ..ServiceName::default() };
    let save = NamingSave {
        before: NamingRules::default(),
        after: NamingRules { names: vec![rule], ..NamingRules::default() },
    };
    workbench.save_naming(&save).unwrap();
    wait_for(|| !workbench.naming().unwrap().following);
    let state = workbench.naming().unwrap();
    assert!(state.services.contains(&"till".to_owned()), "{state:?}");
    let named = "SELECT count(*) FROM http_exchanges WHERE server_service = 'till'";
    let rows = workbench.reader(None).unwrap().sql(named, 1).unwrap().rows;
    assert_eq!(rows[0][0].as_u64(), Some(3));
    let file = home.path().join("live/wirereel.json");
    let by_hand = fs::read_to_string(&file).unwrap().replace("till", "checkout");
    fs::write(&file, by_hand).unwrap();
    let renamed = "SELECT count(*) FROM http_exchanges WHERE server_service = 'checkout'";
    wait_for(|| workbench.reader(None).unwrap().sql(renamed, 1).unwrap().rows[0][0].as_u64() == Some(3));
    stop(&workbench);
    workbench.shut_down();
}
