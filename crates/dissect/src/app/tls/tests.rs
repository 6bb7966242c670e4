use super::hello::tests::{JA4, client_hello, retry_request, server_hello, server_hello_1_2};
use super::record::{HANDSHAKE, Kind};
use super::x509::tests::{SHOP, shop};
use super::*;
use crate::app::testing::{Collected, context};
use crate::record::{Side, TlsHandshake};

/// A handshake message without a record around it.
fn bare(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind][..], &length[1..], body].concat()
}

fn record(kind: u8, fragment: &[u8]) -> Vec<u8> {
    [&[kind, 3, 1][..], &u16::try_from(fragment.len()).unwrap().to_be_bytes(), fragment].concat()
}

/// A handshake message in a record of its own.
pub(super) fn message(kind: Kind, body: &[u8]) -> Vec<u8> {
    record(HANDSHAKE, &bare(kind as u8, body))
}

/// The body of a Certificate message with that certificate and another behind it.
fn certificates(first: &[u8]) -> Vec<u8> {
    let entry = |der: &[u8]| [&u32::try_from(der.len()).unwrap().to_be_bytes()[1..], der].concat();
    entry(&[entry(first), entry(&[0x30; 500])].concat())
}

fn row(sni: Option<&str>, alpn: Option<&str>, version: Option<&str>, cipher: Option<&str>) -> TlsHandshake {
    TlsHandshake {
        flow: context().flow,
        at_ns: 0,
        sni: sni.map(str::to_owned),
        alpn: alpn.map(str::to_owned),
        version: version.map(str::to_owned),
        cipher: cipher.map(str::to_owned),
        ja4: sni.map(|_| JA4.to_owned()),
        certificate_subject: None,
        certificate_issuer: None,
        certificate_names: Vec::new(),
        certificate_not_before_ns: None,
        certificate_not_after_ns: None,
    }
}

fn row_of_1_3() -> TlsHandshake {
    row(Some("shop.example"), Some("h2,http/1.1"), Some("TLS 1.3"), Some("TLS_AES_128_GCM_SHA256"))
}

fn row_of_1_2() -> TlsHandshake {
    row(Some("shop.example"), Some("h2"), Some("TLS 1.2"), Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
}

fn with_certificate(row: TlsHandshake) -> TlsHandshake {
    let shop = shop();
    TlsHandshake {
        certificate_subject: shop.subject,
        certificate_issuer: shop.issuer,
        certificate_names: shop.names,
        certificate_not_before_ns: shop.not_before_ns,
        certificate_not_after_ns: shop.not_after_ns,
        ..row
    }
}

/// What is read when both sides say these things in turn, in pieces of that many bytes.
fn told(turns: &[(Side, Vec<u8>)], piece: usize) -> (Handshake, Collected) {
    let (ctx, mut sink, mut handshake) = (context(), Collected::default(), Handshake::default());
    for (side, bytes) in turns {
        for bytes in bytes.chunks(piece) {
            handshake.data(&ctx, *side, bytes, 0, &mut sink);
        }
    }
    (handshake, sink)
}

fn hello() -> (Side, Vec<u8>) {
    (Side::Client, message(Kind::ClientHello, &client_hello("shop.example")))
}

#[test]
fn both_hellos_make_one_row_at_the_clients_first_byte_however_they_are_split() {
    let (client, server) = (hello().1, message(Kind::ServerHello, &server_hello()));
    for piece in [1, 7, 4096] {
        let (ctx, mut sink, mut handshake) = (context(), Collected::default(), Handshake::default());
        for (at, bytes) in client.chunks(piece).enumerate() {
            handshake.data(&ctx, Side::Client, bytes, i64::try_from(at).unwrap(), &mut sink);
        }
        assert_eq!(handshake.server_name(), Some("shop.example"));
        for bytes in server.chunks(piece) {
            handshake.data(&ctx, Side::Server, bytes, 1_000, &mut sink);
        }
        assert_eq!(sink, Collected { handshakes: vec![row_of_1_3()], ..Collected::default() });
        assert!(handshake.is_over());
    }
}

#[test]
fn up_to_tls_1_2_the_row_has_the_servers_certificate() {
    let flight =
        [bare(2, &server_hello_1_2()), bare(11, &certificates(SHOP)), bare(12, &[0; 300]), bare(14, &[])].concat();
    for in_one_record in [40, 333, 16_000] {
        let server: Vec<u8> = flight.chunks(in_one_record).flat_map(|part| record(HANDSHAKE, part)).collect();
        for piece in [1, 100, 4096] {
            let (_, sink) = told(&[hello(), (Side::Server, server.clone())], piece);
            let expected = vec![with_certificate(row_of_1_2())];
            assert_eq!(sink, Collected { handshakes: expected, ..Collected::default() }, "{in_one_record}, {piece}");
        }
    }
}

#[test]
fn a_resumed_session_and_a_suite_without_certificates_have_a_row_without_one() {
    let server_hello = message(Kind::ServerHello, &server_hello_1_2());
    for next in [
        record(20, &[1]),
        record(HANDSHAKE, &bare(12, &[0; 9])),
        record(21, &[2, 40]),
        record(HANDSHAKE, &bare(11, &[0; 3])),
    ] {
        let (handshake, sink) = told(&[hello(), (Side::Server, [&server_hello[..], &next].concat())], 4096);
        assert_eq!(sink, Collected { handshakes: vec![row_of_1_2()], ..Collected::default() });
        assert!(handshake.is_over());
    }
}

#[test]
fn a_connection_that_ends_before_the_certificate_is_whole_keeps_both_hellos() {
    let server =
        [message(Kind::ServerHello, &server_hello_1_2()), message(Kind::Certificate, &certificates(SHOP))].concat();
    let cut = server[..server.len() - 600].to_vec();
    for gap in [true, false] {
        let (mut handshake, mut sink) = told(&[hello(), (Side::Server, cut.clone())], 4096);
        assert_eq!(sink.handshakes, []);
        if gap {
            handshake.gap(&context(), Side::Client, &mut sink);
            assert_eq!(sink.handshakes, [], "the client has said what is read of it");
            handshake.gap(&context(), Side::Server, &mut sink);
        } else {
            handshake.give_up(&context(), &mut sink);
        }
        assert_eq!(sink, Collected { handshakes: vec![row_of_1_2()], ..Collected::default() });
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_reported_and_leaves_the_rest() {
    let mut broken = SHOP.to_vec();
    broken[4] = 5;
    let server =
        [message(Kind::ServerHello, &server_hello_1_2()), message(Kind::Certificate, &certificates(&broken))].concat();
    let (_, sink) = told(&[hello(), (Side::Server, server)], 4096);
    assert_eq!(sink.handshakes, [row_of_1_2()]);
    assert_eq!(sink.problems.len(), 1);
    assert_eq!(sink.problems[0].message, "certificate has tag 0x05 at byte 4 where a certificate's body belongs");
}

#[test]
fn after_a_retry_request_the_second_hello_and_the_real_server_hello_count_rfc_8446_4_1_4() {
    let early_data = record(23, &[22, 3, 1, 0, 4]);
    let first = message(Kind::ClientHello, &client_hello("first.example"));
    let second = [record(20, &[1]), hello().1].concat();
    let retry = [message(Kind::ServerHello, &retry_request()), record(20, &[1])].concat();
    let turns = [
        (Side::Client, [first, early_data].concat()),
        (Side::Server, retry),
        (Side::Client, second),
        (Side::Server, message(Kind::ServerHello, &server_hello())),
    ];
    for piece in [1, 4096] {
        let (handshake, sink) = told(&turns, piece);
        assert_eq!(sink, Collected { handshakes: vec![row_of_1_3()], ..Collected::default() });
        assert!(handshake.is_over());
    }
    let (mut handshake, mut sink) = told(&turns[..2], 4096);
    handshake.give_up(&context(), &mut sink);
    assert_eq!(sink.handshakes, [row(Some("first.example"), Some("h2,http/1.1"), None, None)]);
}

#[test]
fn a_hello_that_is_answered_by_an_alert_or_never_has_no_version() {
    let client = message(Kind::ClientHello, &client_hello("10.0.0.2"));
    for alert in [true, false] {
        let mut turns = vec![(Side::Client, client.clone())];
        if alert {
            turns.push((Side::Server, vec![21, 3, 3, 0, 2, 2, 40]));
        }
        let (mut handshake, mut sink) = told(&turns, 4096);
        handshake.give_up(&context(), &mut sink);
        assert_eq!(sink.handshakes, [row(Some("10.0.0.2"), Some("h2,http/1.1"), None, None)]);
        assert_eq!(handshake.server_name(), None, "an address is no name");
    }
}

#[test]
fn a_hello_that_lies_about_a_length_is_reported_and_still_makes_a_row() {
    let mut body = client_hello("shop.example");
    body[34] = 200;
    let (_, sink) = told(&[(Side::Client, message(Kind::ClientHello, &body))], 4096);
    assert_eq!(sink.handshakes, [row(None, None, None, None)]);
    assert_eq!(sink.problems[0].message, "ClientHello ends inside a field");
}

#[test]
fn an_ssl_2_hello_has_no_names_and_its_answer_tells_the_version() {
    let client = [&[0x80, 31, 1, 3, 1, 0, 6, 0, 0, 0, 16][..], &[7; 22]].concat();
    let in_tls = message(Kind::ServerHello, &[&[3, 1][..], &[9; 32], &[0], &[0, 0x2f], &[0]].concat());
    let in_ssl_2 = vec![0x80, 11, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0];
    for (server, version, cipher) in
        [(in_tls, "TLS 1.0", Some("TLS_RSA_WITH_AES_128_CBC_SHA")), (in_ssl_2, "SSL 2.0", None)]
    {
        let (mut handshake, mut sink) = told(&[(Side::Client, client.clone()), (Side::Server, server)], 4096);
        handshake.give_up(&context(), &mut sink);
        let expected = row(None, None, Some(version), cipher);
        assert_eq!(sink, Collected { handshakes: vec![expected], ..Collected::default() });
    }
}

#[test]
fn names_that_are_left_out_are_reported() {
    let names = [&[0x82, 1, b'a'][..]].concat().repeat(300);
    let der = x509::tests::with_names(&names);
    let server =
        [message(Kind::ServerHello, &server_hello_1_2()), message(Kind::Certificate, &certificates(&der))].concat();
    let (_, sink) = told(&[hello(), (Side::Server, server)], 4096);
    assert_eq!(sink.handshakes[0].certificate_names.len(), 256);
    assert_eq!(sink.problems[0].message, "certificate is for 300 names, the first 256 are kept");
}

proptest::proptest! {
    #[test]
    fn any_bytes_behind_the_hello_make_at_most_one_row(
        turns in proptest::collection::vec((proptest::bool::ANY, proptest::prelude::any::<Vec<u8>>()), 0..8),
        damage in 0usize..1100,
        byte: u8,
    ) {
        let mut server = [message(Kind::ServerHello, &server_hello_1_2()), message(Kind::Certificate, &certificates(SHOP))].concat();
        let at = damage.min(server.len() - 1);
        server[at] = byte;
        let random = turns.into_iter().map(|(client, bytes)| (if client { Side::Client } else { Side::Server }, bytes));
        let all: Vec<_> = [hello()].into_iter().chain(random).chain([(Side::Server, server)]).collect();
        let (mut handshake, mut sink) = told(&all, 50);
        handshake.give_up(&context(), &mut sink);
        proptest::prop_assert_eq!(sink.handshakes.len(), 1);
    }
}
