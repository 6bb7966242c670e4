//! Every phase and every verdict is as the server's script says.
//!
//! Which phases there are must hold every time. How long each lasts must hold in one of several tries: server and check share a thread
//! with all other cases.

mod server;

use std::{future::Future, pin::Pin};

use server::{
    Act::{self, Body, Bytes, Echo, Head, Request, Reset, Say, Slowly, Stall, Tls, Wait},
    authority::Authority,
    bare,
    dns::{self, Dns},
    http2::{self, Waits},
    ok, proxy, serve, to,
};
use wirereel_checks::{Checker, Failure, Measurement, Phase, Website, config::Span};

/// A scripted delay. Phases without one are shorter.
const DELAY_MS: u64 = 150;
const TRIES: usize = 5;
/// Bytes that no two sockets hold between them.
const MORE_THAN_BUFFERS: usize = 20_000_000;

/// What a check is to find.
struct Wanted {
    /// The kind of its failure; empty is up.
    kind: &'static str,
    /// Phases that are there, and no others.
    present: &'static [Phase],
    /// Phases that last a scripted delay.
    slow: &'static [Phase],
    unfinished: Option<Phase>,
    status: Option<u16>,
    hops: usize,
}

impl Wanted {
    fn up(present: &'static [Phase]) -> Self {
        Self { kind: "", present, slow: &[], unfinished: None, status: Some(200), hops: 0 }
    }

    fn down(kind: &'static str, present: &'static [Phase]) -> Self {
        Self { kind, status: None, ..Self::up(present) }
    }

    fn slow(self, slow: &'static [Phase]) -> Self {
        Self { slow, ..self }
    }

    fn in_phase(self, phase: Phase) -> Self {
        Self { unfinished: Some(phase), ..self }
    }

    fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    fn no_status(self) -> Self {
        Self { status: None, ..self }
    }

    fn hops(self, hops: usize) -> Self {
        Self { hops, ..self }
    }
}

const ALL: [Phase; 7] =
    [Phase::Dns, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];
const NONE: &[Phase] = &[];
const CONNECTED: &[Phase] = &[Phase::Connect];
const WRITTEN: &[Phase] = &[Phase::Connect, Phase::Write];
const BEGUN: &[Phase] = &[Phase::Connect, Phase::Write, Phase::Ttfb];
const WHOLE: &[Phase] = &[Phase::Connect, Phase::Write, Phase::Ttfb, Phase::Transfer];
const NAMED: &[Phase] = &[Phase::Dns, Phase::Connect, Phase::Write, Phase::Ttfb, Phase::Transfer];
const WITH_TLS: &[Phase] = &[Phase::Connect, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];

fn phase_us(measured: &Measurement, phase: Phase) -> Option<u64> {
    let phases = measured.phases;
    match phase {
        Phase::Dns => phases.dns_us,
        Phase::Connect => phases.connect_us,
        Phase::Proxy => phases.proxy_us,
        Phase::Tls => phases.tls_us,
        Phase::Write => phases.write_us,
        Phase::Ttfb => phases.ttfb_us,
        Phase::Transfer => phases.transfer_us,
    }
}

/// What is wrong whatever the machine does; panics. What is wrong because it is slow is returned.
fn compare(name: &str, wanted: &Wanted, measured: &Measurement) -> Result<(), String> {
    let told = format!("{name}: {measured:#?}");
    assert_eq!(measured.failure.as_ref().map_or("", Failure::kind), wanted.kind, "{told}");
    assert_eq!(measured.status, wanted.status, "{told}");
    assert_eq!(measured.hops.len(), wanted.hops, "{told}");
    assert_eq!(measured.unfinished.map(|open| open.phase), wanted.unfinished, "{told}");
    if let Some(Failure::Timeout { phase, .. }) = &measured.failure {
        assert_eq!(Some(*phase), wanted.unfinished, "{told}");
    }
    let explained = measured.phases.sum_us() + measured.unfinished.map_or(0, |open| open.after_us);
    assert_eq!(explained + measured.unattributed_us, measured.total_us, "{told}");
    for phase in ALL {
        let took = phase_us(measured, phase);
        assert_eq!(took.is_some(), wanted.present.contains(&phase), "{phase:?} of {told}");
        if wanted.slow.contains(&phase) {
            // Timers of both ends count in milliseconds. Shorter is what begins late, as this thread was busy with other cases.
            if took < Some((DELAY_MS - 2) * 1_000) {
                return Err(format!("{phase:?} too short of {told}"));
            }
        } else if took >= Some(DELAY_MS * 1_000) {
            return Err(format!("{phase:?} of {told}"));
        }
    }
    if measured.unattributed_us >= DELAY_MS * 1_000 {
        return Err(format!("unattributed of {told}"));
    }
    Ok(())
}

type Case = (&'static str, Website, Wanted);

async fn hold(checker: &Checker, (name, website, wanted): Case) {
    let check = checker.prepare(&website).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    let mut late = Ok(());
    for _ in 0..TRIES {
        late = compare(name, &wanted, &checker.measure(&check).await);
        if late.is_ok() {
            return;
        }
    }
    panic!("other times in all of {TRIES} tries: {}", late.unwrap_err());
}

async fn at(script: Vec<Act>) -> Website {
    let address = serve(script).await;
    Website { timeout: Span::from_secs(5), ..Website::new("", &format!("http://{address}/path?a=b")) }
}

fn with(mut website: Website, change: impl FnOnce(&mut Website)) -> Website {
    change(&mut website);
    website
}

fn soon(website: Website) -> Website {
    with(website, |website| website.timeout = Span::from_millis(DELAY_MS))
}

async fn run(cases: Vec<Case>) {
    let checker = Checker::new();
    let count = cases.len();
    let all: Vec<Pin<Box<dyn Future<Output = ()>>>> =
        cases.into_iter().map(|case| Box::pin(hold(&checker, case)) as Pin<Box<dyn Future<Output = ()>>>).collect();
    futures_util::future::join_all(all).await;
    println!("{count} cases");
}

#[tokio::test]
async fn answers_and_their_phases() {
    let long = "x".repeat(100_000);
    let json = r#"{"status":"ok","depth":{"n":1},"list":[{"state":"up"},{"state":"down"}]}"#;
    run(vec![
        ("an answer", at(vec![Request, ok("hello")]).await, Wanted::up(WHOLE)),
        ("a slow first byte", at(vec![Request, Wait(DELAY_MS), ok("hello")]).await, Wanted::up(WHOLE).slow(&[Phase::Ttfb])),
        (
            "a slow body",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), Slowly("12345", 2, DELAY_MS / 2)]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a slow head",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\n"), Wait(DELAY_MS), Say("Content-Length: 0\r\n\r\n")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a chunked body",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Slowly("5\r\nhello\r\n", 3, DELAY_MS / 3), Say("0\r\n\r\n")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        (
            "a body that ends with the connection",
            at(vec![Request, Say("HTTP/1.1 200 OK\r\n\r\n"), Wait(DELAY_MS), Say("bye")]).await,
            Wanted::up(WHOLE).slow(&[Phase::Transfer]),
        ),
        ("HTTP/1.0", at(vec![Request, Say("HTTP/1.0 200 OK\r\n\r\nold")]).await, Wanted::up(WHOLE)),
        ("no body", at(vec![Request, bare(204)]).await, Wanted::up(WHOLE).status(204)),
        ("an interim answer", at(vec![Request, Say("HTTP/1.1 103 Early Hints\r\n\r\n"), ok("")]).await, Wanted::up(WHOLE)),
        (
            "HEAD",
            with(at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")]).await, |w| w.method = serde_json::from_str("\"HEAD\"").unwrap()),
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
                w.method = serde_json::from_str("\"PUT\"").unwrap();
                w.headers.insert("x-who".into(), "me".into());
                w.body = Some("{\"a\":1}".into());
                w.expect.body_matches = Some("(?s)^PUT /path\\?a=b HTTP/1.1\r\n.*content-length: 7\r\n.*\\{\"a\":1\\}$".into());
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
            with(at(vec![Request, Say("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"), Bytes(long.into_bytes()), Stall]).await, |w| w.body_limit_kib = 64),
            Wanted::up(WHOLE),
        ),
        ("a status that is expected", with(at(vec![Request, bare(418)]).await, |w| w.expect.status = vec!["4xx".parse().unwrap()]), Wanted::up(WHOLE).status(418)),
        ("a status that is not", at(vec![Request, bare(503)]).await, Wanted::down("status", WHOLE).status(503)),
        ("a text", with(at(vec![Request, ok("all is well")]).await, |w| w.expect.body_contains = Some("is w".into())), Wanted::up(WHOLE)),
        ("no such text", with(at(vec![Request, ok("all is ill")]).await, |w| w.expect.body_contains = Some("well".into())), Wanted::down("body_lacks", WHOLE).status(200)),
        ("a text that must not be", with(at(vec![Request, ok("an error")]).await, |w| w.expect.body_lacks = Some("error".into())), Wanted::down("body_contains", WHOLE).status(200)),
        ("no match", with(at(vec![Request, ok("v1")]).await, |w| w.expect.body_matches = Some("v[2-9]".into())), Wanted::down("body_differs", WHOLE).status(200)),
        (
            "values in JSON",
            with(at(vec![Request, ok(json)]).await, |w| {
                w.expect.json = serde_json::from_str(r#"[{"path":"$.status","equals":"ok"},{"path":"$.depth.n","equals":1.0},{"path":"$.list[?@.state==\"down\"]"}]"#).unwrap();
            }),
            Wanted::up(WHOLE),
        ),
        (
            "another value in JSON",
            with(at(vec![Request, ok(json)]).await, |w| w.expect.json = serde_json::from_str(r#"[{"path":"$.status","equals":"no"}]"#).unwrap()),
            Wanted::down("json", WHOLE).status(200),
        ),
        (
            "no JSON",
            with(at(vec![Request, ok("<html>")]).await, |w| w.expect.json = serde_json::from_str(r#"[{"path":"$.a"}]"#).unwrap()),
            Wanted::down("not_json", WHOLE).status(200),
        ),
        ("a header", with(at(vec![Request, Say("HTTP/1.1 200 OK\r\nX-Cache: HIT from a\r\nContent-Length: 0\r\n\r\n")]).await, |w| drop(w.expect.headers.insert("x-cache".into(), "HIT".into()))), Wanted::up(WHOLE)),
        ("no such header", with(at(vec![Request, ok("")]).await, |w| drop(w.expect.headers.insert("x-cache".into(), String::new()))), Wanted::down("header_missing", WHOLE).status(200)),
        ("another header", with(at(vec![Request, ok("")]).await, |w| drop(w.expect.headers.insert("content-length".into(), "7".into()))), Wanted::down("header", WHOLE).status(200)),
        ("too slow", with(at(vec![Request, Wait(DELAY_MS), ok("")]).await, |w| w.expect.at_most = Some(Span::from_millis(100))), Wanted::down("too_slow", WHOLE).status(200).slow(&[Phase::Ttfb])),
    ])
    .await;
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
        w.method = serde_json::from_str("\"POST\"").unwrap();
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

#[tokio::test]
async fn tls_and_its_faults() {
    let ours = Authority::new("ours");
    let theirs = Authority::new("theirs");
    let served = async |config, rest: Vec<Act>| {
        let address = serve([vec![Tls(config)], rest].concat()).await;
        let mut website = Website::new("", &format!("https://localhost:{}/", address.port()));
        website.tls.ca_file = Some(ours.pem.clone());
        website.address_family = serde_json::from_str("\"ipv4\"").unwrap();
        website
    };
    let named: &[Phase] = &[Phase::Dns, Phase::Connect];
    let with_name: &[Phase] = &[Phase::Dns, Phase::Connect, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];
    let good = ours.good();
    let localhost = |days| ours.server(&["localhost"], days, &[]);
    let faulty = |kind| Wanted::down(kind, named).in_phase(Phase::Tls);
    let raw = async |script: Vec<Act>| {
        let address = serve(script).await;
        Website::new("", &format!("https://{address}/"))
    };
    let slow_tls = serve(vec![Wait(DELAY_MS), Tls(good.clone()), Request, ok("")]).await;
    let through = |address, change: &dyn Fn(&mut Website)| {
        let mut website = Website::new("", &format!("https://{address}/"));
        website.tls.ca_file = Some(ours.pem.clone());
        change(&mut website);
        website
    };
    run(vec![
        ("a good certificate", served(good.clone(), vec![Request, ok("")]).await, Wanted::up(with_name)),
        ("a slow handshake", through(slow_tls, &|_| {}), Wanted::up(WITH_TLS).slow(&[Phase::Tls])),
        ("an expired one", served(localhost((-20, -2)), vec![Request]).await, faulty("certificate_expired")),
        ("one of tomorrow", served(localhost((2, 20)), vec![Request]).await, faulty("certificate_not_yet_valid")),
        ("another's", served(ours.server(&["shop.test"], (-1, 20), &[]), vec![Request]).await, faulty("wrong_name")),
        ("a stranger's", served(theirs.good(), vec![Request]).await, faulty("unknown_issuer")),
        (
            "one that expires soon",
            with(served(localhost((-1, 5)), vec![Request, ok("")]).await, |w| w.tls.days_left = Some(14)),
            Wanted::down("certificate_expires_soon", with_name).status(200),
        ),
        (
            "one that nobody verifies",
            with(served(theirs.server(&["shop.test"], (-20, -2), &[]), vec![Request, ok("")]).await, |w| {
                w.tls.verify = false
            }),
            Wanted::up(with_name),
        ),
        (
            "one that is asked for by name",
            with(served(ours.server(&["shop.test"], (-1, 20), &[]), vec![Request, ok("")]).await, |w| {
                w.tls.server_name = Some("shop.test".into())
            }),
            Wanted::up(with_name),
        ),
        (
            "an alert",
            raw(vec![Bytes(vec![0x15, 3, 3, 0, 2, 2, 40]), Stall]).await,
            Wanted::down("tls_alert", CONNECTED).in_phase(Phase::Tls),
        ),
        (
            "no TLS",
            raw(vec![Say("HTTP/1.1 400 Bad Request\r\n\r\n"), Stall]).await,
            Wanted::down("tls_protocol", CONNECTED).in_phase(Phase::Tls),
        ),
        ("closed in the handshake", raw(vec![]).await, Wanted::down("closed", CONNECTED).in_phase(Phase::Tls)),
        (
            "a stall in the handshake",
            soon(raw(vec![Stall]).await),
            Wanted::down("timeout", CONNECTED).in_phase(Phase::Tls),
        ),
        (
            "a reset in the handshake",
            raw(vec![Wait(20), Reset]).await,
            Wanted::down("reset", CONNECTED).in_phase(Phase::Tls),
        ),
        (
            "TLS alone",
            with(served(good.clone(), vec![Stall]).await, |w| w.url = w.url.replace("https", "tls")),
            Wanted::up(&[Phase::Dns, Phase::Connect, Phase::Tls]).no_status(),
        ),
    ])
    .await;
    let checker = Checker::new();
    let expired = served(localhost((-20, -2)), vec![Request]).await;
    let measured = checker.measure(&checker.prepare(&expired).unwrap()).await;
    let certificate = measured.tls.and_then(|tls| tls.certificate).expect("seen although it was not accepted");
    assert_eq!((certificate.subject.as_deref(), certificate.issuer.as_deref()), (Some("the server"), Some("ours")));
}

#[tokio::test]
async fn http2_and_grpc() {
    let ours = Authority::new("ours2");
    let waits = Waits { first_byte_ms: DELAY_MS, last_byte_ms: DELAY_MS };
    let plain = http2::serve(Waits::default(), None).await;
    let slow = http2::serve(waits, None).await;
    let both = ours.server(&["127.0.0.1"], (-1, 9), &["h2", "http/1.1"]);
    let with_tls = http2::serve(Waits::default(), Some(both)).await;
    let only_http1 = serve(vec![Tls(ours.good()), Request, ok("")]).await;
    let version = |website: Website, version: &str| {
        with(website, |w| w.http_version = serde_json::from_value(version.into()).unwrap())
    };
    let trusting = |url: String| with(Website::new("", &url), |w| w.tls.ca_file = Some(ours.pem.clone()));
    run(vec![
        ("h2 without TLS", version(Website::new("", &format!("http://{plain}/")), "2"), Wanted::up(WHOLE)),
        (
            "slow h2",
            version(Website::new("", &format!("http://{slow}/")), "2"),
            Wanted::up(WHOLE).slow(&[Phase::Ttfb, Phase::Transfer]),
        ),
        (
            "a stalled h2",
            soon(version(Website::new("", &format!("http://{slow}/")), "2")),
            Wanted::down("timeout", WRITTEN).in_phase(Phase::Ttfb),
        ),
        ("h2 agreed on", trusting(format!("https://{with_tls}/")), Wanted::up(WITH_TLS)),
        (
            "h2 not offered",
            version(trusting(format!("https://{only_http1}/")), "2"),
            Wanted::down("protocol", &[Phase::Connect, Phase::Tls]),
        ),
        (
            "h1 to a server of h2",
            version(Website::new("", &format!("http://{plain}/")), "1.1"),
            Wanted::down("protocol", BEGUN).in_phase(Phase::Transfer),
        ),
        (
            "a service that serves",
            Website::new("", &format!("grpc://{slow}/cart")),
            Wanted::up(WHOLE).slow(&[Phase::Ttfb, Phase::Transfer]),
        ),
        (
            "a service that does not",
            Website::new("", &format!("grpc://{plain}/asleep")),
            Wanted::down("grpc_not_serving", WHOLE).status(200),
        ),
        (
            "no such service",
            Website::new("", &format!("grpc://{plain}/unknown")),
            Wanted::down("grpc_status", WHOLE).status(200),
        ),
        ("gRPC with TLS", trusting(format!("grpcs://{with_tls}")), Wanted::up(WITH_TLS)),
    ])
    .await;
}

#[tokio::test]
async fn names_proxies_and_other_kinds() {
    let ours = Authority::new("ours3");
    let end = serve(vec![Request, ok("end")]).await;
    let secure = serve(vec![Tls(ours.good()), Request, ok("")]).await;
    let silent = serve(vec![Stall]).await;
    let port = end.port();
    let by = async |how: Dns| {
        let server = dns::serve(how).await;
        with(Website::new("", &format!("http://shop.test:{port}/")), |w| w.resolver = Some(server.to_string()))
    };
    let asking = async |how: Dns, what: &str| Website::new("", &format!("dns://{}/{what}", dns::serve(how).await));
    let (open, closed) = (proxy::serve(DELAY_MS, None).await, proxy::serve(0, Some("Basic dTpw")).await);
    let forwards = serve(vec![Request, Echo]).await;
    let through = |url: String, proxy: String| {
        with(Website::new("", &url), |w| {
            w.proxy = Some(proxy);
            w.tls.ca_file = Some(ours.pem.clone());
        })
    };
    let tunnelled: &[Phase] = &[Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];
    run(vec![
        ("a slow name", by(Dns::Loopback(DELAY_MS)).await, Wanted::up(NAMED).slow(&[Phase::Dns])),
        ("the second address", by(Dns::TwoAddresses).await, Wanted::up(NAMED)),
        ("a noisy server", by(Dns::Noise).await, Wanted::up(NAMED)),
        ("an answer over TCP", by(Dns::TooLong).await, Wanted::up(NAMED)),
        ("no such name", by(Dns::NoSuchName).await, Wanted::down("name_not_found", NONE).in_phase(Phase::Dns)),
        ("a server in trouble", by(Dns::Failure).await, Wanted::down("dns_failed", NONE).in_phase(Phase::Dns)),
        ("a silent server", soon(by(Dns::Silent).await), Wanted::down("timeout", NONE).in_phase(Phase::Dns)),
        (
            "no address of the family",
            with(by(Dns::Loopback(0)).await, |w| w.address_family = serde_json::from_str("\"ipv6\"").unwrap()),
            Wanted::down("no_address", &[Phase::Dns]),
        ),
        (
            "the hosts file",
            with(Website::new("", &format!("http://localhost:{port}/")), |w| {
                w.address_family = serde_json::from_str("\"ipv4\"").unwrap()
            }),
            Wanted::up(NAMED),
        ),
        (
            "a tunnel",
            through(format!("https://{secure}/"), format!("http://{open}")),
            Wanted::up(tunnelled).slow(&[Phase::Proxy]),
        ),
        ("a login", through(format!("https://{secure}/"), format!("http://u:p@{closed}")), Wanted::up(tunnelled)),
        (
            "a refusal",
            through(format!("https://{secure}/"), format!("http://{closed}")),
            Wanted::down("proxy_refused", CONNECTED).in_phase(Phase::Proxy),
        ),
        (
            "a proxy that forwards",
            with(through("http://shop.test:81/x".into(), format!("http://u:p@{forwards}")), |w| {
                w.expect.body_matches =
                    Some("(?s)^GET http://shop.test:81/x HTTP/1.1.*proxy-authorization: Basic dTpw".into());
            }),
            Wanted::up(WHOLE),
        ),
        ("a connection", Website::new("", &format!("tcp://{silent}")), Wanted::up(CONNECTED).no_status()),
        (
            "a slow DNS server",
            asking(Dns::Loopback(DELAY_MS), "shop.test").await,
            Wanted::up(&[Phase::Ttfb]).slow(&[Phase::Ttfb]).no_status(),
        ),
        (
            "mail exchangers",
            with(asking(Dns::Mail, "shop.test?type=MX").await, |w| {
                w.expect.answers = vec!["20 spare.shop.test".into()]
            }),
            Wanted::up(&[Phase::Ttfb]).no_status(),
        ),
        (
            "another exchanger",
            with(asking(Dns::Mail, "shop.test?type=MX").await, |w| {
                w.expect.answers = vec!["5 spare.shop.test.".into()]
            }),
            Wanted::down("answer_missing", &[Phase::Ttfb]),
        ),
        (
            "no answers",
            asking(Dns::Loopback(0), "shop.test?type=AAAA").await,
            Wanted::down("answer_missing", &[Phase::Ttfb]),
        ),
        ("NXDOMAIN", asking(Dns::NoSuchName, "shop.test").await, Wanted::down("dns_answer", &[Phase::Ttfb])),
        (
            "the system's resolver",
            with(Website::new("", "dns:///localhost"), |w| w.expect.answers = vec!["127.0.0.1".into()]),
            Wanted::up(&[Phase::Dns]).no_status(),
        ),
    ])
    .await;
}
