//! Hops are killed and come back: every probe has a result, which says where it was lost, and nothing stays behind.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use std::time::Duration;

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use stage::{Running, delayed::until, options, probe, relay, responder, sum};
use wirereel_probes::{Measured, path::Reported, sender::Sender};

const NAMES: [&str; 4] = ["Mediary A", "Mediary B", "gateway", "catalog"];

/// The hop of that place, where it listened before.
async fn start(at: usize, ports: &[String; 4]) -> Running {
    let next = ports.get(at + 1).map(|port| format!("grpc://{port}"));
    let routes = |next: &str| match at {
        2 => json!({ "services": { "catalog": next } }),
        _ => json!({ "regions": { "us": next } }),
    };
    let named = json!({ "name": NAMES[at], "region": if at < 2 { "eu" } else { "us" }, "listen": ports[at] });
    let with = |more: Value| {
        let mut all = named.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    match next {
        Some(next) => relay(options(with(json!({ "routes": routes(&next) })))).await,
        None => responder(options(named)).await,
    }
}

fn free_ports() -> [String; 4] {
    let taken = [(); 4].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap().to_string())
}

/// A failed probe names the hop before the one that is gone, or that one.
fn says_where(measured: &Measured, victim: usize) {
    let failure = measured.failure.as_deref().unwrap();
    assert!(["refused", "reset", "grpc_status", "timeout"].contains(&failure), "{measured:?}");
    let parts = i64::try_from(measured.total_ns).unwrap();
    assert!(sum(measured) == parts, "{measured:?}");
    if victim == 0 {
        return;
    }
    let told = measured.hops.iter().rfind(|hop| hop.reported == Reported::Reported);
    let named = [victim - 1, victim].map(|at| NAMES[at]);
    let by_hop = told.is_some_and(|hop| named.contains(&hop.hop.as_str()));
    let by_words = measured.last_seen.as_deref().is_some_and(|words| named.iter().any(|name| words.contains(name)));
    assert!(by_hop || by_words, "{} is gone: {measured:?}", NAMES[victim]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_say_which_hop_was_killed_and_nothing_stays_behind() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    {
        let ports = free_ports();
        let mut running = Vec::new();
        for at in 0..4 {
            running.push(start(at, &ports).await);
        }
        let probe = probe(json!({
            "target": format!("grpc://{}", ports[0]), "to": { "region": "us", "service": "catalog" }, "timeout": "2s",
            "call": { "method": "wirereel.probe.v1.Probe/Echo", "request": { "delayUs": "20000" } },
            "path": NAMES.map(|hop| json!({ "hop": hop }))
        }));
        let (sender, mut random) = (Sender::new(), StdRng::seed_from_u64(11));
        assert_eq!(sender.probe(&probe).await.reason, None);
        let (mut up, mut down) = (0, 0);
        for round in 0..12 {
            let victim = if round < 4 { round } else { random.random_range(0..4) };
            let after = Duration::from_millis(random.random_range(0..25));
            let kill = async {
                tokio::time::sleep(after).await;
                running[victim].kill().await;
            };
            let (on_their_way, ()) = tokio::join!(join_all((0..4).map(|_| sender.probe(&probe))), kill);
            let without = join_all((0..2).map(|_| sender.probe(&probe))).await;
            assert!(without.iter().all(|measured| measured.failure.is_some()), "{victim}: {without:?}");
            for measured in on_their_way.iter().chain(&without) {
                match measured.failure {
                    None => up += 1,
                    Some(_) => {
                        says_where(measured, victim);
                        down += 1;
                    }
                }
            }
            running[victim] = start(victim, &ports).await;
            // Who did not reach it waits a moment before trying again.
            let mut again = sender.probe(&probe).await;
            for _ in 0..100 {
                if again.failure.is_none() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                again = sender.probe(&probe).await;
            }
            assert_eq!(again.reason, None, "{} is back", NAMES[victim]);
            assert!(again.hops.len() == 4 && again.hops.iter().all(|hop| hop.reported == Reported::Reported));
        }
        assert_eq!(up + down, 72, "every probe has a result");
        for hop in &mut running {
            hop.end().await;
        }
    }
    assert!(until(|| tasks() <= before).await, "{} tasks are left, {before} were there before", tasks());
}
