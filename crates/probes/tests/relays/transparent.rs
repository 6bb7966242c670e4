//! The same calls directly and through two relays: both ends must see the same.

use bytes::Bytes;
use h2::Reason;
use hyper::HeaderMap;
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{HOP, request_metadata, target_metadata},
};

use crate::{
    caller::{Call, Caller, Outcome},
    path::Path,
    service::{Seen, Service},
};

fn to_echo() -> To {
    To { region: "eu".into(), service: "echo".into() }
}

/// What both ends saw of a call, which the service sees whole.
async fn both_ends(service: &Service, caller: &Caller, call: Call) -> (Outcome, Seen) {
    let before = service.seen(0).await.len();
    let outcome = caller.call(call).await;
    (outcome, service.seen(before + 1).await.remove(before))
}

/// Makes a call directly, through two relays, and through them as a probe; answers what all of it came to.
async fn alike(call: impl Fn() -> Call) -> (Outcome, Seen) {
    let path = Path::start().await;
    let (near, far) = (Caller::connect(path.service.addr).await, path.caller().await);
    let direct = both_ends(&path.service, &near, call().with_all(target_metadata(&to_echo()))).await;
    let through = both_ends(&path.service, &far, call().with_all(target_metadata(&to_echo()))).await;
    assert_eq!(direct, through);

    let probe = request_metadata(ProbeId::random(), &to_echo(), None);
    let (mut outcome, seen) = both_ends(&path.service, &far, call().with_all(probe.clone())).await;
    let (_, as_sent) = both_ends(&path.service, &near, call().with_all(probe)).await;
    assert_eq!(seen, as_sent, "a probe is no other request behind relays");
    let end = outcome.trailers.as_mut().unwrap_or(&mut outcome.headers);
    assert_eq!(end.get_all(HOP).iter().count(), 2);
    end.remove(HOP);
    if outcome.trailers.as_ref().is_some_and(HeaderMap::is_empty) {
        outcome.trailers = None;
    }
    assert_eq!(direct.0, outcome, "records are all that a probe's answer has more");
    direct
}

#[tokio::test]
async fn unary_calls_with_repeated_and_binary_metadata() {
    let (outcome, seen) = alike(|| {
        let call =
            Call::to("/test/Unary").with("x-text", "one").with("x-text", "two, three").with("x-bytes-bin", "AAECAw");
        call.with("user-agent", "test")
            .with("authorization", "Bearer x")
            .message(&b"hello"[..])
            .trailer("x-late", "yes")
    })
    .await;
    assert_eq!((outcome.body.as_slice(), outcome.grpc_status()), (&b"hello"[..], Some("0")));
    assert_eq!(outcome.headers.get_all("x-text").iter().count(), 2);
    assert_eq!(outcome.end().get_all("x-after").iter().count(), 2);
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("POST", "http://test.example/test/Unary"));
    assert!(seen.trailers.is_some_and(|trailers| trailers["x-late"] == "yes"));
}

#[tokio::test]
async fn calls_without_a_message() {
    let (outcome, seen) = alike(|| Call::to("/test/Unary")).await;
    assert!(seen.body.is_empty() && outcome.body.is_empty());
}

#[tokio::test]
async fn messages_of_four_megabytes_both_ways() {
    let message: Bytes = (0..4 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (outcome, seen) = alike(|| Call::to("/test/Unary").message(message.clone())).await;
    assert!(outcome.body == message && seen.body == message);
}

#[tokio::test]
async fn streams_from_the_client_and_from_the_server() {
    let (outcome, _) =
        alike(|| (0..50).fold(Call::to("/test/ClientStream"), |call, n: u8| call.message(vec![n; 500]))).await;
    assert_eq!(outcome.body.len(), 25_000);
    let (outcome, _) = alike(|| Call::to("/test/ServerStream").message(&b"go"[..])).await;
    assert_eq!(outcome.body.len(), 20_000);
}

#[tokio::test]
async fn every_message_of_a_conversation_is_passed_on_before_the_next_is_written() {
    let path = Path::start().await;
    for addr in [path.service.addr, path.a.addr] {
        let caller = Caller::connect(addr).await;
        let mut open = caller.open(Call::to("/test/Bidi").with_all(target_metadata(&to_echo()))).await;
        for message in [&b"one"[..], b"two", b"three"] {
            assert_eq!(open.ping(message).await.as_deref(), Some(message));
        }
        let outcome = open.finish().await;
        assert_eq!((outcome.grpc_status(), outcome.body.len()), (Some("0"), 0));
    }
    let seen = path.service.seen(2).await;
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn errors_with_details_and_trailers_only() {
    let (outcome, _) = alike(|| Call::to("/test/Fail").message(&b"x"[..])).await;
    assert_eq!(outcome.grpc_status(), Some("9"));
    assert_eq!(outcome.end()["grpc-status-details-bin"], "CAkSB25vdCBub3c");
    let (outcome, _) = alike(|| Call::to("/test/TrailersOnly").message(&b"x"[..])).await;
    assert!(outcome.headers_only && outcome.trailers.is_none() && outcome.grpc_status() == Some("5"));
}

#[tokio::test]
async fn compressed_messages_and_deadlines_stay_as_they_are() {
    let (outcome, seen) = alike(|| {
        let call = Call::to("/test/Unary").with("grpc-encoding", "gzip").with("grpc-accept-encoding", "gzip,identity");
        call.with("grpc-timeout", "1700m").message(&b"\x01\x00\x00\x00\x04\x1f\x8b\x08\x00"[..])
    })
    .await;
    assert_eq!(
        (&seen.headers["grpc-timeout"], &outcome.headers["grpc-encoding"]),
        (&"1700m".parse().unwrap(), &"gzip".parse().unwrap())
    );
}

#[tokio::test]
async fn an_answer_before_the_request_was_read() {
    let (outcome, _) = alike(|| Call::to("/test/Early").message(vec![1; 100_000])).await;
    assert_eq!((outcome.body.as_slice(), outcome.grpc_status()), (&b"enough"[..], Some("0")));
}

#[tokio::test]
async fn answers_without_trailers() {
    let (outcome, _) = alike(|| Call::to("/test/Plain").with("accept", "text/plain")).await;
    assert_eq!((outcome.body.as_slice(), outcome.trailers), (&b"plain"[..], None));
}

#[tokio::test]
async fn resets_by_the_service_keep_their_code() {
    let path = Path::start().await;
    let (near, far) = (Caller::connect(path.service.addr).await, path.caller().await);
    for (method, reason) in [("/test/Refuse", Reason::REFUSED_STREAM), ("/test/BreakOff", Reason::ENHANCE_YOUR_CALM)] {
        let (direct, through) = (near.call(Call::to(method)).await, far.call(Call::to(method)).await);
        assert_eq!(direct, through, "{method}");
        assert_eq!(through.broken, Some(reason), "{method}");
    }
    path.a.rests().await;
}

#[tokio::test]
async fn a_caller_that_gives_up_is_seen_by_the_service() {
    let path = Path::start().await;
    for addr in [path.service.addr, path.a.addr] {
        let caller = Caller::connect(addr).await;
        let mut open = caller.open(Call::to("/test/Bidi")).await;
        open.ping(b"one").await.expect("echoed");
        let given_up = open.send.send(Err(Reason::CANCEL.into())).await;
        assert!(given_up.is_ok());
        drop(open);
        let mut hanging = Box::pin(caller.call(Call::to("/test/Hang").message(&b"x"[..])));
        tokio::select! {
            _ = &mut hanging => panic!("nobody answers"),
            _ = path.service.seen(if addr == path.a.addr { 4 } else { 2 }) => {}
        }
    }
    let seen = path.service.seen(4).await;
    let broken: Vec<_> = seen.iter().filter(|seen| seen.uri.ends_with("Bidi")).map(|seen| seen.broken).collect();
    assert_eq!(broken, [Some(Reason::CANCEL); 2]);
    path.a.rests().await;
    path.b.rests().await;
    assert_eq!(path.service.running(), 0, "calls that hung are gone with their callers");
}
