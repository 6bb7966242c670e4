use super::message::tests::{message, record};
use super::*;
use crate::app::testing::{Collected, context, endpoint};
use crate::record::{DnsAnswer, DnsCarrier, FlowId};

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

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload: Vec<u8>, flip: bool) {
        let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
        let side = if flip { Side::Server } else { Side::Client };
        datagrams.packet(&ctx, side, &payload, 0, &mut sink);
        datagrams.finish(&mut sink);
    }

    #[test]
    fn a_message_with_one_byte_changed_never_panics(at in 0usize..45, byte: u8, end in 0usize..46) {
        let (ctx, mut sink, mut datagrams) = (dns_context(), Collected::default(), Datagrams::new());
        let mut payload = response(5);
        payload[at] = byte;
        datagrams.packet(&ctx, Side::Server, &payload[..end.min(payload.len())], 0, &mut sink);
    }
}
