//! Opening again: after a clean end, a killed writer, a half-finished opening, another format, and beside another process.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod recorded;

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use recorded::{Recorded, collector, endpoint, exchange_row, intern, open, recorded};
use wirereel_dissect::record::FlowId;
use wirereel_store::{Store, StoreError};

/// Set for the copy of this program that plays the writer to be killed.
const VICTIM_FOLDER: &str = "WIREREEL_TEST_VICTIM_FOLDER";

fn count(store: &Store, table: &str) -> u64 {
    let result = store.reader(None).unwrap().sql(&format!("SELECT count(*) FROM {table}"), 1).unwrap();
    result.rows[0][0].as_u64().unwrap()
}

#[test]
fn everything_is_there_after_a_clean_end_and_numbers_go_on() {
    let Recorded { folder, store, truth, .. } = recorded(31, 100, 2);
    let before = store.reader(None).unwrap().recording().unwrap();
    drop(store);
    let opened = open(folder.path());
    assert!(opened.notes.is_empty(), "{:?}", opened.notes);
    assert_eq!(opened.store.reader(None).unwrap().recording().unwrap(), before);
    assert_eq!((before.recording_id.as_str(), before.exchanges), ("r1", truth.exchanges.len() as u64));
    let mut writer = opened.store.writer().unwrap();
    assert!(matches!(opened.store.writer(), Err(StoreError::Locked(_))), "one writer at a time");
    let known = writer.peer_table().unwrap().iter().count();
    let (mut rows, mut peers, source) = collector(&mut writer);
    assert_eq!(source.0, 2);
    let exchange = &truth.exchanges[0];
    let (client, server) = intern(&mut peers, exchange.client, exchange.server);
    let number = rows.push_exchange(exchange, client, server);
    assert_eq!(number, truth.exchanges.len() as u64 + 1);
    assert_eq!(peers.iter().count(), known, "a known peer keeps its number");
}

#[test]
fn a_second_process_is_told_which_file_is_in_use() {
    let recorded = recorded(32, 10, 1);
    let Err(StoreError::Locked(file)) = Store::open(recorded.folder.path()) else { panic!("two openings at once") };
    assert_eq!(file, recorded.folder.path().join("events.duckdb"));
}

#[test]
fn what_a_killed_writer_had_committed_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_to_be_killed", "--ignored", "--nocapture"])
        .env(VICTIM_FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(victim.stdout.take().unwrap());
    let mut committed = 0;
    for line in output.lines() {
        if let Some((_, number)) = line.unwrap().split_once("committed ") {
            committed = number.trim().parse().unwrap();
        }
        if committed >= 3_000 {
            break;
        }
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    let opened = open(folder.path());
    assert!(opened.notes.is_empty(), "{:?}", opened.notes);
    let found = count(&opened.store, "http_exchanges");
    assert!(found >= committed && found.is_multiple_of(1_000), "{committed} said to be committed, {found} found");
    let mut writer = opened.store.writer().unwrap();
    assert_eq!(
        count(&opened.store, "edge_rollups WHERE width_s = 60"),
        1,
        "a writer finishes the roll-ups of the last one"
    );
    writer.checkpoint().unwrap();
}

#[test]
#[ignore = "plays the writer that another test kills"]
fn a_writer_to_be_killed() {
    let Some(folder) = std::env::var_os(VICTIM_FOLDER) else { return };
    let store = open(folder.as_ref()).store;
    let mut writer = store.writer().unwrap();
    let (mut rows, mut peers, _) = collector(&mut writer);
    let (client, server) = (endpoint([127, 0, 1, 1], 40_000), endpoint([127, 0, 1, 2], 8080));
    for batch in 1.. {
        for n in 0..1_000 {
            let (from, to) = intern(&mut peers, client, server);
            rows.push_exchange(
                &exchange_row(FlowId(batch), n, client, server, recorded::START_NS, 1_000_000, Some(200)),
                from,
                to,
            );
        }
        writer.write(rows.take(&mut peers)).unwrap();
        println!("committed {}", batch * 1_000);
    }
}

#[test]
fn an_opening_that_did_not_return_sets_the_log_aside() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    fs::write(folder.path().join("events.duckdb.wal"), "no log at all").unwrap();
    fs::write(folder.path().join("events.duckdb.opening"), "").unwrap();
    let opened = open(folder.path());
    assert_eq!(opened.notes.len(), 1);
    assert!(opened.notes[0].contains("events.duckdb.wal.aside-20"), "{}", opened.notes[0]);
    assert!(!folder.path().join("events.duckdb.opening").exists());
    assert_eq!(count(&opened.store, "flows"), 0);
}

#[test]
fn a_file_that_is_no_database_is_named_and_set_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.duckdb");
    let content = "a letter to the editor, and not a short one. ".repeat(2_000);
    fs::write(&file, &content).unwrap();
    let opened = Store::open(folder.path()).unwrap();
    assert!(opened.emptied);
    assert!(opened.notes[0].contains("events.duckdb.aside-20"), "{}", opened.notes[0]);
    let aside = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside: Vec<_> = aside.filter(|path| path.to_string_lossy().contains(".aside-")).collect();
    assert_eq!(fs::read_to_string(&aside[0]).unwrap(), content);
}
