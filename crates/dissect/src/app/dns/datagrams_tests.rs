use super::datagrams::{Datagrams, MAX_PROBLEMS};
use super::message::tests::{NAME, message, record};
use crate::app::FlowContext;
use crate::app::testing::{Collected, context, endpoint};
use crate::record::{DnsAnswer, DnsCarrier, DnsQuery, Endpoint, FlowId, Problem, Side, Stage};

const SECOND_NS: i64 = 1_000_000_000;

fn dns_context() -> FlowContext {
    FlowContext { server: endpoint(2, 53), ..context() }
}

fn row(at_ns: i64) -> DnsQuery {
    DnsQuery {
        at_ns,
        answered_ns: None,
        client: endpoint(1, 40_000),
        server: endpoint(2, 53),
        carrier: DnsCarrier::Udp,
        name: "www.example".into(),
        kind: "A".into(),
        rcode: None,
        answers: vec![],
    }
}

fn answered(at_ns: i64, answered_ns: i64) -> DnsQuery {
    let answers = vec![DnsAnswer::Address([10, 0, 0, 9].into())];
    DnsQuery { answered_ns: Some(answered_ns), rcode: Some("NOERROR".into()), answers, ..row(at_ns) }
}

fn response(id: u16) -> Vec<u8> {
    message(id, 0x8180, 1, &[&record(1, &[10, 0, 0, 9])])
}

#[test]
fn a_question_and_its_answer_make_one_row() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    assert_eq!(datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 10, &mut sink), Some("dns"));
    assert_eq!(datagrams.packet(&ctx, Side::Server, &response(5), 30, &mut sink), Some("dns"));
    datagrams.finish(&mut sink);
    assert_eq!(sink, Collected { queries: vec![answered(10, 30)], ..Collected::default() });
}

#[test]
fn a_question_without_answer_gets_its_row_after_ten_seconds_or_at_the_end() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    datagrams.packet(&ctx, Side::Client, &message(1, 0x0100, 1, &[]), 0, &mut sink);
    datagrams.packet(&ctx, Side::Client, &message(2, 0x0100, 1, &[]), SECOND_NS, &mut sink);
    datagrams.expire(10 * SECOND_NS - 1, &mut sink);
    assert_eq!(sink.queries, []);
    datagrams.expire(10 * SECOND_NS, &mut sink);
    assert_eq!(sink.queries, [row(0)]);
    datagrams.finish(&mut sink);
    assert_eq!(sink.queries, [row(0), row(SECOND_NS)]);
}

#[test]
fn a_question_asked_again_is_one_row_from_its_first_asking() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 0, &mut sink);
    datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 5 * SECOND_NS, &mut sink);
    datagrams.packet(&ctx, Side::Server, &response(5), 6 * SECOND_NS, &mut sink);
    datagrams.finish(&mut sink);
    assert_eq!(sink.queries, [answered(0, 6 * SECOND_NS)]);
}

#[test]
fn an_answer_to_a_question_before_the_capture_is_a_row_of_its_own_time() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    datagrams.packet(&ctx, Side::Server, &response(5), 30, &mut sink);
    assert_eq!(sink.queries, [answered(30, 30)]);
}

#[test]
fn whoever_sends_the_question_is_the_client() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let flipped = FlowContext { client: endpoint(2, 53), server: endpoint(1, 40_000), ..context() };
    datagrams.packet(&flipped, Side::Server, &message(5, 0x0100, 1, &[]), 10, &mut sink);
    datagrams.packet(&flipped, Side::Client, &response(5), 30, &mut sink);
    assert_eq!(sink.queries, [answered(10, 30)]);
}

#[test]
fn dns_on_another_port_is_read_when_it_is_beyond_doubt() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let ctx = FlowContext { server: endpoint(2, 8600), ..context() };
    let query = message(5, 0x0100, 1, &[]);
    assert_eq!(datagrams.packet(&ctx, Side::Client, &query, 10, &mut sink), Some("dns"));
    let with_more = [&query[..], &[0]].concat();
    assert_eq!(datagrams.packet(&ctx, Side::Client, &with_more, 10, &mut sink), None);
    let of_unknown_type = message(5, 0x0100, 0x20, &[]);
    assert_eq!(datagrams.packet(&ctx, Side::Client, &of_unknown_type, 10, &mut sink), None);
    assert_eq!(datagrams.packet(&ctx, Side::Client, b"some other protocol", 10, &mut sink), None);
    assert_eq!(sink.problems, []);
}

#[test]
fn a_broken_message_on_a_dns_port_is_reported_with_where_it_breaks() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    let mut broken = response(5);
    broken[12] = 0xc0;
    assert_eq!(datagrams.packet(&ctx, Side::Server, &broken, 30, &mut sink), None);
    let message = "compression pointer at byte 12 points to byte 119, which does not lie before its name".to_owned();
    let problem = Problem { at_ns: 30, stage: Stage::Dns, position: 24, flow: Some(FlowId(7)), message };
    assert_eq!(sink.problems, [problem]);
}

#[test]
fn problems_are_bounded() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    let mut broken = response(5);
    broken[12] = 0x40;
    for _ in 0..1000 {
        datagrams.packet(&ctx, Side::Server, &broken, 30, &mut sink);
    }
    assert_eq!(sink.problems.len(), MAX_PROBLEMS as usize);
}

#[test]
fn a_chain_of_aliases_stays_in_its_order() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    let chain = [
        record(5, b"\x03cdn\x07example\0"),
        record(5, b"\x04edge\x07example\0"),
        record(1, &[10, 0, 0, 9]),
        record(1, &[10, 0, 0, 8]),
    ];
    datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 10, &mut sink);
    let response = message(5, 0x8180, 1, &chain.each_ref().map(|record| &record[..]));
    datagrams.packet(&ctx, Side::Server, &response, 30, &mut sink);
    let answers = vec![
        DnsAnswer::Name("cdn.example".into()),
        DnsAnswer::Name("edge.example".into()),
        DnsAnswer::Address([10, 0, 0, 9].into()),
        DnsAnswer::Address([10, 0, 0, 8].into()),
    ];
    assert_eq!(sink.queries, [DnsQuery { answers, ..answered(10, 30) }]);
}

#[test]
fn negative_answers_are_answers_with_nothing_in_them() {
    let soa = record(6, b"\x03ns1\xc0\x10\x05admin\xc0\x10\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05");
    for (flags, rcode) in [(0x8183, "NXDOMAIN"), (0x8180, "NOERROR")] {
        let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
        datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 10, &mut sink);
        let mut response = message(5, flags, 1, &[&soa]);
        // The record stands in the authority section (RFC 2308 §2).
        response.swap(7, 9);
        datagrams.packet(&ctx, Side::Server, &response, 30, &mut sink);
        assert_eq!(sink.queries, [DnsQuery { rcode: Some(rcode.into()), answers: vec![], ..answered(10, 30) }]);
    }
}

#[test]
fn several_questions_of_one_flow_have_their_own_latency() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    datagrams.packet(&ctx, Side::Client, &message(1, 0x0100, 1, &[]), 10, &mut sink);
    datagrams.packet(&ctx, Side::Client, &message(1, 0x0100, 28, &[]), 11, &mut sink);
    datagrams.packet(&ctx, Side::Server, &message(1, 0x8180, 28, &[]), 20, &mut sink);
    datagrams.packet(&ctx, Side::Server, &response(1), 40, &mut sink);
    let second = DnsQuery { kind: "AAAA".into(), answers: vec![], ..answered(11, 20) };
    assert_eq!(sink.queries, [second, answered(10, 40)]);
}

#[test]
fn a_truncated_answer_is_an_answer_even_where_it_ends_inside_a_record() {
    let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
    datagrams.packet(&ctx, Side::Client, &message(5, 0x0100, 1, &[]), 10, &mut sink);
    let whole = message(5, 0x8380, 1, &[&record(1, &[10, 0, 0, 9]), &record(1, &[10, 0, 0, 8])]);
    datagrams.packet(&ctx, Side::Server, &whole[..whole.len() - 1], 30, &mut sink);
    assert_eq!(sink, Collected { queries: vec![answered(10, 30)], ..Collected::default() });
}

fn mdns_group() -> Endpoint {
    Endpoint { ip: [224, 0, 0, 251].into(), port: 5353 }
}

/// A host of the link, as its own multicast DNS sends.
fn host(number: u8) -> FlowContext {
    FlowContext { client: endpoint(number, 5353), server: mdns_group(), ..context() }
}

/// A response of multicast DNS: no id and no question, a whole name in its record.
fn mdns_response(kind: u16, content: &[u8]) -> Vec<u8> {
    let header = [0, 0x8400, 0, 1, 0, 0].map(u16::to_be_bytes).concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&header[..], NAME, &kind.to_be_bytes(), &[0x80, 1], &[0, 0, 0, 120], &length, content].concat()
}

fn mdns_row(asker: u8, server: Endpoint, at_ns: i64) -> DnsQuery {
    DnsQuery { client: endpoint(asker, 5353), server, carrier: DnsCarrier::Mdns, ..row(at_ns) }
}

fn mdns_answered(asker: u8, at_ns: i64, answered_ns: i64) -> DnsQuery {
    let answers = vec![DnsAnswer::Address([10, 0, 0, 9].into())];
    let rcode = Some("NOERROR".to_owned());
    DnsQuery { answered_ns: Some(answered_ns), rcode, answers, ..mdns_row(asker, endpoint(9, 5353), at_ns) }
}

#[test]
fn whoever_answers_a_multicast_question_is_its_server_rfc_6762_6() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let mut wants_unicast = message(0, 0, 1, &[]);
    let class_at = wants_unicast.len() - 2;
    wants_unicast[class_at] = 0x80;
    assert_eq!(datagrams.packet(&host(1), Side::Client, &wants_unicast, 10, &mut sink), Some("dns"));
    datagrams.packet(&host(3), Side::Client, &message(0, 0, 1, &[]), 15, &mut sink);
    datagrams.packet(&host(3), Side::Client, &message(0, 0, 28, &[]), 15, &mut sink);
    let response = mdns_response(1, &[10, 0, 0, 9]);
    assert_eq!(datagrams.packet(&host(9), Side::Client, &response, 30, &mut sink), Some("dns"));
    datagrams.finish(&mut sink);
    let unanswered = DnsQuery { kind: "AAAA".into(), ..mdns_row(3, mdns_group(), 15) };
    let expected = vec![mdns_answered(1, 10, 30), mdns_answered(3, 15, 30), unanswered];
    assert_eq!(sink, Collected { queries: expected, ..Collected::default() });
}

#[test]
fn an_answer_to_the_asker_alone_belongs_to_its_question_with_or_without_repeating_it() {
    for response in [mdns_response(1, &[10, 0, 0, 9]), message(0, 0x8400, 1, &[&record(1, &[10, 0, 0, 9])])] {
        let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
        datagrams.packet(&host(1), Side::Client, &message(0, 0, 1, &[]), 10, &mut sink);
        datagrams.packet(&host(3), Side::Client, &message(0, 0, 1, &[]), 11, &mut sink);
        let unicast = FlowContext { client: endpoint(9, 5353), server: endpoint(1, 5353), ..context() };
        datagrams.packet(&unicast, Side::Client, &response, 30, &mut sink);
        assert_eq!(sink.queries, [mdns_answered(1, 10, 30)]);
        datagrams.finish(&mut sink);
        assert_eq!(sink.queries[1..], [mdns_row(3, mdns_group(), 11)]);
    }
}

#[test]
fn probes_and_announcements_have_no_row_rfc_6762_8() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let announcement = mdns_response(1, &[10, 0, 0, 9]);
    let mut probe = message(0, 0, 255, &[&record(1, &[10, 0, 0, 9])]);
    probe.swap(7, 9);
    assert_eq!(datagrams.packet(&host(9), Side::Client, &probe, 20, &mut sink), Some("dns"));
    assert_eq!(datagrams.packet(&host(9), Side::Client, &announcement, 30, &mut sink), Some("dns"));
    datagrams.finish(&mut sink);
    assert_eq!(sink, Collected::default());
}

#[test]
fn nobody_answers_his_own_question() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    datagrams.packet(&host(1), Side::Client, &message(0, 0, 1, &[]), 10, &mut sink);
    datagrams.packet(&host(1), Side::Client, &mdns_response(1, &[10, 0, 0, 9]), 30, &mut sink);
    datagrams.finish(&mut sink);
    assert_eq!(sink.queries, [mdns_row(1, mdns_group(), 10)]);
}

#[test]
fn every_question_of_a_multicast_message_has_its_row_and_any_takes_every_record() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let mut both = message(0, 0, 255, &[]);
    both[5] = 2;
    both.extend_from_slice(b"\x01b\xc0\x10\0\x0c\0\x01");
    datagrams.packet(&host(1), Side::Client, &both, 10, &mut sink);
    datagrams.packet(&host(9), Side::Client, &mdns_response(1, &[10, 0, 0, 9]), 30, &mut sink);
    datagrams.expire(20 * SECOND_NS, &mut sink);
    let any = DnsQuery { kind: "ANY".into(), ..mdns_answered(1, 10, 30) };
    let other = DnsQuery { name: "b.example".into(), kind: "PTR".into(), ..mdns_row(1, mdns_group(), 10) };
    assert_eq!(sink.queries, [any, other]);
}

#[test]
fn a_local_name_is_answered_by_a_host_that_was_not_asked_rfc_4795_2_5() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    let group = Endpoint { ip: "ff02::1:3".parse().unwrap(), port: 5355 };
    let asker = FlowContext { client: endpoint(1, 50_000), server: group, ..context() };
    let answerer = FlowContext { client: endpoint(1, 50_000), server: endpoint(9, 5355), ..context() };
    datagrams.packet(&asker, Side::Client, &message(5, 0, 1, &[]), 10, &mut sink);
    datagrams.packet(&answerer, Side::Server, &response(5), 30, &mut sink);
    datagrams.finish(&mut sink);
    let expected = DnsQuery { client: endpoint(1, 50_000), server: endpoint(9, 5355), ..answered(10, 30) };
    assert_eq!(sink.queries, [expected]);
}

#[test]
fn askers_of_one_question_are_bounded_and_that_is_told_once() {
    let (mut sink, mut datagrams) = (Collected::default(), Datagrams::new());
    for port in 1..=1_000 {
        let asker = FlowContext { client: endpoint(1, port), server: mdns_group(), ..context() };
        datagrams.packet(&asker, Side::Client, &message(0, 0, 1, &[]), 10, &mut sink);
    }
    assert_eq!((sink.queries.len(), sink.problems.len()), (1_000 - 256, 1));
    datagrams.packet(&host(9), Side::Client, &mdns_response(1, &[10, 0, 0, 9]), 30, &mut sink);
    assert_eq!(sink.queries.len(), 1_000);
    assert!(sink.queries[1_000 - 256..].iter().all(|query| query.answered_ns == Some(30)));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload: Vec<u8>, flip: bool) {
        let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
        let side = if flip { Side::Server } else { Side::Client };
        datagrams.packet(&ctx, side, &payload, 0, &mut sink);
        datagrams.packet(&host(1), side, &payload, 0, &mut sink);
        datagrams.finish(&mut sink);
    }

    #[test]
    fn a_message_with_one_byte_changed_never_panics(at in 0usize..45, byte: u8, end in 0usize..46) {
        let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
        let mut payload = response(5);
        payload[at] = byte;
        let payload = &payload[..end.min(payload.len())];
        datagrams.packet(&host(1), Side::Client, &message(0, 0, 1, &[]), 0, &mut sink);
        datagrams.packet(&ctx, Side::Server, payload, 0, &mut sink);
        datagrams.packet(&host(9), Side::Client, payload, 0, &mut sink);
    }
}
