//! Hostile files with bits flipped in a hundred ways each: no panic, bounded time and memory.
//!
//! Needs the corpus: `WIREREEL_CORPUS`, else `../shared/corpus` beside the checkout.
#![allow(clippy::print_stdout, reason = "what was tried is worth reading when a test fails, and that nothing was")]

use std::{
    env, fs,
    io::Cursor,
    path::PathBuf,
    time::{Duration, Instant},
};

use wirereel_capture::CaptureFile;
use wirereel_dissect::{
    Dissector, Limits,
    record::{DnsQuery, Flow, FlowEvent, FlowSpan, HttpExchange, Problem, Sink, TlsHandshake},
};
use wirereel_engine::{
    Workspace,
    import::{Unwatched, import},
};

/// Ways in which each file is damaged.
const WAYS: u64 = 100;

/// Longest time for one file: a runaway takes minutes, and an ordinary one milliseconds.
const LONGEST: Duration = Duration::from_secs(10);

/// Most memory the process may ever have held. Limits of dissection add up to about 150 MB.
const MOST_MEMORY_KB: u64 = 1_500_000;

/// Files that go through the whole import.
const IMPORTED: usize = 12;

/// The files with their names, sorted. Without a corpus there is nothing to try, and the test says so.
fn hostile() -> Vec<(String, Vec<u8>)> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = env::var_os("WIREREEL_CORPUS").map_or_else(beside, PathBuf::from).join("hostile");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("no hostile files at {}: set WIREREEL_CORPUS to try them", folder.display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("readable")))
        .collect();
    files.sort();
    assert!(files.len() > 100, "{} files", files.len());
    files
}

/// Flips one to sixteen bits, always the same ones for the same seed. Low seeds damage the first bytes, where headers are.
fn flip(bytes: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let reach = if seed.is_multiple_of(3) { bytes.len().min(128) } else { bytes.len() };
    if reach == 0 {
        return;
    }
    for _ in 0..=random() % 16 {
        let place = (random() % reach as u64) as usize;
        bytes[place] ^= 1 << (random() % 8);
    }
}

/// Counts records, so that none of them is left unmade.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn flow(&mut self, _: Flow) {
        self.0 += 1;
    }
    fn flow_event(&mut self, _: FlowEvent) {
        self.0 += 1;
    }
    fn flow_span(&mut self, _: FlowSpan) {
        self.0 += 1;
    }
    fn http_exchange(&mut self, _: HttpExchange) {
        self.0 += 1;
    }
    fn dns_query(&mut self, _: DnsQuery) {
        self.0 += 1;
    }
    fn tls_handshake(&mut self, _: TlsHandshake) {
        self.0 += 1;
    }
    fn problem(&mut self, _: Problem) {
        self.0 += 1;
    }
}

/// Reads a capture to its end; gives the records it made.
fn read(bytes: Vec<u8>) -> u64 {
    let total = bytes.len() as u64;
    let mut count = Count::default();
    let Ok(mut file) = CaptureFile::from_reader(Cursor::new(bytes), total) else { return 0 };
    let mut dissector = Dissector::new(Limits::default());
    while let Ok(Some(packet)) = file.next() {
        dissector.push(&packet, &mut count);
    }
    dissector.finish(&mut count);
    count.0
}

/// The most memory this process ever held, where the system tells.
fn peak_memory_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
}

#[test]
fn flipped_bits_neither_panic_nor_run_away() {
    let started = Instant::now();
    let (mut tried, mut records, mut slowest) = (0_u64, 0, (Duration::ZERO, String::new()));
    for (name, bytes) in hostile() {
        for way in 0..WAYS {
            let mut damaged = bytes.clone();
            flip(&mut damaged, way + 1);
            let begun = Instant::now();
            records += read(damaged);
            let took = begun.elapsed();
            assert!(took < LONGEST, "{name} with seed {way}: {took:?}");
            if took > slowest.0 {
                slowest = (took, format!("{name} with seed {way}"));
            }
            tried += 1;
        }
    }
    println!(
        "{tried} files read in {:?}, {records} records; slowest {slowest:?}; memory {:?} kB",
        started.elapsed(),
        peak_memory_kb()
    );
    assert!(tried == 0 || records > tried, "damage must not keep everything from being read: {records} of {tried}");
    assert!(peak_memory_kb().is_none_or(|peak| peak < MOST_MEMORY_KB), "{:?} kB", peak_memory_kb());
}

#[test]
fn flipped_files_are_imported_or_refused() {
    let files = hostile();
    let step = (files.len() / IMPORTED).max(1);
    for (index, (name, mut bytes)) in files.into_iter().step_by(step).enumerate() {
        flip(&mut bytes, index as u64 + 1_000);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("damaged");
        fs::write(&path, bytes).expect("written");
        let workspace = Workspace::open(&folder.path().join("workspace")).expect("opens");
        match import(&workspace, &[path], &Unwatched) {
            Ok(summary) => {
                let waiting = "SELECT count(*) FROM ingest_errors WHERE state = 'waiting'";
                let rows = workspace.reader(None).expect("a reader").sql(waiting, 1).expect("answers").rows;
                assert_eq!(rows[0][0], 0, "{name}: {summary:?}");
            }
            Err(error) => assert!(error.to_string().len() > 10, "{name}: {error}"),
        }
    }
}
