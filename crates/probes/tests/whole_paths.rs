//! Probes through whole paths: sender, relays, gateway and responder.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use serde_json::json;
use stage::{options, probe, relay, responder, sum, told};
use wirereel_probes::{
    Observation, Probe, Role, observe,
    path::Reported,
    sender::{PreparedProbe, Sender},
};

/// Sender → Mediary A → Mediary B → the gateway → a catalog.
async fn path() -> (Vec<stage::Running>, String) {
    let catalog = responder(options(json!({ "name": "catalog", "region": "us" }))).await;
    let gateway = relay(options(json!({
        "name": "gateway", "region": "us", "role": "gateway",
        "routes": { "services": { "catalog": format!("grpc://{}", catalog.address) } }
    })));
    let gateway = gateway.await;
    let b = relay(options(json!({
        "name": "Mediary B", "region": "atlantic", "routes": { "regions": { "us": format!("grpc://{}", gateway.address) } }
    })));
    let b = b.await;
    let a = relay(options(json!({
        "name": "Mediary A", "region": "eu", "routes": { "regions": { "us": format!("grpc://{}", b.address) } }
    })));
    let a = a.await;
    let target = format!("grpc://{}", a.address);
    (vec![a, b, gateway, catalog], target)
}

#[tokio::test]
async fn a_path_that_is_probed_by_health_shows_the_services_work_where_that_is_asked_for() {
    let sender = Sender::new();
    for (health, at_least_ns) in [(false, 0), (true, 30_000_000)] {
        let load = json!({ "delay": "30ms", "health": health });
        let catalog = responder(options(json!({ "name": "catalog", "load": load }))).await;
        let target = format!("grpc://{}", catalog.address);
        let measured = sender.probe(&probe(json!({ "target": target, "path": [{ "hop": "catalog" }] }))).await;
        assert_eq!(measured.failure, None, "{measured:?}");
        let backend_ns = measured.hops[0].backend_ns.unwrap();
        assert!(backend_ns >= at_least_ns, "{backend_ns}");
        assert!(health || backend_ns < 30_000_000, "it is told at once: {backend_ns}");
    }
    let load = json!({ "errors_per_mille": 1000, "error_code": 8, "health": true });
    let catalog = responder(options(json!({ "name": "catalog", "load": load }))).await;
    let measured = sender.probe(&probe(json!({ "target": format!("grpc://{}", catalog.address) }))).await;
    assert_eq!((measured.failure.as_deref(), measured.grpc_status), (Some("grpc_status"), Some(8)));
}

#[tokio::test]
async fn a_call_of_any_method_is_split_among_the_hops() {
    let (_running, target) = path().await;
    let probe = probe(json!({
        "target": target, "to": { "region": "us", "service": "catalog" },
        "call": { "method": "wirereel.probe.v1.Probe/Echo", "request": { "delayUs": "20000", "answerBytes": 100000 } },
        "path": [{ "hop": "Mediary A" }, { "hop": "Mediary B" }, { "hop": "gateway" }, { "hop": "catalog" }]
    }));
    let sender = Sender::new();
    for again in [false, true] {
        let measured = sender.probe(&probe).await;
        assert_eq!((measured.reason.as_deref(), measured.failure.as_deref()), (None, None));
        assert_eq!((measured.grpc_status, measured.http_status), (Some(0), Some(200)));
        let all = ["Mediary A", "Mediary B", "gateway", "catalog"].map(|hop| (hop, Reported::Reported));
        assert_eq!(told(&measured), all);
        let roles: Vec<_> = measured.hops.iter().map(|hop| hop.role.unwrap()).collect();
        assert_eq!(roles, [Role::Relay, Role::Relay, Role::Gateway, Role::Responder]);
        assert_eq!(sum(&measured), i64::try_from(measured.total_ns).unwrap());
        assert_eq!((measured.unattributed_ns, measured.inconsistent, measured.ignored_records), (None, false, 0));
        let backend = measured.hops[3].backend_ns.unwrap();
        assert!(backend >= 20_000_000 && measured.total_ns >= backend, "{measured:?}");
        assert_eq!(measured.connect_ns.is_none(), again, "the connection is kept");
        assert_eq!(measured.remote.as_deref(), target.strip_prefix("grpc://"));
    }
}

#[tokio::test]
async fn a_black_box_asks_no_hop_and_goes_the_same_way() {
    let (_running, target) = path().await;
    let written = json!({
        "name": "test", "target": "grpc://{address}", "to": { "region": "us", "service": "catalog" }, "mode": "black_box"
    });
    let (probe, problems) = Probe::read(&written);
    assert!(problems.is_empty() && PreparedProbe::new(probe.clone()).is_err(), "the address is open");
    assert!(PreparedProbe::at(probe.clone(), "not an address").is_err());
    let prepared = PreparedProbe::at(probe, target.strip_prefix("grpc://").unwrap()).unwrap();
    let measured = Sender::new().probe(&prepared).await;
    assert_eq!((measured.reason.as_deref(), measured.grpc_status), (None, Some(0)));
    assert_eq!((measured.hops.len(), measured.unattributed_ns, measured.ignored_records), (0, None, 0));
    assert!(measured.total_ns > 0 && prepared.is_local());
}

#[tokio::test]
async fn a_hop_that_says_nothing_is_opaque_until_packets_tell_of_it() {
    let catalog = responder(options(json!({ "name": "catalog", "load": { "delay": "20ms" } }))).await;
    let delays = json!({ "request": "30ms", "response": "10ms" });
    let routes = json!({ "default": format!("grpc://{}", catalog.address) });
    let nginx = relay(options(json!({ "name": "nginx", "silent": true, "delays": delays, "routes": routes }))).await;
    let a =
        relay(options(json!({ "name": "Mediary A", "routes": { "default": format!("grpc://{}", nginx.address) } })));
    let a = a.await;
    let probe = probe(json!({
        "target": format!("grpc://{}", a.address), "call": { "method": "wirereel.probe.v1.Probe/Echo" },
        "path": [{ "hop": "Mediary A" }, { "hop": "nginx", "address": nginx.address.to_string() }, { "hop": "catalog" }]
    }));
    let mut measured = Sender::new().probe(&probe).await;
    let reported = ["Mediary A", "nginx", "catalog"];
    let ways = [Reported::Reported, Reported::Opaque, Reported::Reported];
    assert_eq!(told(&measured), reported.into_iter().zip(ways).collect::<Vec<_>>());
    let link = measured.hops[2].link_ns.unwrap();
    assert!(
        link >= 40_000_000 && measured.hops[1].link_ns.is_none(),
        "what the silent hop took is in the link behind it"
    );
    let held = measured.hops[2].residence_ns.unwrap();
    let seen = Observation { residence_ns: held + 41_000_000, waited_ns: held + 500_000, received_at_ns: 17 };
    assert!(observe(&mut measured, "nginx", seen));
    assert_eq!(measured.hops[1].own_ns, Some(40_500_000));
    assert_eq!(measured.hops[1].link_ns.unwrap() + measured.hops[2].link_ns.unwrap(), link - 40_500_000);
    assert_eq!(sum(&measured), i64::try_from(measured.total_ns).unwrap());
}
