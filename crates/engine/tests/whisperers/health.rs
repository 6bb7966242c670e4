//! The workbench watches itself while it captures.

use std::{
    thread,
    time::{Duration, Instant},
};

use wirereel_engine::Workbench;
use wirereel_query::{
    health::{Health, HealthQuestion, QueueState},
    workbench::CaptureState,
};

use crate::support::{ask, configure, seen, server, start, stop, value, wait_for, workbench};

fn health(workbench: &Workbench, at_us: Option<i64>) -> Health {
    workbench.health(&HealthQuestion { at_us, points: 60, ..HealthQuestion::default() }).unwrap()
}

#[test]
fn what_is_measured_while_capturing_is_found_again_at_its_instant() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server();
    configure(&workbench, "local", serde_json::json!({ "filter": format!("tcp port {port}") }));
    start(&workbench, "local");
    let began = Instant::now();
    let mut now = Health::default();
    let is_complete = |now: &Health| {
        let flows = now.ingest.packets_per_s.is_some_and(|rate| rate > 0.0) && now.store.batch_p99_us.is_some();
        flows && now.disk.segments >= Some(1)
    };
    while !is_complete(&now) {
        assert!(began.elapsed() < Duration::from_secs(30), "{now:?}");
        (0..5).for_each(|_| ask(port, "/watched"));
        thread::sleep(Duration::from_millis(200));
        now = health(&workbench, None);
    }
    assert!(now.present && now.recorded, "{now:?}");
    assert!(now.findings.is_empty(), "{:?}", now.findings);
    let ids: Vec<&str> = now.queues.iter().map(|queue| queue.id.as_str()).collect();
    let all = [
        "kernel:local",
        "agent:local",
        "heard:local",
        "orders:local",
        "arrivals",
        "disk",
        "records",
        "rows",
        "figures",
        "alerts",
    ];
    assert_eq!(ids, all, "every queue between the interface and the rows, and that of readings");
    assert!(now.queues.iter().all(|queue| queue.state == QueueState::Flowing && queue.drops == 0), "{:?}", now.queues);
    assert!(now.ingest.lag_ms.is_some_and(|ms| ms < 20_000.0), "{:?}", now.ingest);
    assert!(
        now.memory.process_bytes > now.memory.held_bytes && now.memory.database_bytes.is_some(),
        "{:?}",
        now.memory
    );
    assert_eq!((now.whisperers[0].state, now.whisperers[0].name.as_str()), (CaptureState::Capturing, "This machine"));
    assert!(now.disk.free_bytes > Some(0), "{:?}", now.disk);
    wait_for(|| seen(&workbench, "/watched") > 0);
    let measured_us = now.measured_us.unwrap();
    let at = format!("epoch_us(\"at\") = {measured_us} AND component = 'process'");
    wait_for(|| value(&workbench, &format!("SELECT count(*) FROM self_metrics WHERE {at}")) != 0);
    stop(&workbench, "local");
    workbench.shut_down();
    drop(workbench);

    // Another workbench remembers nothing of it: only rows do.
    let workbench = Workbench::open(home.path()).unwrap();
    workbench.open_recent("live").unwrap();
    let then = health(&workbench, Some(measured_us));
    assert_eq!(then.measured_us, Some(measured_us));
    assert_eq!((&then.ingest, &then.queues, &then.store), (&now.ingest, &now.queues, &now.store));
    assert_eq!((&then.memory, then.cpu, &then.disk), (&now.memory, now.cpu, &now.disk));
    assert_eq!((&then.parsing, then.whisperers[0].state), (&now.parsing, CaptureState::Capturing));
    assert!(!then.present && !then.recorded);
    assert!(then.history.cpu.iter().any(Option::is_some), "{:?}", then.history);
    let long_before = health(&workbench, Some(measured_us - 3_600_000_000));
    assert_eq!((long_before.measured_us, long_before.cpu, long_before.queues.len()), (None, None, 0));
    workbench.shut_down();
}
