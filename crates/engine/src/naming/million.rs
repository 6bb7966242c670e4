//! A million customers, measured: `cargo nextest run --workspace --run-ignored only --no-capture -E 'test(a_million_customers)'`.
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::{
    ops::Range,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use wirereel_day::Crowd;
use wirereel_query::{
    customers::{
        CustomerGrouping, CustomerSort, CustomersQuestion, NamingRules, ServiceName, UnresolvedQuestion, UnresolvedSort,
    },
    question::{DensityQuestion, Scope},
};
use wirereel_store::{NewSource, SourceId, SourceKind, Writer};

use crate::{Workspace, config::check_naming, import::Collector};

const CUSTOMERS: u32 = 1_000_000;
/// Of a batch.
const AT_ONCE: u32 = 20_000;
const START_NS: i64 = 1_795_176_000_000_000_000;
const STEP_NS: i64 = 500_000;

fn batch(writer: &mut Writer, collector: &mut Collector, crowd: &Crowd, numbers: Range<u32>) {
    numbers.for_each(|number| crowd.visit(number, collector));
    writer.write_soon(collector.take()).unwrap();
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    println!("{what:<60} {:>9.1} ms", began.elapsed().as_secs_f64() * 1e3);
    done
}

/// The median of some runs.
fn median(what: &str, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("{what:<60} {:>9.1} ms", times[2].as_secs_f64() * 1e3);
    times[2]
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

fn questions(workspace: &Workspace) {
    let scope = Scope::default;
    let reader = || workspace.reader(None).unwrap();
    let range = reader().recording().unwrap().range.unwrap();
    let middle_us = (range.from_us + range.to_us) / 2;
    median("graph of the whole recording", || drop(reader().topology(&scope()).unwrap()));
    median("state at an instant", || drop(reader().state_at(middle_us, "").unwrap()));
    let density = DensityQuestion { range, buckets: 2_000, filter: String::new() };
    median("density, 2,000 buckets", || drop(reader().density(&density).unwrap()));
    for (what, by, points) in [
        ("customers by network, 300 points", CustomerGrouping::Network, 300),
        ("customers by address", CustomerGrouping::Address, 0),
        ("customers by identity", CustomerGrouping::Identity, 0),
    ] {
        let sort = CustomerSort::Requests;
        let asked =
            CustomersQuestion { by, points, sort, descending: true, limit: 100, ..CustomersQuestion::default() };
        median(what, || drop(reader().customers(&asked).unwrap()));
    }
    let minute = wirereel_query::question::TimeRange { from_us: middle_us, to_us: middle_us + 60_000_000 };
    let minute = Scope { range: Some(minute), filter: String::new() };
    let asked = CustomersQuestion { scope: minute, points: 300, limit: 100, ..CustomersQuestion::default() };
    median("customers of a minute by network, 300 points", || drop(reader().customers(&asked).unwrap()));
    for (sort, search) in [
        (UnresolvedSort::Flows, None),
        (UnresolvedSort::Address, None),
        (UnresolvedSort::LastSeen, None),
        (UnresolvedSort::Hint, None),
        (UnresolvedSort::Flows, Some("23.4.5")),
        (UnresolvedSort::Flows, Some("public")),
        (UnresolvedSort::Flows, Some("shop")),
    ] {
        let search = search.map(str::to_owned);
        let what = format!("unresolved by {sort:?}, {}", search.as_deref().unwrap_or("all"));
        let asked = UnresolvedQuestion { sort, search, descending: true, limit: 100, ..UnresolvedQuestion::default() };
        median(&what, || drop(reader().unresolved(&asked).unwrap()));
    }
    let name = |name: &str, address: &str| ServiceName {
        name: name.into(),
        address: Some(address.into()),
        ..ServiceName::default()
    };
    let rules =
        NamingRules { names: vec![name("office", "23.1.0.0/16"), name("shop", "10.0.0.1")], ..NamingRules::default() };
    let checked = check_naming(&rules);
    median("other rules checked", || {
        let config = checked.in_place_of(&workspace.config());
        drop(workspace.tried_names(&config, &checked.names, None).unwrap());
    });
}

#[test]
#[ignore = "a measurement of minutes"]
fn a_million_customers() {
    let folder = tempfile::tempdir().unwrap();
    let before_mb = resident_mb();
    let workspace = Workspace::open(folder.path()).unwrap();
    let mut writer = workspace.store().writer().unwrap();
    let source = NewSource { kind: SourceKind::File, name: "million".into(), path: "/million.pcap".into() };
    let id = writer.begin_source(&source).unwrap();
    let mut collector = Collector::new(writer.rows(id), writer.peer_table().unwrap());
    let crowd = Crowd::new(START_NS, STEP_NS);
    let (mut naming, mut longest) = (Duration::ZERO, Duration::ZERO);
    let began = Instant::now();
    for first in (0..CUSTOMERS).step_by(AT_ONCE as usize) {
        batch(&mut writer, &mut collector, &crowd, first..first + AT_ONCE);
        let began = Instant::now();
        workspace.rename(&mut writer).unwrap();
        (naming, longest) = (naming + began.elapsed(), longest.max(began.elapsed()));
    }
    println!(
        "{CUSTOMERS} customers stored in {:?}, of which names and roll-ups {naming:?}, the longest {longest:?}",
        began.elapsed()
    );
    println!("resident with collector and writer: {} MB more", resident_mb().saturating_sub(before_mb));
    let mut next = CUSTOMERS;
    for round in 1..=3 {
        batch(&mut writer, &mut collector, &crowd, next..next + 100);
        next += 100;
        timed(&format!("names and roll-ups after 100 new customers, {round}"), || {
            workspace.rename(&mut writer).unwrap()
        });
        timed("   the graph then", || workspace.reader(None).unwrap().topology(&Scope::default()).unwrap());
    }
    timed("state at an instant, first", || workspace.reader(None).unwrap().state_at(START_NS / 1_000, "").unwrap());
    questions(&workspace);
    drop(writer);
    timed("names decided from nothing, by another writer", || {
        workspace.settle(&mut workspace.store().writer().unwrap()).unwrap()
    });
    println!("resident: {} MB more", resident_mb().saturating_sub(before_mb));
    drop((collector, workspace));
    println!("of customers:");
    measure_memory(folder.path());
    drop(timed("opened as it was left", || Workspace::open(folder.path()).unwrap()));
    std::fs::write(folder.path().join("wirereel.json"), r#"{ "entry_points": [ { "service": "nowhere" } ] }"#).unwrap();
    let workspace = timed("opened after an edit that makes every customer an unresolved address", || {
        let workspace = Workspace::open_soon(folder.path()).unwrap();
        workspace.reader(None).unwrap().topology(&Scope::default()).unwrap();
        workspace
    });
    assert!(workspace.is_following_names(), "names follow later");
    timed("   names and roll-ups that follow", || assert!(workspace.follow_config(false).unwrap()));
    timed("   the first graph then", || workspace.reader(None).unwrap().topology(&Scope::default()).unwrap());
    questions(&workspace);
    println!("resident: {} MB more", resident_mb().saturating_sub(before_mb));
    drop(workspace);
    println!("of unresolved addresses:");
    measure_memory(folder.path());
}

/// For the process that measures what peers hold: the folder of a recording with many.
const FOLDER: &str = "WIREREEL_MILLION";

/// Memory of this process without that of the database, in bytes.
fn own_bytes(workspace: &Workspace) -> i64 {
    let database = workspace.store().memory().unwrap().bytes;
    (resident_mb() << 20) as i64 - database as i64
}

/// Another process: what this one has given back to the allocator would be taken for nothing.
fn measure_memory(folder: &Path) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "naming::million::what_peers_hold"]).env(FOLDER, folder);
    // What is given back is given back to the system at once.
    for limit in ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"] {
        command.env(limit, "65536");
    }
    assert!(command.env("MALLOC_ARENA_MAX", "1").status().unwrap().success());
}

#[test]
#[ignore = "a part of a_million_customers, in a process of its own"]
fn what_peers_hold() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let workspace = Workspace::open_soon(Path::new(&folder)).unwrap();
    let reader = || workspace.reader(None).unwrap();
    let peers = reader().peer_count().unwrap() as i64;
    let mut before = own_bytes(&workspace);
    let mut held = |what: &str| {
        let now = own_bytes(&workspace);
        println!("bytes a peer, {what:<46} {:>9}", (now - before) / peers);
        before = now;
    };
    let mut writer = workspace.store().writer().unwrap();
    held("the writer: addresses and services");
    let collector = Collector::new(writer.rows(SourceId(1)), writer.peer_table().unwrap());
    held("the collector: peers to find them again");
    workspace.name_peers(&mut writer).unwrap();
    held("decisions");
    drop(reader().topology(&Scope::default()).unwrap());
    held("readers: who is who");
    drop(workspace.tried_names(&workspace.config(), &[], None).unwrap());
    held("the census for other rules");
    println!("the database: {} MB", workspace.store().memory().unwrap().bytes >> 20);
    drop((collector, writer));
}
