//! What relays say of themselves.

use std::{
    io::Write as _,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use wirereel_probes::{
    HopRecord, ProbeId, Role,
    config::To,
    record::{HOP, Key, Records, request_metadata},
    relay::{Delays, RelayOptions, Routes},
};
use wirereel_span::Span;

use crate::{
    caller::{Call, Caller, Outcome},
    path::{Path, Running, address, options},
    service::Service,
};

fn to(region: &str, service: &str) -> To {
    To { region: region.into(), service: service.into() }
}

fn probe(path: &'static str, to: &To, key: Option<&Key>) -> (ProbeId, Call) {
    let id = ProbeId::random();
    (id, Call::to(path).with_all(request_metadata(id, to, key)).message(&b"hello"[..]))
}

fn records(outcome: &Outcome, id: ProbeId, key: Option<&Key>) -> Records {
    Records::read(outcome.end().get_all(HOP).iter().map(|value| value.as_bytes()), id, key)
}

fn own_ms(record: &HopRecord) -> f64 {
    (record.residence_ns as i64 - record.waited_ns as i64) as f64 / 1e6
}

#[tokio::test]
async fn each_delay_is_told_by_the_hop_or_link_that_it_is_of() {
    let path = Path::start().await;
    let caller = path.caller().await;
    let (_, warm_up) = probe("/test/Unary", &to("eu", "echo"), None);
    caller.call(warm_up).await;
    let span = |millis| Some(Span::from_millis(millis));
    path.a.handle.delay(&Delays { request: span(8), link_request: span(4), ..Delays::default() });
    path.b.handle.delay(&Delays { response: span(24), link_response: span(16), request: span(6), ..Delays::default() });
    let injected = [("link to A", 4.0), ("A", 8.0), ("link to B", 16.0), ("B", 30.0), ("behind B", 0.0)];
    // A machine with other things to do adds to some part of some probe: the least of each part counts.
    let mut least = [f64::INFINITY; 5];
    for _ in 0..8 {
        let (id, call) = probe("/test/Unary", &to("eu", "echo"), None);
        let begun = Instant::now();
        let outcome = caller.call(call).await;
        let total_ms = begun.elapsed().as_secs_f64() * 1e3;
        let hops = records(&outcome, id, None).hops;
        let named: Vec<_> = hops.iter().map(|hop| (hop.hop.as_str(), hop.region.as_str(), hop.role)).collect();
        assert_eq!(named, [("Mediary A", "home", Role::Relay), ("Mediary B", "eu", Role::Gateway)]);
        assert!(hops.iter().all(|hop| hop.queue_ns < hop.residence_ns && hop.backend_ns.is_none()));
        let ms = |nanos: u64| nanos as f64 / 1e6;
        let link_to_a = total_ms - ms(hops[0].residence_ns);
        let link_to_b = ms(hops[0].waited_ns) - ms(hops[1].residence_ns);
        let parts = [link_to_a, own_ms(&hops[0]), link_to_b, own_ms(&hops[1]), ms(hops[1].waited_ns)];
        for ((least, part), (name, injected)) in least.iter_mut().zip(parts).zip(injected) {
            assert!(part >= injected, "{name}: {part}");
            *least = part.min(*least);
        }
    }
    for (least, (name, injected)) in least.into_iter().zip(injected) {
        assert!(least < injected + 3.0, "{name}: {least}");
    }
}

#[tokio::test]
async fn a_wall_clock_that_is_wrong_is_told_as_it_is_and_changes_no_duration() {
    let path = Path::with(|options| options.wall_clock_offset_ms = 3_600_000).await;
    let (id, call) = probe("/test/Unary", &to("eu", "echo"), None);
    let before = SystemTime::now();
    let outcome = path.caller().await.call(call).await;
    for hop in records(&outcome, id, None).hops {
        let received = UNIX_EPOCH + Duration::from_nanos(hop.received_at_ns.unsigned_abs());
        let ahead = received.duration_since(before).expect("it is ahead");
        assert!((3_600..3_620).contains(&ahead.as_secs()) && hop.residence_ns < 20_000_000_000, "{hop:?}");
    }
}

#[tokio::test]
async fn trailers_only_carry_records_in_headers() {
    let path = Path::start().await;
    let (id, call) = probe("/test/TrailersOnly", &to("eu", "echo"), None);
    let outcome = path.caller().await.call(call).await;
    assert!(outcome.headers_only && outcome.grpc_status() == Some("5"));
    assert_eq!(records(&outcome, id, None).hops.len(), 2);
}

#[tokio::test]
async fn with_a_key_only_who_has_it_gets_records_and_others_are_counted() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "our own secret").expect("written");
    let path = Path::with(|options| options.key_file = Some(file.path().to_owned())).await;
    let (ours, theirs) = (Key::read(file.path()).expect("a key"), Key::new(b"another secret").expect("a key"));
    let caller = path.caller().await;
    let (id, call) = probe("/test/Unary", &to("eu", "echo"), Some(&ours));
    let outcome = caller.call(call).await;
    assert_eq!((records(&outcome, id, Some(&ours)).hops.len(), records(&outcome, id, Some(&theirs)).ignored), (2, 2));
    for key in [None, Some(&theirs)] {
        let (id, call) = probe("/test/Unary", &to("eu", "echo"), key);
        let outcome = caller.call(call).await;
        assert_eq!((outcome.grpc_status(), records(&outcome, id, None)), (Some("0"), Records::default()));
    }
    let figures = path.a.handle.figures();
    assert_eq!((figures.calls, figures.probes, figures.refused), (3, 1, 2));
}

#[tokio::test]
async fn what_is_no_probe_gets_no_record_and_a_silent_relay_gives_none() {
    let path = Path::with(|options| options.silent = options.name == "Mediary A").await;
    let caller = path.caller().await;
    let outcome = caller.call(Call::to("/test/Unary")).await;
    assert_eq!((outcome.grpc_status(), outcome.end().contains_key(HOP)), (Some("0"), false));
    let (id, call) = probe("/test/Unary", &to("eu", "echo"), None);
    let hops = records(&caller.call(call).await, id, None).hops;
    assert_eq!(hops.iter().map(|hop| hop.hop.as_str()).collect::<Vec<_>>(), ["Mediary B"]);
}

#[tokio::test]
async fn a_call_without_a_route_is_told_so_with_the_record_of_who_could_not() {
    let service = Service::start().await;
    let routes = Routes { services: [("echo".into(), address(service.addr))].into(), ..Routes::default() };
    let gateway = Running::start(options("Mediary B", "eu", routes)).await;
    let caller = Caller::connect(gateway.addr).await;
    for (to, status, message) in [
        (to("asia", "echo"), "14", "Mediary B knows no way to region asia"),
        (to("eu", "till"), "12", "Mediary B knows no service till"),
        (to("", ""), "12", "Mediary B does not know where this goes"),
    ] {
        let (id, call) = probe("/test/Unary", &to, None);
        let outcome = caller.call(call).await;
        assert_eq!((outcome.headers_only, outcome.grpc_status(), outcome.message()), (true, Some(status), message));
        let hops = records(&outcome, id, None).hops;
        assert!(matches!(&hops[..], [hop] if hop.hop == "Mediary B" && hop.waited_ns == 0), "{hops:?}");
    }
    assert_eq!(gateway.handle.figures().unrouted, 3);
}

#[tokio::test]
async fn a_next_hop_that_is_not_there_is_named() {
    let gone = Service::start().await;
    let addr = gone.addr;
    gone.kill().await;
    let routes = Routes { services: [("echo".into(), address(addr))].into(), ..Routes::default() };
    let gateway = Running::start(RelayOptions { ring: 1, ..options("Mediary B", "eu", routes) }).await;
    let (id, call) = probe("/test/Unary", &to("eu", "echo"), None);
    let outcome = Caller::connect(gateway.addr).await.call(call).await;
    assert_eq!(outcome.grpc_status(), Some("14"));
    assert_eq!(outcome.message(), format!("Mediary B does not reach grpc://{addr}: the connection is refused"));
    assert_eq!(records(&outcome, id, None).hops.len(), 1);
    assert_eq!(gateway.handle.figures().unreachable, 1);
}
