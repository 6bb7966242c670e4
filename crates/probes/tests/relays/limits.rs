//! Many calls, slow readers, and peers that take few calls at once.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{HOP, Records, request_metadata},
};

use crate::{
    caller::{Call, Caller},
    path::Path,
    service::Service,
};

fn probe(id: ProbeId, path: &'static str) -> Call {
    let to = To { region: "eu".into(), service: "echo".into() };
    Call::to(path).with_all(request_metadata(id, &to, None))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_conversations_at_once_are_held_and_ended() {
    const MANY: usize = 1_000;
    let path = Path::start().await;
    let caller = path.caller().await;
    let mut open = Vec::new();
    for _ in 0..MANY {
        open.push(caller.open(probe(ProbeId::random(), "/test/Bidi")).await);
    }
    assert_eq!(path.service.running(), MANY);
    for open in &mut open {
        assert_eq!(open.ping(b"here").await.as_deref(), Some(&b"here"[..]));
    }
    for open in open {
        let outcome = open.finish().await;
        let records = outcome.end().get_all(HOP).iter().count();
        assert_eq!((outcome.grpc_status(), records), (Some("0"), 2), "{}", outcome.message());
    }
    path.a.rests().await;
    path.b.rests().await;
    assert_eq!((path.service.running(), path.a.handle.figures().probes), (0, MANY as u64));
}

#[tokio::test]
async fn a_peer_gets_as_many_calls_as_it_takes_and_the_others_wait() {
    let service = Service::start_at("127.0.0.1:0", 5).await;
    let path = Path::before(service, |options| options.pool = 2).await;
    let caller = Arc::new(path.caller().await);
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let caller = Arc::clone(&caller);
        calls.spawn(async move {
            let id = ProbeId::random();
            let outcome = caller.call(probe(id, "/test/Slow")).await;
            assert_eq!(outcome.grpc_status(), Some("0"));
            let mut hops =
                Records::read(outcome.end().get_all(HOP).iter().map(|value| value.as_bytes()), id, None).hops;
            hops.pop().expect("the gateway's")
        });
    }
    let gateway = calls.join_all().await;
    let (most, connections) = path.service.most_at_once();
    assert!(most <= 5 && connections <= 2, "{most} calls at once on one of {connections} connections");
    // Ten go at once, for 20 ms each: the last ones waited for three others.
    let longest = gateway.iter().max_by_key(|hop| hop.queue_ns).expect("forty");
    assert!(
        longest.queue_ns >= 50_000_000 && longest.residence_ns - longest.waited_ns >= longest.queue_ns,
        "{longest:?}"
    );
    assert!(gateway.iter().filter(|hop| hop.queue_ns < 15_000_000).count() >= 8, "the first ones hardly waited");
}

#[tokio::test]
async fn who_does_not_read_stops_the_sender_and_nobody_else() {
    let path = Path::start().await;
    let caller = path.caller().await;
    let mut stuck = Vec::new();
    for _ in 0..4 {
        stuck.push(caller.open(Call::to("/test/Pour")).await);
    }
    let mut before = 0;
    loop {
        sleep(Duration::from_millis(100)).await;
        let poured = path.service.poured();
        if poured == before && poured > 0 {
            break;
        }
        before = poured;
    }
    // Of four that are stuck, what windows and buffers of three connections hold: at most some megabytes each.
    assert!(before < 40 << 20, "{before} bytes were taken");
    assert_eq!(caller.call(probe(ProbeId::random(), "/test/Unary").message(&b"x"[..])).await.grpc_status(), Some("0"));
    // Nobody else's call shares the caller's own window.
    let other = Caller::connect(path.a.addr).await;
    assert_eq!(other.call(Call::to("/test/Unary").message(vec![1; 1 << 20])).await.body.len(), 1 << 20);
    drop((stuck, caller));
    path.a.rests().await;
    path.b.rests().await;
}
