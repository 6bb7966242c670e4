//! TLS and DNS, from packets to whole rows.

use wirereel_dissect::record::{DnsAnswer, DnsCarrier, DnsQuery, FlowId, TlsHandshake};
use wirereel_testkit::{Conversation, Link, Packets};

use crate::collect::{endpoint, read};

/// For shop.example, its subdomains and two addresses; of 2024 and 2025.
const CERTIFICATE: &[u8] = include_bytes!("../../src/app/tls/x509/shop.example.der");

/// A vector behind a length of that many bytes.
fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
    [&(content.len() as u64).to_be_bytes()[8 - length_bytes..], content].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vector(3, body)].concat()
}

fn record(kind: u8, fragment: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vector(2, fragment)].concat()
}

fn extensions(all: &[(u16, Vec<u8>)]) -> Vec<u8> {
    vector(
        2,
        &all.iter()
            .flat_map(|(kind, content)| [&kind.to_be_bytes()[..], &vector(2, content)].concat())
            .collect::<Vec<_>>(),
    )
}

/// A hello for shop.example that offers TLS 1.3 and 1.2, h2 and http/1.1, with a key share of `share`.
fn client_hello(share: u8) -> Vec<u8> {
    let name = vector(2, &[&[0][..], &vector(2, b"shop.example")].concat());
    let all = extensions(&[
        (0x6a6a, vec![]),
        (0, name),
        (10, vector(2, &[0, 29, 0, 23])),
        (13, vector(2, &[4, 3, 8, 4])),
        (16, vector(2, b"\x02h2\x08http/1.1")),
        (43, vector(1, &[0x8a, 0x8a, 3, 4, 3, 3])),
        (51, vec![0, 4, 0, share, 0, 0]),
    ]);
    let ciphers = [0x5a, 0x5a, 0x13, 1, 0xc0, 0x2f];
    handshake(1, &[&[3, 3][..], &[7; 32], &[0], &vector(2, &ciphers), &[1, 0], &all].concat())
}

/// `t13d0206h2`, then the SHA-256 of `1301,c02f` and of `000a,000d,002b,0033_0403,0804`.
const JA4: &str = "t13d0206h2_c1929292aa6b_e12c865f31a5";

fn server_hello(random: &[u8; 32], cipher: [u8; 2], all: &[(u16, Vec<u8>)]) -> Vec<u8> {
    handshake(2, &[&[3, 3][..], random, &[0], &cipher, &[0], &extensions(all)].concat())
}

fn hello_of_1_3() -> Vec<u8> {
    server_hello(&[9; 32], [0x13, 1], &[(43, vec![3, 4])])
}

fn row() -> TlsHandshake {
    TlsHandshake {
        flow: FlowId(0),
        at_ns: 0,
        sni: Some("shop.example".into()),
        alpn: Some("h2,http/1.1".into()),
        version: Some("TLS 1.3".into()),
        cipher: Some("TLS_AES_128_GCM_SHA256".into()),
        ja4: Some(JA4.into()),
        certificate_subject: None,
        certificate_issuer: None,
        certificate_names: vec![],
        certificate_not_before_ns: None,
        certificate_not_after_ns: None,
    }
}

/// The handshake rows of a conversation, each at time 0, after a look at its flow.
fn handshakes(story: Conversation, sent: [&[Vec<u8>]; 2]) -> Vec<TlsHandshake> {
    let mut collected = read(&story.close().packets());
    assert_eq!(collected.problems, []);
    let flow = collected.flow();
    assert_eq!((flow.app_protocol, flow.server_name.as_deref()), (Some("tls"), Some("shop.example")));
    let bytes = [flow.from_client.bytes, flow.from_server.bytes];
    assert_eq!(bytes, sent.map(|turns| turns.concat().len() as u64), "what is encrypted is counted");
    collected.handshakes.iter_mut().for_each(|row| row.at_ns = 0);
    collected.handshakes
}

fn encrypted() -> Vec<u8> {
    record(23, &[0xee; 3_000])
}

#[test]
fn tls_1_2_has_the_chosen_protocol_and_the_certificate() {
    let hello = server_hello(&[9; 32], [0xc0, 0x2f], &[(16, vector(2, b"\x02h2"))]);
    let chain = vector(3, &[vector(3, CERTIFICATE), vector(3, &[0x30; 900])].concat());
    let flight = [hello, handshake(11, &chain), handshake(12, &[0; 300]), handshake(14, &[])].concat();
    let records: Vec<u8> = flight.chunks(500).flat_map(|part| record(22, part)).collect();
    let client = [record(22, &client_hello(29)), encrypted()];
    let server = [records, encrypted()];
    for segment in [97, 1_460] {
        let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:8443").largest_segment(segment).handshake();
        let story = story.client(&client[0]).server(&server[0]).client(&client[1]).server(&server[1]);
        let expected = TlsHandshake {
            alpn: Some("h2".into()),
            version: Some("TLS 1.2".into()),
            cipher: Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".into()),
            certificate_subject: Some("CN=shop.example,O=Shop,C=DE".into()),
            certificate_issuer: Some("CN=shop.example,O=Shop,C=DE".into()),
            certificate_names: ["shop.example", "*.shop.example", "192.0.2.7", "2001:db8::7"].map(String::from).into(),
            certificate_not_before_ns: Some(1_704_067_200_000_000_000),
            certificate_not_after_ns: Some(1_767_225_599_000_000_000),
            ..row()
        };
        assert_eq!(handshakes(story, [&client, &server]), [expected]);
    }
}

#[test]
fn tls_1_3_shows_its_hellos_and_no_more() {
    let client = [record(22, &client_hello(29)), [record(20, &[1]), encrypted()].concat()];
    let server = [[record(22, &hello_of_1_3()), record(20, &[1]), encrypted()].concat()];
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:8443").handshake();
    let story = story.client(&client[0]).server(&server[0]).client(&client[1]);
    assert_eq!(handshakes(story, [&client, &server]), [row()]);
}

#[test]
fn a_hello_that_is_asked_for_again_is_one_row_with_the_real_answer() {
    const RETRY: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
        0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];
    let retry = server_hello(&RETRY, [0x13, 2], &[(43, vec![3, 4]), (51, vec![0, 23])]);
    let client =
        [record(22, &client_hello(29)), [record(20, &[1]), record(22, &client_hello(23))].concat(), encrypted()];
    let server = [[record(22, &retry), record(20, &[1])].concat(), [record(22, &hello_of_1_3()), encrypted()].concat()];
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:8443").largest_segment(40).handshake();
    let story = story.client(&client[0]).server(&server[0]).client(&client[1]).server(&server[1]).client(&client[2]);
    assert_eq!(handshakes(story, [&client, &server]), [row()]);
}

const NAME: &[u8] = b"\x03www\x07example\x00";

/// A message with a question of that type about www.example, and an address as its answer if it is a response.
fn dns(id: u16, flags: u16, kind: u16) -> Vec<u8> {
    let answers = u16::from(flags & 0x8200 == 0x8000);
    let header = [id, flags, 1, answers, 0, 0].map(u16::to_be_bytes).concat();
    let answer: &[u8] = if answers == 1 { b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x09" } else { b"" };
    [&header[..], NAME, &kind.to_be_bytes(), &[0, 1], answer].concat()
}

fn query(carrier: DnsCarrier, client: &str, server: &str, kind: &str) -> DnsQuery {
    DnsQuery {
        at_ns: 0,
        answered_ns: Some(0),
        client: endpoint(client),
        server: endpoint(server),
        carrier,
        name: "www.example".into(),
        kind: kind.into(),
        rcode: Some("NOERROR".into()),
        answers: vec![DnsAnswer::Address([10, 0, 0, 9].into())],
    }
}

/// The questions' rows with time 0, after a look at whether each took as long as that.
fn queries(packets: &Packets, waited_ns: &[i64]) -> Vec<DnsQuery> {
    let mut collected = read(packets);
    assert_eq!(collected.problems, []);
    assert!(collected.flows.iter().all(|flow| flow.app_protocol == Some("dns")), "{:?}", collected.flows);
    let waited: Vec<i64> =
        collected.queries.iter().map(|row| row.answered_ns.map_or(0, |answered_ns| answered_ns - row.at_ns)).collect();
    assert_eq!(waited, waited_ns);
    for row in &mut collected.queries {
        (row.at_ns, row.answered_ns) = (0, row.answered_ns.map(|_| 0));
    }
    collected.queries
}

#[test]
fn dns_over_tcp_is_read_on_any_port_pipelined_and_in_pieces() {
    let framed = |message: Vec<u8>| vector(2, &message);
    let questions = [framed(dns(1, 0x0100, 1)), framed(dns(2, 0x0100, 28))].concat();
    let answers = [framed(dns(2, 0x8180, 28)), framed(dns(1, 0x8180, 1))].concat();
    let (client, server) = ("10.0.0.1:40000", "10.0.0.2:8053");
    let row = |kind| query(DnsCarrier::Tcp, client, server, kind);
    for segment in [1, 50, 1_460] {
        let story = Conversation::tcp(client, server).largest_segment(segment).handshake();
        let packets = story.client(&questions).wait(7_000_000_000).server(&answers).close().packets();
        let collected = read(&packets);
        let times: Vec<i64> = packets.0.iter().map(|packet| packet.at_ns).collect();
        assert!(collected.queries.iter().all(|row| times.contains(&row.at_ns)));
        assert_eq!(collected.queries.len(), 2, "{segment}");
        let flow = collected.flow();
        assert_eq!((flow.app_protocol, collected.problems.len()), (Some("dns"), 0));
        let rows: Vec<DnsQuery> = collected
            .queries
            .into_iter()
            .map(|row| {
                assert!((7_000_000_000..8_000_000_000).contains(&(row.answered_ns.unwrap() - row.at_ns)));
                DnsQuery { at_ns: 0, answered_ns: Some(0), ..row }
            })
            .collect();
        assert_eq!(rows, [row("AAAA"), row("A")]);
    }
}

#[test]
fn a_connection_picked_up_at_an_answer_has_its_client() {
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:8053");
    let packets = story.server(&vector(2, &dns(1, 0x8180, 1))).client(&vector(2, &dns(2, 0x0100, 1))).packets();
    let collected = read(&packets);
    let flow = collected.flow();
    assert_eq!((flow.client, flow.app_protocol), (endpoint("10.0.0.1:40000"), Some("dns")));
    assert_eq!(collected.queries.len(), 2);
}

#[test]
fn a_truncated_answer_and_the_question_asked_again_over_tcp_are_two_rows() {
    let (client, server) = ("10.0.0.1:40000", "10.0.0.2:53");
    let udp = Conversation::udp(client, server).client(&dns(5, 0x0100, 1)).server(&dns(5, 0x8380, 1)).packets();
    let tcp = Conversation::tcp(client, server).wait(1_000_000).handshake();
    let tcp = tcp.client(&vector(2, &dns(6, 0x0100, 1))).server(&vector(2, &dns(6, 0x8180, 1))).close().packets();
    let rows = read(&udp.merge(tcp)).queries;
    let rows: Vec<_> = rows.iter().map(|row| (row.carrier, row.answered_ns.is_some(), row.answers.len())).collect();
    assert_eq!(rows, [(DnsCarrier::Udp, true, 0), (DnsCarrier::Tcp, true, 1)]);
}

#[test]
fn a_multicast_question_is_answered_by_another_flow() {
    let group = "224.0.0.251:5353";
    let asked = Conversation::udp("10.0.0.1:5353", group).client(&dns(0, 0, 1)).packets();
    let response = [
        &[0, 0x8400, 0, 1, 0, 0].map(u16::to_be_bytes).concat()[..],
        NAME,
        b"\0\x01\x80\x01\0\0\0\x78\0\x04\x0a\0\0\x09",
    ];
    let answered = Conversation::udp("10.0.0.9:5353", group).client(&response.concat()).packets().later(30_000);
    let packets = asked.merge(answered);
    let expected = query(DnsCarrier::Mdns, "10.0.0.1:5353", "10.0.0.9:5353", "A");
    assert_eq!(queries(&packets, &[30_000]), [expected]);
    assert_eq!(read(&packets).flows.len(), 2);
}

#[test]
fn a_tunnelled_question_is_read_like_any_other() {
    let story = Conversation::udp("10.0.0.1:40000", "10.0.0.2:53").link(Link::Pppoe);
    let packets = story.client(&dns(5, 0x0100, 1)).server(&dns(5, 0x8180, 1)).packets();
    let rows = read(&packets).queries;
    assert_eq!((rows.len(), rows[0].carrier, rows[0].answers.len()), (1, DnsCarrier::Udp, 1));
}
