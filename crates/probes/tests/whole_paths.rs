//! Probes through whole paths: sender, relays, gateway and responder.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use serde_json::json;
use stage::{options, probe, relay, responder, sum, told};
use wirereel_probes::{Role, path::Reported, sender::Sender};

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
