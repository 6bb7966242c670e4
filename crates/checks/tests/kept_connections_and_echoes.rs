//! Connections that are kept between checks, and kinds of check that depend on the machine.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod server;

use server::Act::{Request, Say, Slowly, Wait};
use server::{ok, serve};
use wirereel_checks::{Checker, Failure, Website};

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn keeping(url: String) -> Website {
    Website { keep_alive: true, ..Website::new("", &url) }
}

#[tokio::test]
async fn a_kept_connection_is_used_again_and_then_connecting_is_missing() {
    let address = serve(vec![Request, Say(KEPT), Request, Wait(30), Say(KEPT)]).await;
    let checker = Checker::new();
    let check = checker.prepare(&keeping(format!("http://{address}/"))).unwrap();
    let first = checker.measure(&check).await;
    let second = checker.measure(&check).await;
    // The server has closed it by now.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let third = checker.measure(&check).await;
    let used: Vec<_> =
        [&first, &second, &third].map(|m| (m.is_up(), m.reused_connection, m.phases.connect_us.is_some())).into();
    assert_eq!(used, [(true, false, true), (true, true, false), (true, false, true)], "{first:?} {second:?} {third:?}");
    assert!(second.phases.ttfb_us >= Some(28_000), "{second:?}");
    for measured in [first, second, third] {
        assert_eq!(measured.phases.sum_us() + measured.unattributed_us, measured.total_us);
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_unseen_is_made_anew() {
    // Every connection is closed right after its answer, which does not say so.
    let address = serve(vec![Request, Say(KEPT)]).await;
    let checker = Checker::new();
    let check = checker.prepare(&keeping(format!("http://{address}/"))).unwrap();
    for _ in 0..20 {
        let measured = checker.measure(&check).await;
        assert!(measured.is_up(), "{measured:?}");
    }
}

#[tokio::test]
async fn a_connection_is_not_kept_when_the_answer_says_so_or_was_not_read_to_its_end() {
    let closing =
        serve(vec![Request, Say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), Wait(500)])
            .await;
    let long = serve(vec![
        Request,
        Say("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"),
        Slowly("0123456789", 900, 1),
        Request,
        ok(""),
    ])
    .await;
    let checker = Checker::new();
    for address in [closing, long] {
        let website = Website { body_limit_kib: 1, ..keeping(format!("http://{address}/")) };
        let check = checker.prepare(&website).unwrap();
        for _ in 0..2 {
            let measured = checker.measure(&check).await;
            assert!(measured.is_up() && !measured.reused_connection, "{measured:?}");
        }
    }
}

#[tokio::test]
async fn this_machine_answers_an_echo_where_echoes_may_be_sent() {
    let checker = Checker::new();
    for address in ["127.0.0.1", "localhost"] {
        let measured =
            checker.measure(&checker.prepare(&Website::new("", &format!("icmp://{address}"))).unwrap()).await;
        match &measured.failure {
            None => assert!(measured.phases.ttfb_us.is_some() && measured.phases.connect_us.is_none(), "{measured:?}"),
            Some(Failure::IcmpNotAllowed { reason }) => {
                println!("SKIPPED: {address} was sent no echo, as this machine does not let one be sent: {reason}");
                assert!(measured.failure.as_ref().is_some_and(Failure::is_own_trouble));
            }
            // Where the name has an address of IPv6 first, and the machine speaks none.
            Some(Failure::Unreachable { .. }) if address == "localhost" => {}
            Some(other) => panic!("{other:?}"),
        }
    }
}
