//! Every phase and every verdict is as the server's script says: answers, connections that break, redirects.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod cases;
mod server;

use cases::{BEGUN, CONNECTED, DELAY_MS, MORE_THAN_BUFFERS, NONE, WHOLE, WRITTEN, Wanted, at, run, soon, with};
use server::{
    Act::{self, Body, Bytes, Echo, Head, Request, Reset, Say, Slowly, Stall, Wait},
    bare, ok, serve, to,
};
use wirereel_checks::{
    Phase, Website,
    config::{Expect, Method, Span},
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const ENDLESS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n";

#[tokio::test]
async fn answers_and_their_phases() {
    run(vec![
        ("an answer", at(vec![Request, ok("hello")]).await, Wanted::up(WHOLE)),
        (
            "a slow first byte",
            at(vec![Request, Wait(DELAY_MS), ok("hello")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Ttfb]),
        ),
        (
            "a slow body",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), Slowly("12345", 2, DELAY_MS / 2)])
                .await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a slow head",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\n"), Wait(DELAY_MS), Say("Content-Length: 0\r\n\r\n")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a chunked body",
            at(vec![Request, Say(CHUNKED), Slowly("5\r\nhello\r\n", 3, DELAY_MS / 3), Say("0\r\n\r\n")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a body that ends with the connection",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\n\r\n"), Wait(DELAY_MS), Say("bye")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        ("HTTP/1.0", at(vec![Request, Say("HTTP/1.0 200 OK\r\n\r\nold")]).await, Wanted::up(WHOLE)),
        ("no body", at(vec![Request, bare(204)]).await, Wanted::up(WHOLE).status(204)),
        (
            "an interim answer",
            at(vec![Request, Say("HTTP/1.1 103 Early Hints\r\n\r\n"), ok("")]).await,
            Wanted::up(WHOLE),
        ),
        (
            "HEAD",
            with(at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")]).await, |w| {
                w.method = Method::Head
            }),
            Wanted::up(WHOLE),
        ),
        (
            "a server that reads slowly",
            with(at(vec![Head, Wait(DELAY_MS), Body, ok("")]).await, |w| w.body = Some("x".repeat(MORE_THAN_BUFFERS))),
            Wanted::up(WHOLE).slow(&[Phase::Write]),
        ),
        (
            "a server that does not read",
            soon(with(at(vec![Head, Stall]).await, |w| w.body = Some("x".repeat(MORE_THAN_BUFFERS)))),
            Wanted::down("timeout", CONNECTED).in_phase(Phase::Write),
        ),
        (
            "what is sent",
            with(at(vec![Request, Echo]).await, |w| {
                w.method = Method::Put;
                w.headers.insert("x-who".into(), "me".into());
                w.body = Some("{\"a\":1}".into());
                w.expect.body_matches =
                    Some("(?s)^PUT /path\\?a=b HTTP/1.1\r\n.*content-length: 7\r\n.*\\{\"a\":1\\}$".into());
                w.expect.body_contains = Some("x-who: me\r\n".into());
            }),
            Wanted::up(WHOLE),
        ),
        (
            "a login in the URL",
            with(at(vec![Request, Echo]).await, |w| {
                w.url = w.url.replace("http://", "http://us:pw@");
                w.expect.body_contains = Some("authorization: Basic dXM6cHc=".into());
                w.expect.body_lacks = Some("us:pw".into());
            }),
            Wanted::up(WHOLE),
        ),
        (
            "a body of which only so much is read",
            with(at(vec![Request, Say(ENDLESS), Bytes(vec![b'x'; 100_000]), Stall]).await, |w| w.body_limit_kib = 64),
            Wanted::up(WHOLE),
        ),
    ])
    .await;
}

const JSON: &str = r#"{"status":"ok","depth":{"n":1},"list":[{"state":"up"},{"state":"down"}]}"#;
const CACHED: &str = "HTTP/1.1 200 OK\r\nX-Cache: HIT from a\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn verdicts_on_whole_answers() {
    type Change = fn(&mut Expect);
    let json = |expect: &mut Expect, text: &str| expect.json = serde_json::from_str(text).unwrap();
    let rows: Vec<(&'static str, Act, Change, &'static str, u16)> = vec![
        ("a status that is expected", bare(418), |e| e.status = vec!["4xx".parse().unwrap()], "", 418),
        ("one that is not", bare(503), |_| {}, "status", 503),
        ("success that is not", bare(204), |e| e.status = vec!["200".parse().unwrap()], "status", 204),
        ("a text", ok("all is well"), |e| e.body_contains = Some("is w".into()), "", 200),
        ("no such text", ok("all is ill"), |e| e.body_contains = Some("well".into()), "body_lacks", 200),
        ("no bad text", ok("all is well"), |e| e.body_lacks = Some("error".into()), "", 200),
        ("a bad text", ok("an error"), |e| e.body_lacks = Some("error".into()), "body_contains", 200),
        ("a match", ok("v12"), |e| e.body_matches = Some("^v[0-9]+$".into()), "", 200),
        ("no match", ok("v1"), |e| e.body_matches = Some("v[2-9]".into()), "body_differs", 200),
        ("a header", Say(CACHED), |e| drop(e.headers.insert("x-cache".into(), "HIT".into())), "", 200),
        ("no header", ok(""), |e| drop(e.headers.insert("x-cache".into(), String::new())), "header_missing", 200),
        ("another header", Say(CACHED), |e| drop(e.headers.insert("X-Cache".into(), "MISS".into())), "header", 200),
        ("no JSON", ok("<html>"), |e| e.json = serde_json::from_str(r#"[{"path":"$.a"}]"#).unwrap(), "not_json", 200),
    ];
    let mut cases = Vec::new();
    for (name, answer, change, kind, status) in rows {
        let website = with(at(vec![Request, answer]).await, |w| change(&mut w.expect));
        cases.push((name, website, Wanted::down(kind, WHOLE).status(status)));
    }
    for (name, expected, kind) in [
        ("a value", r#"[{"path":"$.status","equals":"ok"},{"path":"$.depth.n","equals":1.0}]"#, ""),
        ("a filter", r#"[{"path":"$.list[?@.state=='down']"}]"#, ""),
        ("another value", r#"[{"path":"$.status","equals":"no"}]"#, "json"),
        ("no value", r#"[{"path":"$.status"},{"path":"$.nothing"}]"#, "json"),
    ] {
        let website = with(at(vec![Request, ok(JSON)]).await, |w| json(&mut w.expect, expected));
        cases.push((name, website, Wanted::down(kind, WHOLE).status(200)));
    }
    let late =
        with(at(vec![Request, Wait(DELAY_MS), ok("")]).await, |w| w.expect.at_most = Some(Span::from_millis(100)));
    cases.push(("too slow", late, Wanted::down("too_slow", WHOLE).status(200).slow(&[Phase::Ttfb])));
    run(cases).await;
}

#[tokio::test]
async fn connections_that_break_and_answers_that_make_no_sense() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let head = Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhell");
    run(vec![
        (
            "nobody listens",
            Website::new("", &format!("http://{nobody}/")),
            Wanted::down("refused", NONE).in_phase(Phase::Connect),
        ),
        ("closed before an answer", at(vec![Request]).await, Wanted::down("closed", WRITTEN).in_phase(Phase::Ttfb)),
        (
            "reset before an answer",
            at(vec![Request, Reset]).await,
            Wanted::down("reset", WRITTEN).in_phase(Phase::Ttfb),
        ),
        (
            "closed in the body",
            at(vec![Request, head.clone()]).await,
            Wanted::down("incomplete", BEGUN).status(200).in_phase(Phase::Transfer),
        ),
        (
            "reset in the body",
            at(vec![Request, head.clone(), Wait(50), Reset]).await,
            Wanted::down("reset", BEGUN).status(200).in_phase(Phase::Transfer),
        ),
        (
            "a stall before the answer",
            soon(at(vec![Request, Stall]).await),
            Wanted::down("timeout", WRITTEN).in_phase(Phase::Ttfb),
        ),
        (
            "a stall in the head",
            soon(at(vec![Request, Say("HTTP/1.1 200 O"), Stall]).await),
            Wanted::down("timeout", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a stall in the body",
            soon(at(vec![Request, head, Stall]).await),
            Wanted::down("timeout", BEGUN).status(200).in_phase(Phase::Transfer),
        ),
        (
            "another protocol",
            at(vec![Say("SSH-2.0-OpenSSH_9\r\n"), Request]).await,
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a bad status line",
            at(vec![Request, Say("HTTP/1.1 abc\r\n\r\n")]).await,
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a bad header",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]).await,
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "two lengths",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]).await,
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a bad chunk",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]).await,
            Wanted::down("protocol", BEGUN).status(200).in_phase(Phase::Transfer),
        ),
        (
            "a head without end",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nX: "), Bytes(vec![b'x'; 300_000])]).await,
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a drip that never ends",
            soon(at(vec![Request, Say("HTTP/1.1 200 OK\r\n\r\n"), Slowly("x", 1_000, 10)]).await),
            Wanted::down("timeout", BEGUN).status(200).in_phase(Phase::Transfer),
        ),
    ])
    .await;
}

/// A listener whose queue is full lets a connection wait as a network does that drops its packets.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_nobody_takes() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let _fills_the_queue = tokio::net::TcpStream::connect(address).await.unwrap();
    run(vec![(
        "a connection that nobody takes",
        soon(Website::new("", &format!("http://{address}/"))),
        Wanted::down("timeout", NONE).in_phase(Phase::Connect),
    )])
    .await;
}

#[tokio::test]
async fn redirects() {
    let end = serve(vec![Request, Wait(DELAY_MS), ok("end")]).await;
    let fast = serve(vec![Request, ok("end")]).await;
    let echo = serve(vec![Request, Echo]).await;
    let second = serve(vec![Request, to(302, &format!("http://{end}/x"))]).await;
    let endless = at(vec![Request, to(301, "/again")]).await;
    let post = |w: &mut Website| {
        w.method = Method::Post;
        w.body = Some("body".into());
    };
    run(vec![
        (
            "two redirects",
            at(vec![Request, to(301, &format!("http://{second}/y"))]).await,
            Wanted::up(WHOLE).slow(&[Phase::Ttfb]).hops(3),
        ),
        (
            "a relative one",
            at(vec![Request, to(308, "//"), Stall]).await,
            Wanted::down("bad_redirect", WHOLE).status(308),
        ),
        (
            "none is followed",
            with(at(vec![Request, to(302, "/x")]).await, |w| w.redirects = 0),
            Wanted::down("status", WHOLE).status(302),
        ),
        (
            "an endless one",
            with(endless, |w| w.redirects = 3),
            Wanted::down("too_many_redirects", WHOLE).status(301).hops(4),
        ),
        (
            "one to elsewhere",
            at(vec![Request, to(302, "ftp://h/")]).await,
            Wanted::down("bad_redirect", WHOLE).status(302),
        ),
        ("one without a place", at(vec![Request, bare(302)]).await, Wanted::down("status", WHOLE).status(302)),
        (
            "POST becomes GET",
            with(at(vec![Request, to(302, &format!("http://{echo}/g"))]).await, |w| {
                post(w);
                w.headers.insert("authorization".into(), "secret".into());
                w.expect.body_contains = Some("GET /g HTTP/1.1".into());
                w.expect.body_lacks = Some("secret".into());
            }),
            Wanted::up(WHOLE).hops(2),
        ),
        (
            "POST stays POST",
            with(at(vec![Request, to(307, &format!("http://{echo}/p"))]).await, |w| {
                post(w);
                w.expect.body_matches = Some("(?s)^POST /p .*body$".into());
            }),
            Wanted::up(WHOLE).hops(2),
        ),
        (
            "a broken second hop",
            at(vec![Request, to(302, &format!("http://{fast}1/"))]).await,
            Wanted::down("bad_redirect", WHOLE).status(302),
        ),
    ])
    .await;
}
