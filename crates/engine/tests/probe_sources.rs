//! A running workbench asks Consul for targets: they are probed, their health is a label, and an outage keeps what was told.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wirereel_engine::Workbench;
use wirereel_probes::responder::{Responder, ResponderOptions};
use wirereel_query::{
    checks::WebsiteState,
    probes::{ProbeRow, ProbeRunsQuestion, Probes, ProbesQuestion, TargetHealth},
};
use wirereel_testkit::consul::{Consul, Instance, Outage, Status};

fn responder(runtime: &Runtime, name: &str) -> SocketAddr {
    let options: ResponderOptions = serde_json::from_value(json!({ "name": name, "listen": "127.0.0.1:0" })).unwrap();
    let responder = runtime.block_on(Responder::bind(options)).unwrap();
    let address = responder.local_addr().unwrap();
    runtime.spawn(responder.run(CancellationToken::new()));
    address
}

fn until(workbench: &Arc<Workbench>, is_so: impl Fn(&Probes) -> bool) -> Probes {
    let began = Instant::now();
    loop {
        let told = workbench.probes(&ProbesQuestion::default(), None).unwrap();
        if is_so(&told) {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{told:?}");
        thread::sleep(Duration::from_millis(30));
    }
}

fn row<'a>(told: &'a Probes, name: &str) -> Option<&'a ProbeRow> {
    told.rows.iter().find(|row| row.probe == name)
}

#[test]
fn targets_of_a_catalog_are_probed_by_health_and_through_an_outage_and_leave_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir_all(&home).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (cart, till) = (responder(&runtime, "cart"), responder(&runtime, "till"));
    let consul = runtime.block_on(Consul::start()).unwrap();
    let instance = |service: &str, at: SocketAddr| Instance {
        tags: vec!["grpc".into()],
        ..Instance::new(service, &format!("{service}1"), at.port())
    };
    consul.register(instance("cart", cart));
    consul.register(Instance { tags: Vec::new(), ..instance("not-grpc", till) });
    let source = json!({
        "name": "production",
        "find": { "consul": { "address": consul.url(), "tags": ["grpc"] } },
        "probe": { "name": "{service} on {node}", "target": "grpc://{address}", "interval": "100ms", "timeout": "2s" },
    });
    fs::write(home.join("wirereel.json"), json!({ "probe_sources": [source] }).to_string()).unwrap();
    let workbench = Workbench::open(&home).unwrap();

    let told = until(&workbench, |told| row(told, "cart on node-cart1").is_some_and(|row| row.figures.up >= 2));
    assert_eq!((told.total, told.problems.len()), (1, 0), "{told:?}");
    let found = row(&told, "cart on node-cart1").unwrap().found.clone().unwrap();
    assert_eq!(
        (found.source.as_str(), found.service.as_str(), found.node.as_str()),
        ("production", "cart", "node-cart1")
    );
    assert_eq!((found.health, found.stale, found.tags), (TargetHealth::Passing, None, vec!["grpc".to_owned()]));

    // A service that comes is probed within moments; one that is ill is probed all the more.
    consul.register(instance("till", till));
    consul.set_check("cart", "cart1", Status::Critical);
    let told = until(&workbench, |told| {
        let health = row(told, "cart on node-cart1").and_then(|row| row.found.as_ref()).map(|found| found.health);
        health == Some(TargetHealth::Critical) && row(told, "till on node-till1").is_some_and(|row| row.figures.up > 0)
    });
    let before = row(&told, "cart on node-cart1").unwrap().figures.up;

    // While the agent is gone everything stays in force, marked.
    consul.set_outage(Some(Outage::Gone));
    let told = until(&workbench, |told| {
        told.rows.iter().all(|row| row.found.as_ref().is_some_and(|found| found.stale.is_some()))
            && row(told, "cart on node-cart1").is_some_and(|row| row.figures.up > before + 2)
    });
    assert!(told.total == 2 && told.problems.len() == 1, "{:?}", told.problems);
    assert!(told.problems[0].starts_with("The source production: "), "{:?}", told.problems);
    consul.deregister("till", "till1");
    consul.set_outage(None);
    let told = until(&workbench, |told| told.total == 1 && told.problems.is_empty());
    assert_eq!(told.rows[0].found.as_ref().and_then(|found| found.stale.as_ref()), None);
    assert_eq!(told.rows[0].state, WebsiteState::Up);
    let of_till =
        ProbeRunsQuestion { probe: Some("till on node-till1".into()), limit: 1, ..ProbeRunsQuestion::default() };
    assert!(workbench.probe_runs(&of_till, None).unwrap().total > 0, "what came of it stays");

    // Where a target is gone without a word, its probe is down, and the frame says how many are.
    consul.register(instance("gone", "127.0.0.1:1".parse().unwrap()));
    let ticks = workbench.ticks();
    let told = until(&workbench, |told| told.down == 1 && ticks.borrow().alerts.probes_down == 1);
    assert_eq!(row(&told, "gone on node-gone1").unwrap().found.as_ref().unwrap().health, TargetHealth::Passing);
    consul.deregister("gone", "gone1");
    until(&workbench, |told| told.down == 0 && ticks.borrow().alerts.probes_down == 0);
    assert!(consul.asked().all() < 100, "{:?}", consul.asked());
    workbench.shut_down();
    drop(consul);
    runtime.shutdown_background();
}
