//! What was captured live survives: crashes at any byte, clocks that step, a database that cannot be read; and it goes when it is old.
#![allow(clippy::unwrap_used, reason = "tests end where something unexpected happens")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use wirereel_capture::{SegmentLimits, SegmentWriter, recover, segments};
use wirereel_dissect::{LinkType, Packet};
use wirereel_engine::{
    Workbench, Workspace,
    import::{Unwatched, import},
    keeping,
};
use wirereel_query::{
    question::{FlowPacketsQuestion, Message},
    workbench::ImportState,
};
use wirereel_testkit::{Conversation, Packets};

const SECOND_NS: i64 = 1_000_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

/// A connection with some requests, each with a number of its own.
fn connection(at_ns: i64, number: u32, requests: u32) -> Packets {
    let client = format!("198.51.100.{}:{}", number % 200 + 1, 20_000 + number % 40_000);
    let mut talk = Conversation::tcp(&client, "10.0.0.1:80").at(at_ns).handshake();
    for request in 0..requests {
        let head = format!("GET /item/{number}/{request} HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        talk = talk
            .wait(SECOND_NS / 5)
            .client(head.as_bytes())
            .server(format!("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nbody{request:03}").as_bytes());
    }
    if number % 7 == 3 { talk.packets() } else { talk.close().packets() }
}

/// Connections from an instant on, one every so many nanoseconds.
fn traffic(from_ns: i64, every_ns: i64, numbers: std::ops::Range<u32>) -> Packets {
    let first = numbers.start;
    let at = |number: u32| from_ns + i64::from(number - first) * every_ns;
    numbers.map(|number| connection(at(number), number, number % 4 + 1)).fold(Packets(Vec::new()), Packets::merge)
}

/// Writes a run as a capture does that is killed: nothing is closed, and the database knows nothing of it.
fn run(live: &Path, name: &str, packets: &Packets, limits: SegmentLimits) -> PathBuf {
    let folder = live.join("segments").join(name);
    let mut writer = SegmentWriter::open(&folder, limits, "test").unwrap();
    for captured in &packets.0 {
        let packet = Packet {
            at_ns: captured.at_ns,
            link_type: LinkType(captured.link_type),
            bytes: &captured.bytes,
            wire_len: captured.wire_len,
            position: 0,
        };
        writer.write(&packet, Some("lo")).unwrap();
    }
    writer.sync().unwrap();
    folder
}

fn small_segments() -> SegmentLimits {
    SegmentLimits { bytes: 20_000, ..SegmentLimits::default() }
}

/// Whole rows without the numbers that follow from the order of reading, and without times of this machine.
fn rows(workspace: &Workspace) -> Vec<String> {
    let queries = [
        "SELECT * EXCLUDE (exchange_id, flow_id, source_id) FROM http_exchanges ORDER BY ALL",
        "SELECT * EXCLUDE (flow_id, source_id) FROM flows ORDER BY ALL",
        "SELECT * EXCLUDE (flow_id) FROM flow_events ORDER BY ALL",
        "SELECT * EXCLUDE (flow_id, source_id) FROM ingest_errors ORDER BY ALL",
        "SELECT * EXCLUDE (latency) FROM edge_rollups WHERE requests <> 0 OR connects <> 0 OR open_delta <> 0 OR bytes_down <> 0 ORDER BY ALL",
        "SELECT bucket, sum(requests)::BIGINT, sum(errors)::BIGINT FROM raw.pulse GROUP BY 1 HAVING sum(requests) <> 0 ORDER BY 1",
        "SELECT name, kind, started_at, ended_at, packets, bytes, dropped FROM sources ORDER BY ALL",
    ];
    let reader = workspace.reader(None).unwrap();
    queries.iter().flat_map(|query| reader.sql(query, 1_000_000).unwrap().rows).map(|row| format!("{row:?}")).collect()
}

/// Rows of the same segments, read into a workspace of their own.
fn afresh(live: &Path) -> Vec<String> {
    let other = tempfile::tempdir().unwrap();
    copy(&live.join("segments"), &other.path().join("live/segments"));
    for run in fs::read_dir(other.path().join("live/segments")).unwrap() {
        recover(&run.unwrap().path()).unwrap();
    }
    let rebuilt = keeping::rebuild(other.path(), &Unwatched).unwrap();
    assert!(rebuilt.runs > 0);
    rows(&Workspace::open(&other.path().join("live")).unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}

/// Opens the live recording and waits until every row is there; gives the rows and what was said.
fn opened(home: &Path) -> (Vec<String>, Vec<String>) {
    let workbench = Workbench::open(home).unwrap();
    workbench.open_recent("live").unwrap();
    let began = Instant::now();
    let state = loop {
        let state = workbench.app_state("test").unwrap();
        if state.import.as_ref().is_none_or(|import| import.state != ImportState::Running) {
            break state;
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", state.import);
        // Everything else can be asked meanwhile.
        workbench.reader(None).unwrap().sql("SELECT count(*) FROM flows", 1).unwrap();
        thread::sleep(Duration::from_millis(10));
    };
    workbench.shut_down();
    drop(workbench);
    (rows(&Workspace::open(&home.join("live")).unwrap()), state.notices)
}

fn killed_at(home: &Path) -> PathBuf {
    let live = home.join("live");
    let start_ns = now_ns() - 3_600 * SECOND_NS;
    run(&live, "1795000000000-lo", &traffic(start_ns, SECOND_NS / 2, 0..200), small_segments());
    live
}

#[test]
fn runs_that_the_database_does_not_know_are_read_as_if_imported_afresh() {
    let home = tempfile::tempdir().unwrap();
    let live = killed_at(home.path());
    let expected = afresh(&live);
    assert!(expected.iter().filter(|row| row.contains("/item/")).count() > 400);
    assert_eq!(opened(home.path()).0, expected);
    // Runs that ended well are kept: a second look reads nothing.
    assert_eq!(
        keeping::make_anew(&Workspace::open(&live).unwrap(), &Unwatched).unwrap().map(|rebuilt| rebuilt.runs),
        None
    );
    let next = traffic(now_ns() - 600 * SECOND_NS, SECOND_NS, 300..360);
    run(&live, "1795000600000-lo", &next, small_segments());
    assert_eq!(opened(home.path()).0, afresh(&live));
    let workspace = Workspace::open(&live).unwrap();
    let numbers = workspace.reader(None).unwrap().sql("SELECT source_id FROM sources ORDER BY 1", 10).unwrap().rows;
    assert_eq!(numbers, [[1], [2]], "what is complete is not read again, which would give it another number");
}

#[test]
fn a_run_cut_off_at_any_byte_is_complete_up_to_there() {
    let home = tempfile::tempdir().unwrap();
    let live = killed_at(home.path());
    opened(home.path());
    let next = traffic(now_ns() - 600 * SECOND_NS, SECOND_NS, 300..312);
    let whole = run(&live, "1795000600000-lo", &next, small_segments());
    let last = segments(&whole).unwrap().pop().unwrap();
    let bytes = fs::read(&last.path).unwrap();
    for part in 0..12 {
        let cut = bytes.len() * part / 12 + part;
        let again = tempfile::tempdir().unwrap();
        copy(home.path(), again.path());
        let live = again.path().join("live");
        let torn = live.join("segments/1795000600000-lo").join(last.path.file_name().unwrap());
        fs::write(&torn, &bytes[..cut.min(bytes.len())]).unwrap();
        let (found, _) = opened(again.path());
        assert_eq!(found, afresh(&live), "cut at byte {cut}");
    }
}

#[test]
fn clocks_that_step_and_machines_that_sleep_lose_nothing_and_leave_a_gap() {
    let home = tempfile::tempdir().unwrap();
    let live = home.path().join("live");
    let start_ns = now_ns() - 7_200 * SECOND_NS;
    let mut packets = traffic(start_ns, SECOND_NS, 0..40).0;
    // A step back by a quarter of an hour, one ahead by two hours, and an hour of sleep.
    packets.extend(traffic(start_ns - 900 * SECOND_NS, SECOND_NS, 40..80).0);
    packets.extend(traffic(start_ns + 7_000 * SECOND_NS, SECOND_NS, 80..120).0);
    packets.extend(traffic(start_ns + 3_600 * SECOND_NS, SECOND_NS, 120..160).0);
    let written = packets.len();
    run(&live, "1795000000000-lo", &Packets(packets), small_segments());
    run(&live, "1795000600000-lo", &traffic(start_ns + 7_100 * SECOND_NS, SECOND_NS, 200..220), small_segments());
    let (found, _) = opened(home.path());
    assert_eq!(found, afresh(&live));
    let workspace = Workspace::open(&live).unwrap();
    let sum = workspace.reader(None).unwrap().sql("SELECT packets FROM sources ORDER BY source_id", 10).unwrap().rows;
    assert_eq!(sum[0][0].as_u64(), Some(written as u64), "every packet is there");
    let targets = "SELECT count(DISTINCT target) FROM http_exchanges";
    let exchanges = (0..160).chain(200..220).map(|number| i64::from(number % 4 + 1)).sum::<i64>();
    assert_eq!(workspace.reader(None).unwrap().sql(targets, 1).unwrap().rows[0][0].as_i64(), Some(exchanges));
}

#[test]
fn a_database_that_cannot_be_read_is_set_aside_and_made_anew_and_said_so() {
    let home = tempfile::tempdir().unwrap();
    let live = killed_at(home.path());
    let (before, notices) = opened(home.path());
    assert_eq!(notices, Vec::<String>::new());
    let database = live.join("events.duckdb");
    let whole = fs::read(&database).unwrap();
    let damages: [Vec<u8>; 3] = [b"torn".to_vec(), whole[..whole.len() / 3].to_vec(), {
        let mut damaged = whole.clone();
        // Header and the blocks that follow.
        damaged[4_000..20_000].fill(0xa5);
        damaged
    }];
    for (number, damage) in damages.into_iter().enumerate() {
        fs::write(&database, damage).unwrap();
        let (after, notices) = opened(home.path());
        assert_eq!(after, before, "damage {number}");
        assert!(notices[0].contains("is set aside as") && notices[0].contains("made anew"), "{notices:?}");
        let aside = fs::read_dir(&live)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("events.duckdb.aside-"));
        assert_eq!(aside.count(), number + 1, "none is deleted");
    }
}

#[test]
fn rebuilding_gives_the_same_rows_of_captures_and_of_live_runs() {
    let home = tempfile::tempdir().unwrap();
    killed_at(home.path());
    opened(home.path());
    let captures: Vec<PathBuf> = (0..2)
        .map(|number| {
            let path = home.path().join(format!("shop-{number}.pcap"));
            let packets = traffic(1_795_000_000 * SECOND_NS + i64::from(number) * 100 * SECOND_NS, SECOND_NS, 0..50);
            fs::write(&path, packets.pcap()).unwrap();
            path
        })
        .collect();
    import(&Workspace::open(home.path()).unwrap(), &captures, &Unwatched).unwrap();
    let both =
        || (rows(&Workspace::open(home.path()).unwrap()), rows(&Workspace::open(&home.path().join("live")).unwrap()));
    let before = both();
    let rebuilt = keeping::rebuild(home.path(), &Unwatched).unwrap();
    assert_eq!((rebuilt.captures, rebuilt.runs, rebuilt.aside.len()), (2, 1, 2), "{rebuilt:?}");
    assert_eq!(both(), before);
    // A database that cannot be read says nothing of what it was made of: the list beside it does.
    fs::write(home.path().join("events.duckdb"), b"torn").unwrap();
    fs::remove_file(&captures[1]).unwrap();
    let workspace = Workspace::open(home.path()).unwrap();
    let rebuilt = keeping::make_anew(&workspace, &Unwatched).unwrap().unwrap();
    assert_eq!((rebuilt.captures, rebuilt.gone), (1, vec![captures[1].clone()]));
    let sources = workspace.reader(None).unwrap().recording().unwrap().sources;
    assert_eq!(sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["shop-0.pcap"]);
    let nothing = tempfile::tempdir().unwrap();
    assert!(
        keeping::rebuild(nothing.path(), &Unwatched).unwrap_err().to_string().contains("holds no Wirereel workspace")
    );
}

#[test]
fn what_is_older_than_a_day_goes_and_asking_for_its_packets_says_why() {
    let home = tempfile::tempdir().unwrap();
    let live = home.path().join("live");
    let day_ns = 86_400 * SECOND_NS;
    // A connection that began before and goes on after the bound, old ones, and new ones.
    let long = connection(now_ns() - day_ns - 2_000 * SECOND_NS, 7_000, 2).0;
    let later = connection(now_ns() - 3_000 * SECOND_NS, 7_000, 2).0;
    let mut packets = traffic(now_ns() - day_ns - 4_000 * SECOND_NS, SECOND_NS, 0..100).0;
    packets.extend(long);
    run(&live, "1795000000000-lo", &Packets(packets), small_segments());
    let mut packets = later;
    packets.extend(traffic(now_ns() - 2_000 * SECOND_NS, SECOND_NS, 100..150).0);
    run(&live, "1795000600000-lo", &Packets(packets), small_segments());
    keeping::rebuild(home.path(), &Unwatched).unwrap();
    let dry = keeping::retain(home.path(), true).unwrap();
    assert!(dry.segments > 1 && dry.rows == 0, "{dry:?}");
    let ask = |query: &str| -> i64 {
        let workspace = Workspace::open(&live).unwrap();
        let rows = workspace.reader(None).unwrap().sql(query, 1).unwrap().rows;
        rows[0][0].as_i64().unwrap()
    };
    assert!(ask("SELECT count(*) FROM http_exchanges") > 300, "only looked");
    let flow = ask("SELECT flow_id FROM flows ORDER BY opened_at LIMIT 1").unsigned_abs();
    let exchange = ask("SELECT exchange_id FROM http_exchanges ORDER BY started_at LIMIT 1").unsigned_abs();
    let open = || {
        let workbench = Workbench::open(home.path()).unwrap();
        workbench.open_recent("live").unwrap();
        workbench
    };
    // Segments are gone and rows not yet: as it is for a moment while they go.
    let aside = home.path().join("aside");
    fs::rename(live.join("segments/1795000000000-lo"), &aside).unwrap();
    let gone = |workbench: &Arc<Workbench>| {
        let page = workbench.flow_packets(&FlowPacketsQuestion { flow_id: flow, offset: 0, limit: 10 }, None);
        let body = workbench.body(exchange, Message::Response);
        for error in [page.unwrap_err().to_string(), body.unwrap_err().to_string()] {
            assert!(
                error.starts_with("Its packets are gone: what is older than 1d, or beyond 20.0 GiB, is removed."),
                "{error}"
            );
        }
    };
    let workbench = open();
    gone(&workbench);
    workbench.shut_down();
    drop(workbench);
    fs::rename(&aside, live.join("segments/1795000000000-lo")).unwrap();

    let removed = keeping::retain(home.path(), false).unwrap();
    assert_eq!((removed.segments, removed.segment_bytes), (dry.segments, dry.segment_bytes));
    assert!(removed.rows > 500, "{removed:?}");
    assert!(!live.join("segments/1795000000000-lo").exists(), "nothing is left of the first run");
    let bound_us = removed.until_ns.unwrap() / 1_000 - 300_000_000;
    assert_eq!(ask(&format!("SELECT count(*) FROM http_exchanges WHERE epoch_us(started_at) < {bound_us}")), 0);
    assert_eq!(ask(&format!("SELECT count(*) FROM flows WHERE epoch_us(closed_at) < {bound_us}")), 0);
    assert_eq!(ask("SELECT count(*) FROM sources"), 1);
    assert_eq!(ask("SELECT count(*) FROM self_metrics WHERE component = 'retention' AND metric = 'rows_removed'"), 1);
    let kept = opened(home.path()).0;
    assert!(kept.iter().filter(|row| row.contains("/item/1")).count() > 50);
    assert_eq!(keeping::retain(home.path(), false).unwrap().rows, 0, "once is enough");
}
