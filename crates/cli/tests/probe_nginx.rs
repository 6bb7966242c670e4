//! A gateway that says nothing of itself: opaque without capture, and with capture its time is taken from its packets. nginx says itself how
//! long it held each call, which is what both are held against.
//!
//! Where nginx or the right to capture is missing the test says so and passes.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "a test says why it was left out")]
#![allow(clippy::unwrap_used, reason = "also in what it shares with benchmarks")]

#[path = "../benches/torture/host.rs"]
mod host;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use host::Host;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
/// nginx lets a call through every so often, and keeps others waiting: time of its own.
const PACE_MS: f64 = 50.0;
const PROBES: usize = 12;

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Lets a call through every [`PACE_MS`].
fn nginx(folder: &Path, port: u16, behind: &str) -> Option<Ended> {
    let conf = format!(
        "daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
         events {{ worker_connections 64; }}
         http {{
           log_format times '$http_wirereel_probe_id $request_time $upstream_response_time';
           access_log {folder}/access.log times;
           limit_req_zone $server_port zone=pace:64k rate={rate}r/s;
           client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
           uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
           server {{
             listen 127.0.0.1:{port} http2;
             location / {{ limit_req zone=pace burst=20; grpc_pass grpc://{behind}; }}
           }}
         }}",
        folder = folder.display(),
        rate = (1_000.0 / PACE_MS) as u32,
    );
    fs::write(folder.join("nginx.conf"), conf).unwrap();
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let child = Command::new("nginx")
        .env("PATH", path)
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    Some(Ended(child))
}

/// `wirereel probe respond`, and where it listens.
fn responder() -> (Ended, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(["probe", "respond", "--name", "catalog", "--region", "Region B", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find(|word| word.starts_with("127.0.0.1:")).expect(&line).to_owned();
    (Ended(child), address)
}

fn until(mut ask: impl FnMut() -> Option<Value>, what: &str) -> Value {
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// What nginx says of a probe: seconds that it held the call and waited for the next, with three decimals, in milliseconds.
fn held_ms(log: &str, id: &str) -> Option<f64> {
    let line = log.lines().find(|line| line.starts_with(id))?;
    let mut times = line.split(' ').skip(1).map(|time| time.parse::<f64>().unwrap());
    Some((times.next()? - times.next()?) * 1_000.0)
}

fn runs(host: &Host, probe: &str) -> Vec<Value> {
    let question = json!({ "probe": probe, "failing": false, "offset": 0, "limit": 100 });
    // Unknown until the file was read.
    host.call("probe_runs", &question).map_or(Vec::new(), |runs| runs["rows"].as_array().unwrap().clone())
}

/// The same one with what packets tell of it, once they do.
fn observed(host: &Host, run: &Value) -> Option<Value> {
    let question =
        json!({ "probe": run["probe"], "intended_us": run["intended_us"], "failing": false, "offset": 0, "limit": 1 });
    let run = host.call("probe_runs", &question).unwrap()["rows"][0].clone();
    (hop(&run, "nginx")["reported"] == "observed").then_some(run)
}

fn hop<'a>(run: &'a Value, name: &str) -> &'a Value {
    run["hops"].as_array().unwrap().iter().find(|hop| hop["hop"] == name).expect("the hop")
}

#[test]
fn a_hop_that_says_nothing_is_opaque_until_its_packets_are_captured() {
    let folder = tempfile::tempdir().unwrap();
    let (home, frontend, server) =
        (folder.path().join("home"), folder.path().join("frontend"), folder.path().join("nginx"));
    for folder in [&home, &frontend, &server] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let (_responder, behind) = responder();
    let port = free_port();
    let Some(_nginx) = nginx(&server, port, &behind) else {
        println!("not tested: nginx is not installed");
        return;
    };
    let probe = |name: &str| {
        json!({
            "name": name, "target": format!("grpc://127.0.0.1:{port}"), "from": "Region A",
            "to": { "region": "Region B", "service": "catalog" }, "interval": "150ms", "timeout": "5s",
            "path": [{ "hop": "nginx", "region": "Region B", "address": format!("127.0.0.1:{port}") }, { "hop": "catalog", "region": "Region B" }],
        })
    };
    let write =
        |probes: &[Value]| fs::write(home.join("wirereel.json"), json!({ "probes": probes }).to_string()).unwrap();

    write(&[probe("before")]);
    let host = Host::start(&home, &frontend).unwrap();
    let run = until(|| runs(&host, "before").into_iter().find(|run| run["state"] == "up"), "a probe through nginx");
    let (silent, catalog) = (hop(&run, "nginx"), hop(&run, "catalog"));
    assert_eq!(
        (&silent["reported"], &silent["own_us"], &silent["link_us"]),
        (&json!("opaque"), &Value::Null, &Value::Null)
    );
    assert_eq!(catalog["reported"], "reported");
    let sum = catalog["link_us"].as_f64().unwrap() + catalog["own_us"].as_f64().unwrap();
    assert!((sum - run["total_us"].as_f64().unwrap()).abs() < 100.0, "{run}");

    // Capture first, so that it sees the beginning of every connection.
    let interfaces = json!({ "config": { "interfaces": ["lo"], "filter": format!("tcp port {port} or tcp port {}", behind.rsplit(':').next().unwrap()) } });
    if let Err(why) = host.call("capture_start", &interfaces) {
        println!("not tested with capture: {why}");
        return;
    }
    let began = Instant::now();
    loop {
        let state = host.call("app_state", &json!({})).unwrap();
        match state["capture"]["state"].as_str() {
            Some("capturing") => break,
            _ if state.to_string().contains("cap_net_raw") => {
                println!("not tested with capture: the right to capture is missing");
                return;
            }
            _ => assert!(began.elapsed() < PATIENCE, "it never captures: {state}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
    // More often than nginx lets calls through, so that they wait in it.
    let names = ["one", "two", "three", "four"];
    write(&names.map(probe));
    let observed = until(
        || {
            let all: Vec<Value> = names
                .iter()
                .flat_map(|name| runs(&host, name))
                .filter(|run| run["state"] == "up")
                .filter_map(|run| observed(&host, &run))
                .collect();
            let waited = all.iter().any(|run| hop(run, "nginx")["own_us"].as_f64().unwrap() > PACE_MS * 500.0);
            (all.len() >= PROBES && waited).then(|| json!(all))
        },
        "probes that were observed, and one that waited in nginx",
    );
    let log = fs::read_to_string(server.join("access.log")).unwrap();
    let mut longest: f64 = 0.0;
    let mut apart_ms: Vec<f64> = Vec::new();
    for run in observed.as_array().unwrap() {
        let id = run["probe_id"].as_str().unwrap();
        let held_ms = held_ms(&log, id).unwrap_or_else(|| panic!("{id} in {log}"));
        let own_ms = hop(run, "nginx")["own_us"].as_f64().unwrap() / 1_000.0;
        // nginx's two times are of a clock that it looks at now and then, each cut to whole milliseconds; and they begin when it is given the
        // processor, which on a busy machine is long after the packet came.
        assert!(own_ms >= held_ms - 3.0, "{own_ms} ms from packets, {held_ms} ms by nginx: {run}");
        apart_ms.push((own_ms - held_ms).abs());
        longest = longest.max(own_ms);
        let parts = run["hops"].as_array().unwrap().iter().flat_map(|hop| [&hop["own_us"], &hop["link_us"]]);
        let sum: f64 = parts.filter_map(Value::as_f64).sum();
        assert!((sum - run["total_us"].as_f64().unwrap()).abs() < 100.0, "{run}");
    }
    apart_ms.sort_by(f64::total_cmp);
    let (middle_ms, count) = (apart_ms[apart_ms.len() / 2], apart_ms.len());
    println!(
        "{count} probes observed, held for up to {longest:.1} ms, {middle_ms:.2} ms apart from nginx's own word in the middle"
    );
    // The same is there to be asked for in SQL, some seconds later.
    let ids: Vec<String> =
        observed.as_array().unwrap().iter().map(|run| format!("'{}'", run["probe_id"].as_str().unwrap())).collect();
    let query = format!(
        "SELECT probe_id, own_us, reported FROM probe_hops WHERE hop = 'nginx' AND observed AND probe_id IN ({})",
        ids.join(", ")
    );
    let rows = until(
        || {
            let rows = host.call("sql", &json!({ "query": query })).unwrap()["rows"].clone();
            (rows.as_array().unwrap().len() == ids.len()).then_some(rows)
        },
        "probes that are observed in SQL",
    );
    for row in rows.as_array().unwrap() {
        let run = observed.as_array().unwrap().iter().find(|run| run["probe_id"] == row[0]).unwrap();
        assert_eq!((&row[1], &row[2]), (&hop(run, "nginx")["own_us"], &json!(false)));
    }
    host.call("capture_stop", &json!({})).unwrap();
    host.end();
}
