//! `wirereel probe`: verdicts, paths and exit codes for scripts, and hops that end when they are told to.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    relay::{Relay, RelayOptions},
    responder::{Responder, ResponderOptions},
};

/// A relay and a responder behind it, in this process.
struct Way {
    runtime: Runtime,
    cancellation: CancellationToken,
    relay: String,
}

impl Way {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let cancellation = CancellationToken::new();
        let responder = json!({ "name": "catalog", "region": "us", "listen": "127.0.0.1:0" });
        let options: ResponderOptions = serde_json::from_value(responder).unwrap();
        let responder = runtime.block_on(Responder::bind(options)).unwrap();
        let behind = format!("grpc://{}", responder.local_addr().unwrap());
        runtime.spawn(responder.run(cancellation.clone()));
        let relay = json!({ "name": "Relay A", "region": "us", "listen": "127.0.0.1:0", "routes": { "services": { "catalog": behind } } });
        let options: RelayOptions = serde_json::from_value(relay).unwrap();
        let relay = runtime.block_on(Relay::bind(options)).unwrap();
        let address = relay.local_addr().unwrap().to_string();
        runtime.spawn(relay.run(cancellation.clone()));
        Self { runtime, cancellation, relay: address }
    }

    fn end(self) {
        self.cancellation.cancel();
        self.runtime.shutdown_background();
    }
}

fn wirereel(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirereel"));
    command.arg("probe").args(arguments);
    command
}

fn round(workspace: &Path, arguments: &[&str]) -> Output {
    wirereel(&["run", "--workspace"]).arg(workspace).args(arguments).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn configured(probes: Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wirereel.json"), json!({ "probes": probes }).to_string()).unwrap();
    folder
}

#[test]
fn a_round_tells_every_hop_and_fails_when_one_is_down() {
    let way = Way::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = configured(json!([
        { "name": "way", "target": format!("grpc://{}", way.relay), "from": "eu", "to": { "region": "us", "service": "catalog" } },
        { "name": "nobody", "target": format!("grpc://{closed}") },
        { "name": "old", "target": "grpc://127.0.0.1:9", "paused": true },
    ]));
    let all = round(folder.path(), &["--format", "json"]);
    assert_eq!(all.status.code(), Some(1));
    assert!(error(&all).contains("1 of 2 probes down"), "{}", error(&all));
    let told: Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 2, "one that is paused is not sent");
    assert_eq!((&told[0]["up"], &told[0]["grpc_status"]), (&json!(true), &json!(0)));
    let hops: Vec<_> = told[0]["hops"].as_array().unwrap().iter().map(|hop| (&hop["hop"], &hop["role"])).collect();
    assert_eq!(hops, [(&json!("Relay A"), &json!("relay")), (&json!("catalog"), &json!("responder"))]);
    let part = |hop: &Value, part: &str| hop[part].as_f64().unwrap_or(0.0);
    let hops = told[0]["hops"].as_array().unwrap();
    let sum: f64 = hops.iter().map(|hop| part(hop, "own_us") + part(hop, "link_us")).sum();
    let rest = told[0]["unattributed_us"].as_f64().unwrap_or(0.0);
    assert!((sum + rest - told[0]["total_us"].as_f64().unwrap()).abs() < 0.01, "{told}");
    assert_eq!((&told[1]["up"], &told[1]["failure"]), (&json!(false), &json!("refused")));

    let one = round(folder.path(), &["way"]);
    assert_eq!(one.status.code(), Some(0), "{}", error(&one));
    let text = String::from_utf8_lossy(&one.stdout).into_owned();
    assert!(text.contains("Relay A") && text.contains("catalog"), "{text}");
    way.end();
}

#[test]
fn a_target_needs_no_configuration_and_mistakes_are_told() {
    let folder = configured(json!([{ "name": "way", "target": "grpc://127.0.0.1:9", "interval": "5x" }]));
    let round_of = |arguments: &[&str]| round(folder.path(), arguments);
    let wrong = round_of(&[]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(error(&wrong).contains(r#"probes[0].interval: "5x" is not a duration"#), "{}", error(&wrong));
    let unknown = round_of(&["wy"]);
    assert!(error(&unknown).contains(r#"no probe is called "wy", and it is no target"#), "{}", error(&unknown));
    let none = round_of(&["grpc://"]);
    assert!(none.status.code() == Some(1) && error(&none).contains("target"), "{}", error(&none));
}

/// A hop that runs as a process of its own, and not longer than its test.
struct Hop(Child);

impl Hop {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The address that it says it listens on.
    fn address(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().rsplit(' ').next().unwrap().to_owned()
    }
}

impl Drop for Hop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
#[test]
fn hops_of_the_command_line_carry_a_probe_and_end_when_interrupted() {
    let mut service =
        Hop::start(&mut wirereel(&["respond", "--name", "catalog", "--region", "us", "--listen", "127.0.0.1:0"]));
    let behind = service.address();
    let route = format!("catalog={behind}");
    let mut gateway = Hop::start(&mut wirereel(&[
        "gateway",
        "--name",
        "Gateway",
        "--region",
        "us",
        "--listen",
        "127.0.0.1:0",
        "--service",
        &route,
    ]));
    let towards = format!("us={}", gateway.address());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.json");
    fs::write(&file, json!({ "name": "Relay A", "region": "eu", "listen": "127.0.0.1:0" }).to_string()).unwrap();
    let mut relay = Hop::start(wirereel(&["relay", "--towards", &towards, "--config"]).arg(&file));
    let probes = json!([{ "name": "way", "target": format!("grpc://{}", relay.address()), "to": { "region": "us", "service": "catalog" } }]);
    let home = configured(probes);
    let round = round(home.path(), &["--format", "json"]);
    assert_eq!(round.status.code(), Some(0), "{} {}", error(&round), String::from_utf8_lossy(&round.stdout));
    let told: Value = serde_json::from_slice(&round.stdout).unwrap();
    let hops: Vec<_> = told[0]["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].as_str().unwrap()).collect();
    assert_eq!(hops, ["Relay A", "Gateway", "catalog"]);
    for mut hop in [relay, gateway, service] {
        let pid = hop.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(hop.0.wait().unwrap().code(), Some(0));
    }
    let mistake = wirereel(&["relay", "--default", "not an address"]).output().unwrap();
    assert_eq!(mistake.status.code(), Some(1), "{}", error(&mistake));
}
