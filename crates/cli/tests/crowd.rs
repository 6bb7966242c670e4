//! Many connections under live capture, with the real agent on this host's loopback interface: held, short-lived, silent.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be captured there.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a test says why it was left out")]
#![allow(clippy::unwrap_used, reason = "also in what it shares with benchmarks")]

#[path = "../benches/crowd/holder.rs"]
mod holder;
#[path = "../benches/torture/host.rs"]
mod host;
#[path = "../benches/crowd/watched.rs"]
mod watched;

use std::{thread, time::Duration};

use holder::Holders;
use serde_json::json;
use watched::{active_at, active_in_graph, capturing, lost, now_us, until, value};

#[test]
fn a_crowd_that_holds_its_connections_is_counted_exactly_also_when_it_goes() {
    const HELD: u64 = 2_000;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(host) = capturing(folder.path(), 8_091, "10m") else { return };
    let mut holder = Holders::start(8_091, HELD, 2_000);
    let mut instants = Vec::new();
    let orders = [("open", HELD / 2), ("open", HELD / 2), ("ask", HELD), ("close", HELD / 2), ("close", HELD / 2)];
    for (verb, number) in orders {
        let held = holder.order(verb, number);
        until("active connections", held, || active_at(&host, now_us()));
        assert_eq!(active_in_graph(&host), held, "after {verb} {number}");
        instants.push((now_us(), held));
        // The next instant is another one.
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(lost(&host), 0);
    for (at_us, held) in instants {
        assert_eq!(active_at(&host, at_us), held, "asked again when all is over");
    }
    until("requests", 2 * HELD, || value(&host, "SELECT count(*) FROM http_exchanges WHERE status = 200 AND complete"));
    host.end();
}

#[test]
fn ten_thousand_connections_of_less_than_a_millisecond_are_all_seen_with_their_end() {
    const FLASHES: u64 = 10_000;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(host) = capturing(folder.path(), 8_092, "30s") else { return };
    let mut holder = Holders::start(8_092, 100, 5_000);
    assert_eq!(holder.order("flash", FLASHES), 0);
    let events = |kinds: &str| {
        let query = format!("SELECT count(DISTINCT flow_id) FROM flow_events WHERE kind IN ({kinds})");
        value(&host, &query)
    };
    until("ends", FLASHES, || events("'close', 'reset'"));
    assert_eq!(events("'connect'"), FLASHES);
    // A flow's row comes five seconds after its end, when no late packet can belong to it any more; or at once when the capture ends.
    host.call("capture_stop", &json!({})).expect("it stops");
    host.wait("stopped", |state| state["capture"]["state"] != "capturing").expect("it stops");
    until("flows", FLASHES, || value(&host, "SELECT count(*) FROM flows WHERE close_reason IN ('fin', 'rst')"));
    assert_eq!(value(&host, "SELECT count(*) FROM flows"), FLASHES, "and no other");
    assert_eq!(value(&host, "SELECT count(*) FROM flows WHERE close_reason = 'rst'"), FLASHES / 4);
    let short = value(&host, "SELECT count(*) FROM flows WHERE closed_at - opened_at < INTERVAL 1 millisecond");
    println!("{short} of {FLASHES} took less than a millisecond, {} packets were lost", lost(&host));
    assert!(short > FLASHES / 10, "{short} were that short: a machine this slow shows nothing");
    assert_eq!((active_in_graph(&host), lost(&host)), (0, 0));
    host.end();
}

#[test]
fn silent_connections_leave_the_active_ones_after_the_configured_time_and_come_back_when_they_speak() {
    const HELD: u64 = 40;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(host) = capturing(folder.path(), 8_093, "1500ms") else { return };
    let mut holder = Holders::start(8_093, HELD, 1_000);
    let began_us = now_us();
    holder.order("open", HELD);
    let of_kind = |kind: &str| value(&host, &format!("SELECT count(*) FROM flow_events WHERE kind = '{kind}'"));
    until("idle ones", HELD, || of_kind("idle"));
    until("active connections", 0, || active_at(&host, now_us()));
    assert_eq!((of_kind("established"), of_kind("close") + of_kind("reset")), (HELD, 0), "they are only silent");
    let first_idle = "SELECT min(epoch_us(e.at)) FROM flow_events e WHERE kind = 'idle'";
    assert!(value(&host, first_idle) as i64 >= began_us + 1_500_000);

    holder.order("ask", HELD / 2);
    until("those that spoke again", HELD / 2, || of_kind("resume"));
    let resumed_us = value(&host, "SELECT max(epoch_us(e.at)) FROM flow_events e WHERE kind = 'resume'") as i64;
    assert_eq!(active_at(&host, resumed_us), HELD / 2, "with the last one that came back");
    host.end();
}
