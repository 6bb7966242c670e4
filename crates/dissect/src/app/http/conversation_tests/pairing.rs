//! Which response answers which request, and how an exchange ends.

use super::{gist, play, whole};
use crate::app::testing::Step::{Client, Fin, Reset, Server};
use crate::record::{Protocol, Side};

#[test]
fn a_connection_that_is_kept_alive_gives_a_row_per_exchange_as_soon_as_it_is_complete() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 3), whole("/b", 404, 0, 0)]);
    assert_eq!(
        exchanges.iter().map(|e| (e.ordinal, e.started_ns, e.finished_ns)).collect::<Vec<_>>(),
        [(0, 0, 1), (1, 2, 3)]
    );
}

#[test]
fn pipelined_requests_are_answered_in_their_order_rfc_9112_9_3_2() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nHEAD /c HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbb"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 1), whole("/b", 200, 0, 2), whole("/c", 200, 0, 0)]);
}

#[test]
fn an_early_response_belongs_to_the_request_that_is_still_being_sent() {
    let exchanges = play(&[
        Client("POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n1234"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Client("567890"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 10, 0)]);
    assert_eq!(exchanges[0].finished_ns, 1, "the last byte of the response counts");
}

#[test]
fn interim_responses_are_not_the_response_rfc_9110_15_2() {
    let exchanges = play(&[
        Client("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        Server("HTTP/1.1 100 Continue\r\n\r\n"),
        Client("ab"),
        Server("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        Server("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 201, 2, 0)]);
    assert_eq!((exchanges[0].response_ns, &*exchanges[0].response_headers), (Some(4), "Content-Length: 0"));
}

#[test]
fn a_client_that_is_refused_before_its_body_may_go_on_rfc_9110_10_1_1() {
    let refused = [
        Client("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        Server("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
        Client("GET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    assert_eq!(gist(&play(&refused)), [whole("/a", 417, 0, 0), whole("/b", 200, 0, 0)]);
    assert_eq!(gist(&play(&refused[..2])), [whole("/a", 417, 0, 0)]);
}

#[test]
fn an_upgrade_completes_the_exchange_and_what_follows_is_not_http_rfc_9110_7_8() {
    let exchanges = play(&[
        Client("GET /live HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
        Server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x02"),
        Client("GET / HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("/live", 101, 0, 0)]);
    assert_eq!(exchanges[0].protocol, Protocol::WebSocket);
}

#[test]
fn a_tunnel_completes_the_exchange_and_what_follows_is_not_http_rfc_9110_9_3_6() {
    let exchanges = play(&[
        Client("CONNECT mail.example:25 HTTP/1.1\r\nHost: mail.example:25\r\n\r\n"),
        Server("HTTP/1.1 200 Connection established\r\n\r\n220 ready\r\n"),
        Client("HELO a\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("mail.example:25", 200, 0, 0)]);
    assert_eq!(exchanges[0].path, None);
}

#[test]
fn a_refused_tunnel_leaves_the_connection_to_http() {
    let exchanges = play(&[
        Client("CONNECT a:443 HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        Client("CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n"),
        Server("HTTP/1.1 200 OK\r\n\r\n"),
    ]);
    assert_eq!(gist(&exchanges), [whole("a:443", 407, 0, 0), whole("a:443", 200, 0, 0)]);
}

#[test]
fn a_request_without_response_says_why() {
    let sent = || Client("GET /a HTTP/1.1\r\n\r\n");
    let half = || Client("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab");
    let row = |bytes, why| vec![(Some("/a"), None, bytes, 0, false, Some(why))];
    assert_eq!(gist(&play(&[sent()])), row(0, "no response"));
    assert_eq!(gist(&play(&[sent(), Fin(Side::Server)])), row(0, "no response"));
    assert_eq!(gist(&play(&[sent(), Reset])), row(0, "reset"));
    assert_eq!(gist(&play(&[half()])), row(2, "cut off"));
    assert_eq!(gist(&play(&[half(), Fin(Side::Client)])), row(2, "cut off"));
    assert_eq!(gist(&play(&[half(), Reset])), row(2, "reset"));
}

#[test]
fn a_response_that_does_not_end_says_why() {
    let ended_by = |last| {
        let started = Server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
        play(&[Client("GET /a HTTP/1.1\r\n\r\n"), started, last])
    };
    let row = |why| [(Some("/a"), Some(200), 0, 2, false, Some(why))];
    assert_eq!(gist(&ended_by(Fin(Side::Server))), row("cut off"));
    assert_eq!(gist(&ended_by(Reset)), row("reset"));
}

#[test]
fn interim_responses_among_pipelined_ones_shift_no_pair() {
    let exchanges = play(&[
        Client("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
        Server("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
        Server(
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        ),
    ]);
    assert_eq!(gist(&exchanges), [whole("/a", 200, 0, 1), whole("/b", 404, 0, 0)]);
}
