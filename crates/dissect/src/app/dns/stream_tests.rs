use super::message::tests::{message, record};
use super::stream::*;
use crate::app::FlowContext;
use crate::app::probe::Verdict;
use crate::app::testing::{Collected, context, endpoint};
use crate::record::{DnsAnswer, DnsCarrier, DnsQuery, Side};

fn dns_context() -> FlowContext {
    FlowContext { server: endpoint(2, 53), ..context() }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}

fn query(id: u16) -> Vec<u8> {
    framed(&message(id, 0x0100, 1, &[]))
}

fn response(id: u16) -> Vec<u8> {
    framed(&message(id, 0x8180, 1, &[&record(1, &[10, 0, 0, 9])]))
}

fn row(at_ns: i64) -> DnsQuery {
    DnsQuery {
        at_ns,
        answered_ns: None,
        client: endpoint(1, 40_000),
        server: endpoint(2, 53),
        carrier: DnsCarrier::Tcp,
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

/// Says these things, the n-th at n, and ends.
fn told(turns: &[(Side, Vec<u8>)]) -> Collected {
    let (mut sink, mut messages) = (Collected::default(), Messages::default());
    for (at_ns, (side, bytes)) in (0..).zip(turns) {
        messages.data(&dns_context(), *side, bytes, at_ns, &mut sink);
    }
    messages.end(&mut sink);
    sink
}

#[test]
fn pipelined_questions_are_answered_in_any_order_rfc_7766_6_2_1() {
    let turns = [
        (Side::Client, [query(1), query(2), query(3)].concat()),
        (Side::Server, response(3)),
        (Side::Server, [response(1), response(2)].concat()),
    ];
    let expected = vec![answered(0, 1), answered(0, 2), answered(0, 2)];
    assert_eq!(told(&turns), Collected { queries: expected, ..Collected::default() });
}

#[test]
fn a_message_counts_from_its_first_byte_to_the_answers_last_however_they_are_split() {
    let (question, answer) = ([query(1), query(2)].concat(), response(1));
    for split in 1..answer.len() {
        let (first, second) = question.split_at(split);
        let (third, fourth) = answer.split_at(split);
        let pieces = [(Side::Client, first), (Side::Client, second), (Side::Server, third), (Side::Server, fourth)];
        let sink = told(&pieces.map(|(side, bytes)| (side, bytes.to_vec())));
        let second_begins = i64::from(split <= query(1).len());
        let expected = vec![answered(0, 3), row(second_begins)];
        assert_eq!(sink, Collected { queries: expected, ..Collected::default() }, "{split}");
    }
}

#[test]
fn a_question_that_is_not_answered_gets_its_row_after_ten_seconds_or_at_the_end() {
    let (mut sink, mut messages) = (Collected::default(), Messages::default());
    messages.data(&dns_context(), Side::Client, &query(1), 0, &mut sink);
    messages.data(&dns_context(), Side::Client, &query(2), 10_000_000_000, &mut sink);
    assert_eq!(sink.queries, [row(0)]);
    messages.end(&mut sink);
    assert_eq!(sink.queries, [row(0), row(10_000_000_000)]);
}

#[test]
fn after_a_gap_reading_goes_on_with_the_next_segment_that_begins_with_a_message() {
    let (mut sink, mut messages) = (Collected::default(), Messages::default());
    messages.data(&dns_context(), Side::Client, &[query(1), query(2), query(3)].concat(), 0, &mut sink);
    messages.data(&dns_context(), Side::Server, &response(1)[..9], 1, &mut sink);
    messages.gap(Side::Server);
    messages.data(&dns_context(), Side::Server, &response(2)[9..], 2, &mut sink);
    messages.data(&dns_context(), Side::Server, &response(3), 3, &mut sink);
    messages.end(&mut sink);
    let expected = vec![answered(0, 3), row(0), row(0)];
    assert_eq!(sink, Collected { queries: expected, ..Collected::default() });
}

#[test]
fn a_zone_transfer_of_several_messages_is_one_row_rfc_5936_2_2() {
    let soa = record(6, b"\x03ns1\xc0\x10\x05admin\xc0\x10\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05");
    let first = framed(&message(7, 0x8480, 252, &[&soa, &record(1, &[10, 0, 0, 9])]));
    let second = framed(&message(7, 0x8480, 252, &[&record(1, &[10, 0, 0, 8])]));
    let mut third = message(7, 0x8480, 252, &[&soa]);
    third[5] = 0;
    third.drain(12..12 + 13 + 4);
    let turns =
        [(Side::Client, framed(&message(7, 0, 252, &[]))), (Side::Server, [first, second, framed(&third)].concat())];
    let answers = vec![DnsAnswer::Name("ns1.example".into()), DnsAnswer::Address([10, 0, 0, 9].into())];
    let expected = DnsQuery { kind: "AXFR".into(), answers, ..answered(0, 1) };
    assert_eq!(told(&turns), Collected { queries: vec![expected], ..Collected::default() });
}

#[test]
fn a_message_that_cannot_be_read_is_reported_and_passed_over() {
    let mut broken = message(1, 0x8180, 1, &[]);
    broken[12] = 0x40;
    let turns = [(Side::Client, query(2)), (Side::Server, [framed(&broken), framed(&[]), response(2)].concat())];
    let sink = told(&turns);
    assert_eq!(sink.queries, [answered(0, 1)]);
    let messages: Vec<_> = sink.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        ["label length or pointer expected at byte 12, found 0x40", "12 header bytes expected, found 0"]
    );
}

#[test]
fn waiting_questions_are_bounded_and_that_is_told_once() {
    let questions: Vec<u8> = (0..1_100).flat_map(query).collect();
    let sink = told(&[(Side::Client, questions)]);
    assert_eq!(sink.queries.len(), 1_100);
    assert_eq!(sink.problems.len(), 1);
    assert_eq!(sink.problems[0].message, "more than 1024 questions wait: the oldest are written as unanswered");
}

#[test]
fn first_bytes_are_dns_when_everything_in_them_is_ordinary() {
    let (query, response) = (query(1), response(1));
    for end in 0..query.len() {
        let expected = if end < 2 + 12 + 13 + 4 { Verdict::Unsure } else { Verdict::Certain };
        assert_eq!(probe_stream(Side::Client, &query[..end]), expected, "{end}");
    }
    assert_eq!(probe_stream(Side::Client, &query), Verdict::Certain);
    assert_eq!(probe_stream(Side::Server, &response), Verdict::Certain);
    assert_eq!(probe_stream(Side::Server, &query), Verdict::NotMine);
    assert_eq!(probe_stream(Side::Client, &response), Verdict::NotMine);
    let longer = framed(&[&message(1, 0x0100, 1, &[])[..], &[0]].concat());
    assert_eq!(probe_stream(Side::Client, &longer), Verdict::NotMine);
    for other in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x00\xc8\x01", b"\0\x10\0\0\0\0\0\0", b"SSH-2.0-x\r\n"]
    {
        assert_eq!(probe_stream(Side::Client, other), Verdict::NotMine, "{other:?}");
    }
}

#[test]
fn on_its_own_port_a_message_of_any_type_and_operation_is_dns() {
    for odd in [framed(&message(1, 0x0100, 65_400, &[])), framed(&message(1, 0x2800, 6, &[]))] {
        assert_eq!(probe_stream(Side::Client, &odd), Verdict::NotMine);
        assert_eq!(probe_on_its_port(&dns_context(), Side::Client, &odd), Verdict::Certain);
        assert_eq!(probe_on_its_port(&context(), Side::Client, &odd), Verdict::NotMine);
    }
    assert_eq!(probe_on_its_port(&dns_context(), Side::Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Verdict::NotMine);
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_give_the_same_rows_in_any_pieces(
        bytes: Vec<u8>, piece in 1usize..50, at in 0usize..80, byte: u8,
    ) {
        let mut stream = [query(1), response(1), bytes].concat();
        let at = at.min(stream.len() - 1);
        stream[at] = byte;
        let rows = |piece: usize| {
            let (mut sink, mut messages) = (Collected::default(), Messages::default());
            for piece in stream.chunks(piece) {
                messages.data(&dns_context(), Side::Client, piece, 0, &mut sink);
            }
            messages.end(&mut sink);
            (sink.queries, sink.problems)
        };
        proptest::prop_assert_eq!(rows(piece), rows(usize::MAX));
        let _ = (probe_stream(Side::Client, &stream), probe_stream(Side::Server, &stream));
    }
}
