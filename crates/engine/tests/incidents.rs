//! Incidents of the samples, against what the shop itself logged; and of a recording in which nothing is wrong.
#![allow(clippy::print_stdout, reason = "the figures of the comparison are worth reading")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use wirereel_engine::{
    Workspace,
    import::{Unwatched, import},
};
use wirereel_query::reel::{Incident, IncidentKind, IncidentsQuestion};
use wirereel_testkit::{Conversation, Packets, Side};

/// A fault as the shop logged it.
#[derive(Debug, Clone)]
struct Fault {
    service: String,
    kind: String,
    begin_us: i64,
    end_us: i64,
    /// Another fault of the service followed at once.
    followed: bool,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps")
}

/// Faults of a truth file; one that follows another of the same service ends it.
fn faults(sample: &str) -> Vec<Fault> {
    let text = fs::read_to_string(samples().join(format!("{sample}.truth.json"))).expect("a truth file");
    let truth: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let lines = truth["faults"].as_array().expect("a list");
    let at_us = |line: &serde_json::Value| line["at_ns"].as_i64().expect("a time") / 1_000;
    let mut faults = Vec::new();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| line["change"] == "begin") {
        let end = lines[place + 1..].iter().find(|later| later["service"] == line["service"]).expect("an end");
        faults.push(Fault {
            service: line["service"].as_str().expect("a name").into(),
            kind: line["fault"]["kind"].as_str().expect("a kind").into(),
            begin_us: at_us(line),
            end_us: at_us(end),
            followed: end["change"] == "begin",
        });
    }
    faults
}

struct Opened {
    _folder: tempfile::TempDir,
    workspace: Workspace,
}

impl Opened {
    fn capture(path: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::open(folder.path()).expect("opens");
        import(&workspace, &[path.to_owned()], &Unwatched).expect("imports");
        Self { _folder: folder, workspace }
    }

    fn incidents(&self) -> Vec<Incident> {
        let reader = self.workspace.reader(None).expect("a reader");
        let begun = Instant::now();
        let incidents = reader.incidents(&IncidentsQuestion::default()).expect("answers");
        println!("{} incidents in {:?}", incidents.len(), begun.elapsed());
        for incident in &incidents {
            println!("{incident:?}");
        }
        incidents
    }

    /// Calls to a service in a span: requests, and connections refused.
    fn calls(&self, service: &str, from_us: i64, to_us: i64) -> u64 {
        let reader = self.workspace.reader(None).expect("a reader");
        let within = |at: &str| format!("{at} > make_timestamp({from_us}) AND {at} < make_timestamp({to_us})");
        let sql = format!(
            "SELECT (SELECT count(*) FROM http_exchanges WHERE server_service = '{service}' AND {}) \
             + (SELECT count(*) FROM flow_events e WHERE kind = 'refused' AND server_service = '{service}' AND {})",
            within("started_at"),
            within("e.at")
        );
        reader.sql(&sql, 1).expect("answers").rows[0][0].as_u64().expect("a number")
    }
}

/// What a fault of the shop looks like from outside.
fn looks_like(kind: &str) -> IncidentKind {
    match kind {
        "crash" | "refuse" => IncidentKind::Crash,
        "errors" | "reset" => IncidentKind::Failing,
        "slow" => IncidentKind::Slow,
        other => panic!("an unknown fault {other:?}"),
    }
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// Every fault is found once, with its kind, no later than a tolerance after it was logged, or with the first call after that; and nothing
/// besides is found.
fn compare(sample: &str, tolerance_us: i64) {
    let opened = Opened::capture(&samples().join(format!("{sample}.pcapng")));
    let mut incidents = opened.incidents();
    for fault in faults(sample) {
        let place = incidents.iter().position(|incident| {
            (incident.service.as_str(), incident.kind) == (fault.service.as_str(), looks_like(&fault.kind))
                && incident.range.from_us < fault.end_us
                && incident.range.to_us > fault.begin_us
        });
        let found = incidents.remove(place.unwrap_or_else(|| panic!("{fault:?} was not found")));
        let late_us = found.range.from_us - fault.begin_us;
        let calls_before = opened.calls(&fault.service, fault.begin_us, found.range.from_us);
        println!(
            "{sample}: {} of {}: begin {:+.3} s ({calls_before} calls in between), end {:+.3} s",
            fault.kind,
            fault.service,
            seconds(late_us),
            seconds(found.range.to_us - fault.end_us),
        );
        assert_eq!(found.recovered, !fault.followed, "{found:?}");
        assert!(late_us.abs() <= tolerance_us || (late_us > 0 && calls_before == 0), "{found:?} for {fault:?}");
    }
    assert_eq!(incidents, [], "nothing else is reported");
}

#[test]
fn the_crash_of_the_flash_sale_is_found_within_a_second_of_the_shops_own_log() {
    compare("shop-flash-sale", 1_000_000);
}

/// The day was recorded in six minutes and stretched by 240, so a second of the recording is 240 seconds of the file.
#[test]
fn every_fault_of_the_day_is_found_and_nothing_else() {
    compare("shop-day", 240_000_000);
}

/// Three services in a row, a few hundred visits of customers at uneven times, with single errors, a slow answer and a client that hangs up.
fn healthy(random: &mut impl FnMut(u64) -> u64) -> Packets {
    let mut packets = Packets(Vec::new());
    let mut at_ns = 1_790_000_000_000_000_000;
    for visit in 0..400_u64 {
        at_ns += 1_000_000 * (20 + random(600)) as i64;
        let client = format!("198.51.100.{}:{}", 1 + visit % 200, 20_000 + visit);
        let inside = format!("10.0.0.1:{}", 30_000 + visit);
        let status = if random(250) == 0 { "500 Oops" } else { "200 OK" };
        let took_ms = if random(60) == 0 { 300 + random(500) } else { 5 + random(20) };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
        let outer = Conversation::tcp(&client, "10.0.0.1:80")
            .at(at_ns)
            .handshake()
            .client(b"GET /a HTTP/1.1\r\nHost: front\r\n\r\n");
        let inner = Conversation::tcp(&inside, "10.0.0.2:80")
            .at(at_ns + 1_000_000)
            .handshake()
            .client(b"GET /b HTTP/1.1\r\nHost: back\r\n\r\n")
            .wait(1_000_000 * took_ms as i64)
            .server(answer.as_bytes())
            .close();
        let outer = outer.wait(1_000_000 * (took_ms as i64 + 5)).server(answer.as_bytes()).close();
        packets = packets.merge(outer.packets()).merge(inner.packets());
    }
    packets
}

/// Numbers below a bound, the same ones for a seed.
fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn found_in(packets: &Packets) -> Vec<Incident> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made-up.pcap");
    fs::write(&path, packets.pcap()).expect("written");
    Opened::capture(&path).incidents()
}

/// Connections tried without success, one every half second.
fn refused(client: &str, server: &str, count: u16, from_ns: i64) -> Packets {
    let mut packets = Packets(Vec::new());
    for n in 0..count {
        let tried =
            Conversation::tcp(&format!("{client}:{}", 50_000 + n), server).at(from_ns + i64::from(n) * 500_000_000);
        packets = packets.merge(tried.syn().reset(Side::Server).packets());
    }
    packets
}

#[test]
fn ports_that_a_scan_tries_are_no_crash_and_the_services_own_is() {
    let healthy = healthy(&mut random(5));
    let end_ns = 1_790_000_000_000_000_000 + 200 * 1_000_000_000;
    assert_eq!(found_in(&healthy.clone().merge(refused("10.0.0.1", "10.0.0.2:9999", 12, end_ns))), []);
    let found = found_in(&healthy.merge(refused("10.0.0.1", "10.0.0.2:80", 12, end_ns)));
    let told: Vec<_> =
        found.iter().map(|incident| (incident.service.as_str(), incident.kind, incident.recovered)).collect();
    assert_eq!(told, [("back", IncidentKind::Crash, false)]);
    assert_eq!((found[0].range.from_us, found[0].first_sign.as_str()), (end_ns / 1_000 + 1_000, "connection refused"));
    let saw = &found[0].callers[0];
    assert_eq!((saw.client.as_str(), saw.calls, saw.refused, saw.first_answer_us), ("front", 12, 12, None));
    assert!(saw.last_answer_us.is_some_and(|at_us| at_us < end_ns / 1_000));
}

#[test]
fn a_recording_in_which_nothing_is_wrong_has_no_incident() {
    for seed in 1..=8_u64 {
        assert_eq!(found_in(&healthy(&mut random(seed))), [], "seed {seed}");
    }
}
