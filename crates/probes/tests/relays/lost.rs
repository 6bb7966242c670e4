//! Probes that nobody answers: deadlines, and what hops remember afterwards.

use std::time::Duration;

use tokio::time::timeout;
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{Ending, HOP, RECALL, Records, SEEN, Sightings, request_metadata},
    relay::Delays,
};
use wirereel_span::Span;

use crate::{
    caller::{Call, Caller},
    path::Path,
};

fn to_echo() -> To {
    To { region: "eu".into(), service: "echo".into() }
}

fn probe(path: &'static str, id: ProbeId) -> Call {
    Call::to(path).with_all(request_metadata(id, &to_echo(), None))
}

async fn give_up(caller: &Caller, call: Call, after_ms: u64) {
    let waited = timeout(Duration::from_millis(after_ms), caller.call(call)).await;
    assert!(waited.is_err(), "nobody answers: {waited:?}");
}

/// What hops say of a probe, as sender and relay A would ask for it.
async fn recalled(caller: &Caller, id: ProbeId) -> Sightings {
    let outcome = caller.call(probe(RECALL, id).message(&[0; 5][..])).await;
    assert_eq!((outcome.grpc_status(), outcome.body.as_slice()), (Some("0"), &[0; 5][..]));
    Sightings::read(outcome.end().get_all(SEEN).iter().map(|value| value.as_bytes()), id, None)
}

#[tokio::test]
async fn hops_say_where_a_probe_was_lost() {
    let path = Path::start().await;
    let caller = path.caller().await;

    let id = ProbeId::random();
    path.b.handle.delay(&Delays { request: Some(Span::from_secs(60)), ..Delays::default() });
    give_up(&caller, probe("/test/Unary", id), 100).await;
    path.a.rests().await;
    let seen = recalled(&caller, id).await;
    assert_eq!(seen.in_words().as_deref(), Some("entered Mediary B, never left"));
    let stays: Vec<_> = seen.hops.iter().map(|hop| hop.stay.expect("it was seen")).collect();
    assert!(stays[0].sent_ns.is_some() && stays[1].sent_ns.is_none(), "{stays:?}");
    assert!(
        stays.iter().all(|stay| matches!(stay.left, Some((after_ns, Ending::Cancelled)) if after_ns <= stay.age_ns))
    );

    path.b.handle.delay(&Delays::default());
    let id = ProbeId::random();
    give_up(&caller, probe("/test/Hang", id), 100).await;
    let seen = recalled(&caller, id).await;
    assert_eq!(seen.in_words().as_deref(), Some("Mediary B sent it on, no answer came"));

    let id = ProbeId::random();
    assert_eq!(recalled(&caller, id).await.in_words().as_deref(), Some("never entered Mediary A"));

    let id = ProbeId::random();
    caller.call(probe("/test/Unary", id)).await;
    let endings: Vec<_> =
        recalled(&caller, id).await.hops.iter().filter_map(|hop| hop.stay?.left).map(|left| left.1).collect();
    assert_eq!(endings, [Ending::Answered; 2]);
}

#[tokio::test]
async fn a_hop_whose_next_is_gone_still_says_what_it_remembers() {
    let path = Path::start().await;
    let caller = path.caller().await;
    let id = ProbeId::random();
    give_up(&caller, probe("/test/Hang", id), 50).await;
    path.b.end().await;
    let seen = recalled(&caller, id).await;
    assert_eq!(seen.in_words().as_deref(), Some("Mediary A sent it on, no answer came"));
}

#[tokio::test]
async fn a_deadline_ends_a_call_where_the_next_hop_does_not_say_so() {
    let path = Path::start().await;
    let caller = path.caller().await;
    let id = ProbeId::random();
    let outcome = caller.call(probe("/test/Hang", id).with("grpc-timeout", "50m").message(&b"x"[..])).await;
    assert_eq!(outcome.grpc_status(), Some("4"));
    let hops = Records::read(outcome.end().get_all(HOP).iter().map(|value| value.as_bytes()), id, None).hops;
    assert!(!hops.is_empty() && hops[0].waited_ns >= 50_000_000, "{hops:?}");
    assert_eq!(path.service.seen(1).await[0].headers["grpc-timeout"], "50m", "as it was sent");

    // Also when the answer has begun.
    let held = caller.call(Call::to("/test/Held").with("grpc-timeout", "50m")).await;
    assert_eq!((held.headers_only, held.grpc_status()), (false, Some("4")));
    path.a.rests().await;
    path.b.rests().await;
    assert_eq!(path.service.running(), 0);
}

#[tokio::test]
async fn who_does_not_say_which_probe_is_meant_is_told_so() {
    let path = Path::start().await;
    let outcome = path.caller().await.call(Call::to(RECALL).message(&[0; 5][..])).await;
    assert_eq!(outcome.grpc_status(), Some("3"));
}
