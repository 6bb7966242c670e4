//! A web host that captures what the crowd does, and what it says about it.
#![allow(dead_code, reason = "each program uses a part")]

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::host::Host;

/// Longer than rows take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a host in the folder that captures this port of `lo`; `None`, with the reason printed, where this machine does not let it.
/// `idle_after` is when a silent connection no longer counts as active.
pub(crate) fn capturing(folder: &Path, port: u16, idle_after: &str) -> Option<Host> {
    let (home, frontend) = (folder.join("home"), folder.join("frontend"));
    fs::create_dir_all(home.join("live")).expect("a folder");
    fs::create_dir_all(&frontend).expect("a folder");
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").expect("written");
    let config = json!({
        "flows": { "idle_after": idle_after, "tcp_ends_after": "2h" },
        "whisperers": [{ "id": "local", "capture": { "interfaces": ["lo"], "filter": format!("tcp port {port}") } }],
    });
    fs::write(home.join("live").join("wirereel.json"), config.to_string()).expect("written");
    let host = Host::start(&home, &frontend).expect("the host starts");
    let found = host.call("capture_interfaces", &json!({})).expect("the agent is built");
    if let Some(why) = found["hindrance"].as_str() {
        println!("not tested: {why}");
        return None;
    }
    host.call("capture_start", &json!({})).expect("it starts");
    host.wait("capturing", |state| state["capture"]["state"] == "capturing").expect("it captures");
    Some(host)
}

/// Now, in microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// Connections that were active at an instant, by `state_at`.
pub(crate) fn active_at(host: &Host, at_us: i64) -> u64 {
    let state = host.call("state_at", &json!({ "at_us": at_us, "filter": "" })).expect("answered");
    sum(&state["edges"])
}

/// Connections that are active in the graph of everything so far.
pub(crate) fn active_in_graph(host: &Host) -> u64 {
    sum(&host.call("topology", &json!({ "filter": "" })).expect("answered")["edges"])
}

fn sum(edges: &Value) -> u64 {
    let edges = edges.as_array().expect("a list");
    edges.iter().map(|edge| edge["active_connections"].as_u64().expect("a number")).sum()
}

/// The only value of a query.
pub(crate) fn value(host: &Host, query: &str) -> u64 {
    host.sql(query).expect("answered")[0][0].as_u64().expect("a number")
}

/// Waits until a count is there; says how long that took.
pub(crate) fn until(what: &str, wanted: u64, count: impl Fn() -> u64) -> Duration {
    let began = Instant::now();
    loop {
        let found = count();
        if found == wanted {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "{what}: {found} where {wanted} are wanted");
        thread::sleep(Duration::from_millis(100));
    }
}

/// Packets that were lost, wherever.
pub(crate) fn lost(host: &Host) -> u64 {
    value(host, "SELECT coalesce(sum(in_kernel + in_queue), 0)::BIGINT FROM lost_packets")
}
