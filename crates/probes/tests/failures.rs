//! Every kind of failure, and what is known of the call in spite of it.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use std::{net::TcpListener, time::Duration};

use serde_json::{Value, json};
use stage::{
    authority::Authority,
    options, probe, relay, responder,
    script::{Act, Answer, http2, raw},
    sum, told,
};
use wirereel_probes::{
    HopRecord, Measured, ProbeId, Role,
    path::Reported,
    record::{Key, PROBE_ID},
    sender::{PreparedProbe, Sender},
};

async fn of(written: Value) -> Measured {
    Sender::new().probe(&probe(written)).await
}

fn kind(measured: &Measured) -> (&str, &str) {
    (measured.failure.as_deref().unwrap_or("none"), measured.reason.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_cannot_be_connected_to_says_why_and_has_no_total() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let measured = of(json!({ "target": format!("grpc://{nobody}"), "path": [{ "hop": "a" }] })).await;
    assert_eq!(kind(&measured), ("refused", format!("{nobody} refused the connection").as_str()));
    assert_eq!((measured.total_ns, measured.hops.len(), measured.unattributed_ns), (0, 0, None));
    let measured = of(json!({ "target": "grpc://nobody.invalid:1" })).await;
    assert_eq!(measured.failure.as_deref(), Some("dns"), "{:?}", measured.reason);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_reset_and_one_that_speaks_nonsense_a_protocol_error() {
    for script in [vec![Act::Some, Act::Reset], vec![Act::Some]] {
        let target = raw(script).await;
        let measured = of(json!({ "target": format!("grpc://{target}"), "path": [{ "hop": "a" }] })).await;
        assert_eq!(measured.failure.as_deref(), Some("reset"), "{:?}", measured.reason);
    }
    for target in ["grpc", "http"] {
        let at = raw(vec![Act::Some, Act::Say("SSH-2.0-OpenSSH_9.2\r\n\r\n".into()), Act::Stall]).await;
        let measured = of(json!({ "target": format!("{target}://{at}") })).await;
        assert_eq!(measured.failure.as_deref(), Some("protocol"), "{target}: {:?}", measured.reason);
    }
    let at = raw(vec![Act::Head, Act::Say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nonly".into())]).await;
    let measured = of(json!({ "target": format!("http://{at}/") })).await;
    assert_eq!(measured.failure.as_deref(), Some("reset"), "{:?}", measured.reason);
}

#[tokio::test]
async fn a_stall_is_a_timeout_that_says_where() {
    let stalls = raw(vec![Act::Stall]).await;
    let patient = |target: String| json!({ "target": target, "timeout": "60ms", "mode": "black_box" });
    let measured = of(patient(format!("grpc://{stalls}"))).await;
    let (kind, reason) = kind(&measured);
    assert_eq!((kind, reason), ("timeout", "No answer within 60 ms: the time ran out while waiting for the answer"));
    assert!(measured.total_ns > 30_000_000 && measured.connect_ns.is_some() && measured.unattributed_ns.is_none());
    let measured = of(patient(format!("grpcs://{stalls}"))).await;
    assert!(measured.reason.as_deref().unwrap().ends_with("in the TLS handshake"), "{:?}", measured.reason);
    assert_eq!(measured.total_ns, 0);
}

#[tokio::test]
async fn faults_of_certificates_are_told_apart() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let cases = [
        ("", ours.good()),
        ("The certificate has expired", ours.identity(&["localhost"], (2020, 2021))),
        ("The certificate is not valid yet", ours.identity(&["localhost"], (3000, 4000))),
        ("The certificate is not for localhost", ours.identity(&["shop.test"], (2020, 4000))),
        ("The certificate is from an unknown issuer", theirs.good()),
    ];
    for (reason, identity) in cases {
        let address = http2(Some(identity.server(b"h2")), |_| Answer::serving()).await;
        let target = format!("grpcs://localhost:{}", address.port());
        let measured = of(json!({ "target": target, "tls": { "ca_file": ours.pem } })).await;
        let failed = (!reason.is_empty()).then_some("tls");
        assert_eq!((measured.failure.as_deref(), measured.reason.unwrap_or_default().as_str()), (failed, reason));
    }
    let clear = http2(None, |_| Answer::serving()).await;
    let measured = of(json!({ "target": format!("grpcs://{clear}"), "timeout": "1s" })).await;
    assert_eq!(measured.failure.as_deref(), Some("tls"), "{:?}", measured.reason);
}

#[tokio::test]
async fn who_wants_a_certificate_gets_one_or_refuses() {
    let ours = Authority::new("mutual");
    let shown = ours.good();
    let tls = json!({ "certificate_file": shown.certificate, "key_file": shown.key, "client_ca_file": ours.pem });
    let running = responder(options(json!({ "name": "catalog", "listen_tls": tls }))).await;
    let mut written = json!({ "target": format!("grpcs://{}", running.address), "tls": { "ca_file": ours.pem } });
    let measured = of(written.clone()).await;
    assert_eq!(kind(&measured), ("tls", "The server ended the TLS connection: certificate required"));
    written["tls"]["certificate_file"] = json!(shown.certificate);
    written["tls"]["key_file"] = json!(shown.key);
    let measured = of(written).await;
    assert_eq!((measured.failure, told_names(&measured.hops)), (None, vec!["catalog".to_owned()]));
}

fn told_names(hops: &[wirereel_probes::Hop]) -> Vec<String> {
    hops.iter().map(|hop| hop.hop.clone()).collect()
}

#[tokio::test]
async fn statuses_are_told_by_number_and_name() {
    let unavailable = Answer {
        trailers: vec![("grpc-status", "14".into()), ("grpc-message", "gone%20for lunch".into())],
        ..Answer::grpc("14")
    };
    let no_trailers = Answer { trailers: vec![], ..Answer::serving() };
    let trailers_only = Answer {
        body: vec![],
        trailers: vec![],
        headers: vec![("content-type", "application/grpc".into()), ("grpc-status", "5".into())],
        ..Answer::grpc("")
    };
    let proxy = Answer {
        status: 502,
        headers: vec![("content-type", "text/html".into())],
        body: b"<html>".to_vec(),
        trailers: vec![],
        ..Answer::default()
    };
    let asleep = Answer { body: vec![0, 0, 0, 0, 2, 8, 2], ..Answer::grpc("0") };
    let cases = [
        (unavailable, "grpc_status", "The service answered UNAVAILABLE (14): gone for lunch", Some(14)),
        (trailers_only, "grpc_status", "The service answered NOT_FOUND (5)", Some(5)),
        (no_trailers, "protocol", "The answer cannot be understood: it has no gRPC status", None),
        (Answer::grpc("zero"), "protocol", "The answer cannot be understood: its gRPC status is no number", None),
        (
            Answer { body: vec![0, 0, 0, 0, 9, 1], ..Answer::grpc("0") },
            "protocol",
            "The answer cannot be understood: its message is cut off",
            Some(0),
        ),
        (proxy, "http_status", "The status is 502, expected is 200", None),
        (asleep, "not_serving", "The service says that it is NOT_SERVING", Some(0)),
    ];
    for (answer, failure, reason, status) in cases {
        let target = http2(None, move |_| answer.clone()).await;
        let measured = of(json!({ "target": format!("grpc://{target}"), "mode": "black_box" })).await;
        assert_eq!((kind(&measured), measured.grpc_status), ((failure, reason), status));
        assert!(measured.total_ns > 0);
    }
}

#[tokio::test]
async fn http_is_asked_in_the_version_that_the_target_speaks() {
    let answer = "HTTP/1.1 204 No Content\r\nwirereel-hop: 1;gateway;edge;eu;10;4;0;;17;\r\n\r\n";
    let clear = raw([[Act::Head, Act::Say(answer.into())], [Act::Head, Act::Say(answer.into())]].concat()).await;
    let kept =
        probe(json!({ "target": format!("http://{clear}/a?b=c"), "path": [{ "hop": "edge" }, { "hop": "shop" }] }));
    for again in [false, true] {
        let measured = Sender::new().probe(&kept).await;
        assert_eq!((measured.failure.as_deref(), measured.http_status, measured.grpc_status), (None, Some(204), None));
        assert_eq!(told(&measured), [("edge", Reported::Reported), ("shop", Reported::Opaque)]);
        assert_eq!(measured.connect_ns.is_none(), again, "the connection is kept");
    }
    let ours = Authority::new("https");
    let found = Answer { status: 404, trailers: vec![], ..Answer::default() };
    let address = http2(Some(ours.good().server(b"h2")), move |request| {
        assert_eq!((request.uri().path(), request.method().as_str()), ("/health", "POST"));
        found.clone()
    });
    let target = format!("https://{}/health", address.await);
    let tls = json!({ "ca_file": ours.pem });
    let mut written = json!({ "target": target, "tls": tls, "call": { "http_method": "POST", "body": "{}" } });
    assert_eq!(kind(&of(written.clone()).await), ("http_status", "The status is 404, expected is 200 to 299"));
    written["call"]["status"] = json!([404, 404]);
    assert_eq!(of(written).await.failure, None);
}

#[tokio::test]
async fn a_service_that_does_not_tell_its_methods_is_no_failure_of_the_path_but_of_the_request() {
    let target = http2(None, |_| Answer::grpc("12")).await;
    let written = |call: Value| json!({ "target": format!("grpc://{target}"), "call": call });
    let measured = of(written(json!({ "method": "shop.Catalog/List", "request": {} }))).await;
    assert_eq!(measured.failure.as_deref(), Some("request"), "{:?}", measured.reason);
    let measured = of(written(json!({ "method": "shop.Catalog/List" }))).await;
    assert_eq!(
        kind(&measured),
        ("grpc_status", "The service answered UNIMPLEMENTED (12)"),
        "an empty request has no shape"
    );
}

#[tokio::test]
async fn a_request_that_does_not_fit_says_so() {
    let running = responder(options(json!({}))).await;
    let echo = |request: Value| {
        of(json!({
            "target": format!("grpc://{}", running.address),
            "call": { "method": "wirereel.probe.v1.Probe/Echo", "request": request }
        }))
    };
    let measured = echo(json!({ "colour": 1 })).await;
    assert_eq!(measured.failure.as_deref(), Some("request"));
    assert!(
        measured
            .reason
            .unwrap()
            .starts_with("The request cannot be made: it does not fit wirereel.probe.v1.EchoRequest")
    );
    let measured = echo(json!({ "errorsPerMille": 1000, "errorCode": 8 })).await;
    assert_eq!(kind(&measured).1, "The service answered RESOURCE_EXHAUSTED (8): an error, as it was asked for");
    assert_eq!(
        told(&measured),
        [("responder", Reported::Reported)],
        "an error has a record too, in headers where it is nothing else"
    );
    let measured = echo(json!({ "answerBytes": 4_000_001 })).await;
    assert_eq!(measured.grpc_status, Some(3));
    assert_eq!(echo(json!({ "answerBytes": 3_999_999, "payload": "AAEC" })).await.failure, None);
}

#[tokio::test]
async fn stripped_records_leave_the_total_unattributed() {
    let target = http2(None, |_| Answer::serving()).await;
    let written = json!({ "target": format!("grpc://{target}"), "path": [{ "hop": "nginx" }, { "hop": "catalog" }] });
    let measured = of(written).await;
    assert_eq!(measured.failure, None);
    assert_eq!(told(&measured), [("nginx", Reported::Opaque), ("catalog", Reported::Opaque)]);
    assert_eq!(measured.unattributed_ns, Some(measured.total_ns as i64));
}

fn record(id: ProbeId, key: Option<&Key>) -> String {
    let record = HopRecord {
        hop: "Mediary A".into(),
        region: "eu".into(),
        role: Role::Relay,
        residence_ns: 1_000,
        waited_ns: 400,
        queue_ns: 0,
        backend_ns: None,
        received_at_ns: 0,
    };
    record.encode(id, key)
}

#[tokio::test]
async fn with_a_key_unsigned_and_foreign_records_are_ignored_and_counted() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("probe-{}.key", std::process::id()));
    std::fs::write(&file, "a secret of our own\n").unwrap();
    let (ours, theirs) = (Key::new(b"a secret of our own").unwrap(), Key::new(b"somebody else's secret").unwrap());
    let target = http2(None, move |request| {
        let id: ProbeId = request.headers()[PROBE_ID].to_str().unwrap().parse().unwrap();
        let other = ProbeId([7; 16]);
        let records =
            [record(id, None), record(id, Some(&theirs)), record(other, Some(&ours)), record(id, Some(&ours))];
        records.into_iter().fold(Answer::serving(), |answer, record| answer.trailer("wirereel-hop", record))
    });
    let target = target.await;
    let mut written = json!({ "target": format!("grpc://{target}"), "to": { "region": "us", "service": "catalog" } });
    let measured = of(written.clone()).await;
    assert_eq!(
        (measured.hops.len(), measured.ignored_records),
        (5, 0),
        "without a key, whoever says it; and the service"
    );
    written["key_file"] = json!(file);
    let measured = of(written.clone()).await;
    assert_eq!(measured.ignored_records, 3);
    assert_eq!(told(&measured), [("Mediary A", Reported::Reported), ("catalog", Reported::Opaque)]);
    assert_eq!(sum(&measured), measured.total_ns as i64);
    written["key_file"] = json!(folder.join("nowhere.key"));
    written["name"] = "test".into();
    let problems = PreparedProbe::new(wirereel_probes::Probe::read(&written).0).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn hops_say_afterwards_where_a_call_was_lost() {
    let stalls = raw(vec![Act::Stall]).await;
    let b = relay(options(json!({
        "name": "Mediary B", "region": "us", "routes": { "services": { "catalog": format!("grpc://{stalls}") } }
    })));
    let mut b = b.await;
    let a = relay(options(json!({
        "name": "Mediary A", "region": "eu", "routes": { "regions": { "us": format!("grpc://{}", b.address) } }
    })));
    let a = a.await;
    let written = json!({
        "target": format!("grpc://{}", a.address), "to": { "region": "us", "service": "catalog" }, "timeout": "150ms",
        "path": [{ "hop": "Mediary A" }, { "hop": "Mediary B" }, { "hop": "catalog" }]
    });
    let prepared = probe(written);
    let measured = Sender::new().probe(&prepared).await;
    assert_eq!(measured.failure.as_deref(), Some("timeout"), "{:?}", measured.reason);
    assert_eq!(measured.last_seen.as_deref(), Some("entered Mediary B, never left"));
    assert!(measured.total_ns < Duration::from_millis(400).as_nanos() as u64, "asking is no part of the total");
    b.kill().await;
    let measured = Sender::new().probe(&prepared).await;
    assert_eq!(measured.failure.as_deref(), Some("grpc_status"), "{:?}", measured.reason);
    assert_eq!(measured.last_seen.as_deref(), Some("entered Mediary A, which could not send it on"));
    assert_eq!(told(&measured)[0], ("Mediary A", Reported::Reported));
    assert_eq!(sum(&measured), measured.total_ns as i64);
}

#[tokio::test]
async fn a_target_that_comes_back_is_connected_to_anew() {
    let mut first = responder(options(json!({}))).await;
    let prepared = probe(json!({ "target": format!("grpc://{}", first.address) }));
    let sender = Sender::new();
    assert_eq!(sender.probe(&prepared).await.failure, None);
    first.kill().await;
    let down = sender.probe(&prepared).await;
    assert!(matches!(down.failure.as_deref(), Some("refused" | "reset")), "{down:?}");
    let _second = responder(options(json!({ "listen": first.address.to_string() }))).await;
    let up = sender.probe(&prepared).await;
    assert_eq!((up.failure, up.connect_ns.is_some()), (None, true));
}
