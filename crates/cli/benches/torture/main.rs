//! Random `kill -9` of the serving process and of its agent while traffic is captured, each followed by a start.
//!
//! `make torture` prints a table and writes `target/bench/torture.json`. `WIREREEL_KILLS` has another number than 100, `WIREREEL_SEED` another
//! sequence. It needs the right to capture on `lo`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

#[path = "../../../api/benches/figures/mod.rs"]
mod figures;
mod host;
mod load;
mod random;
mod segments;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use figures::Figures;
use host::Host;
use load::Load;
use random::{Random, number};
use serde_json::json;

/// What was answered so long before a kill must be there afterwards: it was synced within a second, and reaches the segments within half of one.
const DURABLE_AFTER: Duration = Duration::from_millis(1_800);
/// Views whose whole rows are compared, without the numbers that follow from the order of reading.
const COMPARED: [&str; 5] = [
    "SELECT * EXCLUDE (exchange_id, flow_id, source_id) FROM http_exchanges ORDER BY ALL",
    "SELECT * EXCLUDE (flow_id, source_id) FROM flows ORDER BY ALL",
    "SELECT * EXCLUDE (flow_id) FROM flow_events ORDER BY ALL",
    "SELECT * EXCLUDE (source_id, flow_id) FROM ingest_errors ORDER BY ALL",
    "SELECT * EXCLUDE (latency) FROM edge_rollups ORDER BY ALL",
];

/// Of these, what a plain import of the segments says as well: the host's sockets lie beside them, so processes, the names that follow from
/// them, and when it was known who the server is (the history's `^`) are not in it. Of a connection without its beginning they also tell which
/// end is the server, so that its ends are compared without their order.
const IN_SEGMENTS: [&str; 4] = [
    "SELECT * EXCLUDE (exchange_id, flow_id, source_id, client_service, server_service) FROM http_exchanges ORDER BY ALL",
    "SELECT * EXCLUDE (flow_id, source_id, client_service, server_service, process, client_process, server_process, history) FROM flows \
     WHERE handshake <> 'mid_stream' ORDER BY ALL",
    "SELECT transport, least(client_ip || ':' || client_port, server_ip || ':' || server_port) AS one, \
     greatest(client_ip || ':' || client_port, server_ip || ':' || server_port) AS other, opened_at, closed_at, close_reason, \
     client_packets + server_packets AS packets, client_bytes + server_bytes AS bytes FROM flows WHERE handshake = 'mid_stream' ORDER BY ALL",
    "SELECT * EXCLUDE (flow_id, client_service, server_service) FROM flow_events ORDER BY ALL",
];

/// Everything that is counted.
#[derive(Default)]
struct Counted {
    kills: u64,
    agent_kills: u64,
    failed_opens: u64,
    lost_packets: u64,
    completions: Vec<Duration>,
    trouble: Vec<String>,
}

fn main() {
    let kills = number("WIREREEL_KILLS", 100);
    let mut random = Random(number("WIREREEL_SEED", 20_261_126).max(1));
    let folder = tempfile::tempdir().unwrap();
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    fs::create_dir_all(&frontend).unwrap();
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let load = Load::start();
    let mut counted = Counted::default();
    let mut durable: HashSet<u64> = HashSet::new();
    while counted.kills < kills {
        match round(&home, &frontend, &load, &mut random, &mut counted, kills) {
            Ok(numbers) => durable.extend(numbers),
            Err(trouble) => {
                eprintln!("{trouble}");
                counted.failed_opens += 1;
                counted.trouble.push(trouble);
                if counted.trouble.len() > 5 {
                    break;
                }
            }
        }
    }
    // The last start, which reads what the last kill left.
    let began = Instant::now();
    let host = Host::start(&home, &frontend).unwrap();
    settle(&host, &home, &mut counted).unwrap();
    println!("the last start took {:?} until every row was there", began.elapsed());
    host.end();
    let captured = numbers_in(&home.join("live"));
    let port = load.port;
    load.end();
    let missing: Vec<_> = durable.difference(&captured).take(10).collect();
    let lost_requests = durable.difference(&captured).count();
    if lost_requests > 0 {
        println!("missing requests (port {port}): {missing:?}");
    }
    let again = same_rows(&home, &rebuilt(&folder.path().join("again"), &home));
    let afresh = same_exchanges(&home, &imported(&folder.path().join("afresh"), &home));
    tell(&counted, durable.len(), lost_requests, &again, &afresh, segments::packets(&home));
    assert_eq!((counted.lost_packets, counted.failed_opens, lost_requests), (0, 0, 0));
    assert!(again.is_none() && afresh.is_none(), "{again:?} {afresh:?}");
}

/// A start, traffic, and a kill or two. Gives the requests that must be there afterwards.
fn round(
    home: &Path,
    frontend: &Path,
    load: &Load,
    random: &mut Random,
    counted: &mut Counted,
    kills: u64,
) -> Result<Vec<u64>, String> {
    let host = Host::start(home, frontend)?;
    settle(&host, home, counted)?;
    let config = json!({ "config": { "interfaces": ["lo"], "filter": format!("tcp port {}", load.port) } });
    host.call("capture_start", &config)?;
    host.wait("capturing", |state| state["capture"]["state"] == "capturing")?;
    // Capturing since some time before this.
    let since = Instant::now() + Duration::from_millis(300);
    thread::sleep(Duration::from_millis(1_500 + random.below(3_500)));
    let mut durable = Vec::new();
    if random.below(4) == 0 && host.kill_agent() {
        let killed = Instant::now();
        (counted.kills, counted.agent_kills) = (counted.kills + 1, counted.agent_kills + 1);
        durable.extend(load.between(since, killed - DURABLE_AFTER));
        host.wait("capturing again", |state| {
            state["capture"]["state"] == "capturing" && killed.elapsed().as_millis() > 300
        })?;
        thread::sleep(Duration::from_millis(random.below(1_500)));
        if counted.kills >= kills {
            host.kill();
            return Ok(durable);
        }
    } else {
        durable.extend(load.between(since, Instant::now().checked_sub(DURABLE_AFTER).unwrap_or(since)));
    }
    host.kill();
    counted.kills += 1;
    print!("\r{} kills ", counted.kills);
    Ok(durable)
}

/// Opens the live recording and waits until every row is there; counts what is missing of what was in the segments.
fn settle(host: &Host, home: &Path, counted: &mut Counted) -> Result<(), String> {
    let before = segments::packets(home);
    if before == 0 {
        return Ok(());
    }
    let began = Instant::now();
    host.call("open_recent", &json!({ "recording_id": "live" }))?;
    let state = host.wait("completed", |state| state["import"]["state"] != "running")?;
    let mut rows = 0;
    // What is read again is told to be done a moment before its last rows are in.
    while rows < before && began.elapsed() < Duration::from_secs(30) {
        rows = host.sql("SELECT coalesce(sum(packets), 0)::BIGINT FROM sources")?[0][0].as_u64().unwrap_or_default();
        thread::sleep(Duration::from_millis(20));
    }
    counted.completions.push(began.elapsed());
    let lost = before.saturating_sub(rows);
    if lost > 0 {
        counted.trouble.push(format!("{rows} of {before} packets: {state}"));
    }
    counted.lost_packets += lost;
    if state["notices"].to_string().contains("set aside") {
        return Err(format!("the database was set aside: {}", state["notices"]));
    }
    Ok(())
}

/// Numbers of the requests that a workspace holds with their answers.
fn numbers_in(workspace: &Path) -> HashSet<u64> {
    let targets = rows(workspace, "SELECT DISTINCT target FROM http_exchanges WHERE status = 200");
    targets.lines().filter_map(|target| target.rsplit('/').next()?.parse().ok()).collect()
}

/// A workspace whose rows are made anew of the same segments.
fn rebuilt(again: &Path, home: &Path) -> PathBuf {
    copy(&home.join("live/segments"), &again.join("live/segments"));
    let run = Command::new(env!("CARGO_BIN_EXE_wirereel")).args(["rebuild", "--workspace"]).arg(again).status();
    assert!(run.unwrap().success());
    again.join("live")
}

/// A workspace that each run's segments are imported into, put together to one capture.
fn imported(afresh: &Path, home: &Path) -> PathBuf {
    fs::create_dir_all(afresh).unwrap();
    let mut import = Command::new(env!("CARGO_BIN_EXE_wirereel"));
    import.arg("import").arg("--workspace").arg(afresh.join("workspace"));
    for (number, run) in segments::runs(home).iter().enumerate() {
        let bytes: Vec<u8> = segments::of(run).iter().flat_map(|segment| fs::read(segment).unwrap()).collect();
        if bytes.is_empty() {
            continue;
        }
        let capture = afresh.join(format!("{number:04}.pcapng"));
        fs::write(&capture, bytes).unwrap();
        import.arg(capture);
    }
    assert!(import.status().unwrap().success());
    afresh.join("workspace")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}

fn rows(workspace: &Path, query: &str) -> String {
    let asked = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(["sql", query, "--format", "csv", "--workspace"])
        .arg(workspace)
        .output()
        .unwrap();
    assert!(asked.status.success(), "{query}: {}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8(asked.stdout).unwrap()
}

/// The first difference between all rows of two workspaces.
fn same_rows(home: &Path, other: &Path) -> Option<String> {
    COMPARED.iter().find_map(|query| difference(query, &home.join("live"), other))
}

/// The first difference between what two workspaces say was said.
fn same_exchanges(home: &Path, other: &Path) -> Option<String> {
    IN_SEGMENTS.iter().find_map(|query| difference(query, &home.join("live"), other))
}

fn difference(query: &str, one: &Path, other: &Path) -> Option<String> {
    let (one, other) = (rows(one, query), rows(other, query));
    println!("{} rows: {}...", one.lines().count().saturating_sub(1), &query[..60.min(query.len())]);
    let mut lines = one.lines().zip(other.lines());
    match lines.find(|(one, other)| one != other) {
        Some((one, other)) => Some(format!("{query}\n  {one}\n  {other}")),
        None if one.lines().count() != other.lines().count() => {
            Some(format!("{query}: {} and {} rows", one.lines().count(), other.lines().count()))
        }
        None => None,
    }
}

fn tell(
    counted: &Counted,
    durable: usize,
    lost_requests: usize,
    again: &Option<String>,
    afresh: &Option<String>,
    packets: u64,
) {
    let mut figures = Figures::new("torture");
    let truth = |same: bool| f64::from(u8::from(same));
    figures.add("kills", counted.kills as f64, "");
    figures.add("agent_kills", counted.agent_kills as f64, "");
    figures.add("failed_opens", counted.failed_opens as f64, "");
    figures.add("packets", packets as f64, "");
    figures.add("lost_packets", counted.lost_packets as f64, "");
    figures.add("durable_requests", durable as f64, "");
    figures.add("lost_requests", lost_requests as f64, "");
    figures.add("rows_as_rebuilt", truth(again.is_none()), "");
    figures.add("rows_as_imported_afresh", truth(afresh.is_none()), "");
    if !counted.completions.is_empty() {
        figures.add_times("until_every_row_is_there", counted.completions.clone());
    }
    figures.finish();
    for trouble in counted.trouble.iter().chain(again).chain(afresh) {
        println!("  {trouble}");
    }
}
