//! While nobody looks rows are stored seldom; whoever asks then sees them all the same.

use std::{fs, thread, time::Duration};

use serde_json::json;

use crate::support::{ask, configure, seen, server, start, value, workbench};

/// Longer than somebody who asked counts as looking on.
const ALONE: Duration = Duration::from_secs(6);
/// Longer than rows wait for a look at sockets.
const CAPTURED: Duration = Duration::from_secs(3);

#[test]
fn whoever_asks_first_sees_what_was_captured_before() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("live")).unwrap();
    // So seldom that no row would be there by itself.
    let seldom = r#"{ "storing": { "unwatched_flush_every": "60s" } }"#;
    fs::write(home.path().join("live/wirereel.json"), seldom).unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server();
    configure(&workbench, "local", json!({ "filter": format!("tcp port {port}") }));
    start(&workbench, "local");
    thread::sleep(ALONE);
    (0..10).for_each(|_| ask(port, "/alone"));
    thread::sleep(CAPTURED);
    assert_eq!(seen(&workbench, "/alone"), 10);
    assert_eq!(value(&workbench, "SELECT count(*) FROM sources WHERE kind = 'interface'"), 1);
    workbench.shut_down();
}
