//! Services and relays that are killed while calls run, and come back.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{HOP, Records, request_metadata},
    relay::Routes,
};

use crate::{
    caller::{Call, Caller},
    path::{Path, Running, address, options},
    service::Service,
};

fn probe(id: ProbeId, path: &'static str) -> Call {
    let to = To { region: "eu".into(), service: "echo".into() };
    Call::to(path).with_all(request_metadata(id, &to, None)).message(&b"x"[..])
}

#[tokio::test]
async fn a_service_that_is_killed_fails_its_calls_by_name_and_serves_again_when_it_is_back() {
    let Path { service, a, b } = Path::start().await;
    let caller = Arc::new(Caller::connect(a.addr).await);
    let addr = service.addr;
    let mut calls = JoinSet::new();
    // Half of them have not begun to be answered, half have.
    for method in ["/test/Hang", "/test/Held"].repeat(50) {
        let caller = Arc::clone(&caller);
        calls.spawn(async move {
            let id = ProbeId::random();
            let outcome = caller.call(probe(id, method)).await;
            let hops = Records::read(outcome.end().get_all(HOP).iter().map(|value| value.as_bytes()), id, None).hops;
            (outcome.grpc_status().map(str::to_owned), outcome.message().to_owned(), hops.len())
        });
    }
    while service.running() < 100 {
        tokio::task::yield_now().await;
    }
    service.kill().await;
    for (status, message, hops) in calls.join_all().await {
        assert_eq!((status.as_deref(), hops), (Some("14"), 2), "{message}");
        assert!(message.starts_with(&format!("Mediary B lost the connection to grpc://{addr}: ")), "{message}");
    }
    a.rests().await;
    b.rests().await;
    assert_eq!(b.handle.figures().connections, 0);
    let outcome = caller.call(probe(ProbeId::random(), "/test/Unary")).await;
    assert!(outcome.message().ends_with("the connection is refused"), "{}", outcome.message());

    let again = Service::start_at(&addr.to_string(), 100).await;
    let mut back = false;
    for _ in 0..100 {
        back = caller.call(probe(ProbeId::random(), "/test/Unary")).await.grpc_status() == Some("0");
        if back {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert!(back && again.seen(1).await.len() == 1);
}

#[tokio::test]
async fn a_relay_that_ends_in_good_order_lets_calls_end_and_leaves_no_task() {
    let path = Path::start().await;
    let caller = path.caller().await;
    let held = caller.open(probe(ProbeId::random(), "/test/Held")).await;
    let ended = path.b.handle.clone();
    let (outcome, ()) = tokio::join!(held.finish(), async {
        tokio::join!(path.b.end(), async {
            // The relay was told to end before this.
            sleep(Duration::from_millis(50)).await;
            path.service.release();
        });
    });
    assert_eq!((outcome.grpc_status(), ended.figures().tasks), (Some("0"), 0));
    path.a.rests().await;
}

#[tokio::test]
async fn a_relay_that_is_dropped_takes_everything_with_it() {
    let Path { service, a, b } = Path::start().await;
    let caller = Caller::connect(a.addr).await;
    let held = caller.open(probe(ProbeId::random(), "/test/Held")).await;
    let killed = b.handle.clone();
    let next = address(b.addr);
    drop(b);
    drop(held);
    for _ in 0..500 {
        if killed.figures().tasks == 0 && service.running() == 0 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((killed.figures().tasks, service.running()), (0, 0));
    // Another takes its place.
    let routes = Routes { default: Some(address(service.addr)), ..Routes::default() };
    let mut same = options("Mediary B again", "eu", routes);
    same.listen = format!("{}:{}", next.host, next.port);
    let _again = Running::start(same).await;
    let mut status = None;
    for _ in 0..100 {
        status = caller.call(probe(ProbeId::random(), "/test/Unary")).await.grpc_status().map(str::to_owned);
        if status.as_deref() == Some("0") {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(status.as_deref(), Some("0"));
}
