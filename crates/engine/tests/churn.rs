//! Many starts, stops and changes under load leave handles, threads and memory as they were. A program of its own, since it counts what its
//! process holds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "also in what the tests share")]

#[path = "whisperers/support.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use wirereel_query::workbench::CaptureState;

use support::{ask, configure, one, server, start, stop, workbench};

/// Before it counts: pools and caches have been filled.
const WARM_UP: usize = 10;

#[derive(Debug, Clone, Copy)]
struct Held {
    handles: usize,
    threads: usize,
    resident_kib: u64,
}

fn held() -> Held {
    let count = |folder: &str| fs::read_dir(folder).unwrap().count();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let resident_kib = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    Held { handles: count("/proc/self/fd"), threads: count("/proc/self/task"), resident_kib }
}

/// Starts and stops so often, and changes the filter so often while capturing.
fn churn(starts: usize, changes: usize) {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server();
    let (ended, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (until, counted) = (Arc::clone(&ended), Arc::clone(&asked));
    let load = thread::Builder::new().name("load".into()).spawn(move || {
        while !until.load(Ordering::Relaxed) {
            ask(port, "/load");
            counted.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(5));
        }
    });
    configure(&workbench, "local", json!({ "filter": format!("tcp port {port}") }));
    let mut before = None;
    for number in 0..WARM_UP + starts {
        if number == WARM_UP {
            before = Some(held());
        }
        start(&workbench, "local");
        stop(&workbench, "local");
    }
    start(&workbench, "local");
    for number in 0..changes {
        configure(&workbench, "local", json!({ "filter": format!("tcp port {port} and greater {}", number % 50) }));
        assert_eq!(one(&workbench, "local").state, CaptureState::Capturing);
    }
    stop(&workbench, "local");
    ended.store(true, Ordering::Relaxed);
    load.unwrap().join().unwrap();
    // The last driver is waited for with the next start.
    thread::sleep(Duration::from_millis(500));
    let (before, after) = (before.unwrap(), held());
    println!(
        "{starts} starts, {changes} changes, {} requests: {before:?}, then {after:?}",
        asked.load(Ordering::Relaxed)
    );
    assert_eq!(one(&workbench, "local").totals.captures, (WARM_UP + starts + 1) as u64, "no start was missed");
    assert!(after.handles <= before.handles + 3, "{before:?} {after:?}");
    assert!(after.threads <= before.threads + 1, "{before:?} {after:?}");
    if starts >= 100 {
        assert!(after.resident_kib as f64 <= before.resident_kib as f64 * 1.05 + 8_192.0, "{before:?} {after:?}");
    }
    workbench.shut_down();
}

#[test]
fn starts_and_stops_leave_nothing_behind() {
    churn(20, 10);
}

#[test]
#[ignore = "takes some minutes"]
fn five_hundred_starts_and_a_hundred_changes_leave_nothing_behind() {
    churn(500, 100);
}
