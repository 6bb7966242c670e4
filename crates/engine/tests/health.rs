//! The workbench watches itself also while nothing is captured, and leaves no trace of it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use wirereel_engine::Workbench;
use wirereel_query::{
    health::{Health, HealthQuestion},
    workbench::ImportState,
};
use wirereel_testkit::Conversation;

fn health(workbench: &Workbench, at_us: Option<i64>) -> Health {
    workbench.health(&HealthQuestion { at_us, points: 60, ..HealthQuestion::default() }).expect("an answer")
}

#[test]
fn a_recording_that_is_only_looked_at_does_not_grow_and_the_last_minutes_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    let mut packets = Conversation::tcp("198.51.100.1:4000", "10.0.0.1:80").handshake().close().packets();
    // Its IP header says that it is of version 15.
    packets.0[0].bytes[14] = 0xf5;
    fs::write(&path, packets.pcap()).unwrap();
    let home = folder.path().join("home");
    let workbench = Workbench::open(&home).unwrap();
    workbench.open_paths(std::slice::from_ref(&path)).unwrap();
    let began = Instant::now();
    loop {
        let import = workbench.app_state("test").unwrap().import;
        if import.as_ref().is_some_and(|import| import.state != ImportState::Running) {
            assert_eq!(import.and_then(|import| import.error), None);
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "the import does not end");
        thread::sleep(Duration::from_millis(10));
    }
    let first = health(&workbench, None);
    let mut now = first.clone();
    while now.measured_us == first.measured_us || now.parsing.iter().all(|stage| stage.errors == 0) {
        assert!(began.elapsed() < Duration::from_secs(30), "{now:?}");
        thread::sleep(Duration::from_millis(50));
        now = health(&workbench, None);
    }
    assert!(now.present && !now.recorded);
    let errors: Vec<_> = now.parsing.iter().filter(|stage| stage.errors > 0).collect();
    assert_eq!((errors.len(), errors[0].stage.as_str(), errors[0].errors), (1, "network", 1));
    assert_eq!(now.ingest.lag_ms, None, "nothing is captured, so that nothing lags");
    assert!(now.history.memory_bytes.iter().any(Option::is_some), "{:?}", now.history);
    let then = health(&workbench, first.measured_us);
    assert_eq!((then.measured_us, then.cpu), (first.measured_us, first.cpu), "it is remembered");
    let rows = workbench.reader(None).unwrap().sql("SELECT count(*) FROM self_metrics", 1).unwrap().rows;
    assert_eq!(rows[0][0], 0, "and nothing was written into the recording");
    assert!(!home.join("live").exists(), "nor into one that nobody asked for");
    workbench.shut_down();
}
