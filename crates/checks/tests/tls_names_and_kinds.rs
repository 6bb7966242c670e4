//! Every phase and every verdict is as the server's script says: TLS and its faults, HTTP/2, gRPC, names, proxies and other kinds.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod cases;
mod server;

use cases::{BEGUN, CONNECTED, DELAY_MS, NAMED, NONE, WHOLE, WITH_TLS, WRITTEN, Wanted, run, soon, with};
use server::{
    Act::{self, Bytes, Echo, Request, Reset, Say, Stall, Tls, Wait},
    authority::Authority,
    dns::{self, Dns},
    http2::{self, Waits},
    ok, proxy, serve,
};
use wirereel_checks::{Checker, Phase, Website};

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
