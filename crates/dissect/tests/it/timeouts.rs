//! Silence: idle, ended, and what counts as the same flow afterwards.

use wirereel_dissect::record::CloseReason;
use wirereel_testkit::{Conversation, Packets};

use crate::collect::{Collected, read};

const SECOND_NS: i64 = 1_000_000_000;

fn tcp() -> Conversation {
    Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9")
}

/// Another conversation whose packets let time pass.
fn bystander(first: &Packets, after_ns: i64) -> Packets {
    let at_ns = first.0[0].at_ns + after_ns;
    Conversation::udp("10.9.9.9:1", "10.9.9.8:2").at(at_ns).client(b".").packets()
}

fn reasons(collected: &Collected) -> Vec<CloseReason> {
    collected.flows.iter().map(|flow| flow.close_reason).collect()
}

#[test]
fn thirty_seconds_of_silence_is_idle_and_the_next_packet_resumes() {
    let packets = tcp().handshake().wait(40 * SECOND_NS).client(b"still here").packets();
    let opened = packets.0[0].at_ns;
    let collected = read(&packets);
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "idle", "resume"]);
    let idle_after = collected.events[3].at_ns - opened;
    assert_eq!(idle_after, 30 * SECOND_NS + 2_000_000, "30 s after the last packet, not when it was noticed");
    assert_eq!(collected.flows.len(), 1);
}

#[test]
fn five_minutes_of_silence_end_a_connection() {
    let story = tcp().handshake();
    assert_eq!(read(&story.clone().wait(299 * SECOND_NS).client(b"x").packets()).flows.len(), 1);
    let collected = read(&story.wait(301 * SECOND_NS).client(b"x").packets());
    assert_eq!(reasons(&collected), [CloseReason::Idle, CloseReason::Open]);
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "idle", "established"]);
}

#[test]
fn one_minute_of_silence_ends_a_datagram_flow() {
    let story = Conversation::udp("10.0.0.1:40000", "10.0.0.2:9999").client(b"a");
    assert_eq!(read(&story.clone().wait(59 * SECOND_NS).client(b"b").packets()).flows.len(), 1);
    assert_eq!(
        reasons(&read(&story.wait(60 * SECOND_NS).client(b"b").packets())),
        [CloseReason::Idle, CloseReason::Open]
    );
}

#[test]
fn an_attempt_nobody_answers_ends_after_five_seconds() {
    let syn = tcp().syn().packets();
    let later = syn.clone().later(7 * SECOND_NS);
    let collected = read(&syn.merge(later));
    assert_eq!(reasons(&collected), [CloseReason::Unanswered, CloseReason::Unanswered]);
}

#[test]
fn a_closed_connection_is_written_as_soon_as_its_linger_is_over() {
    let packets = tcp().handshake().close().packets();
    let other = bystander(&packets, 6 * SECOND_NS);
    let third = tcp().wait(7 * SECOND_NS).initial_sequence(9, 9).handshake().packets();
    let collected = read(&packets.merge(other).merge(third));
    assert_eq!(reasons(&collected), [CloseReason::Fin, CloseReason::Open, CloseReason::Open]);
}

#[test]
fn a_clock_that_goes_back_ends_nothing() {
    let mut packets = tcp().handshake().client(b"abc").server(b"def").close().packets();
    packets.0[3].at_ns -= 3_600 * SECOND_NS;
    let collected = read(&packets);
    assert_eq!((collected.flow().close_reason, collected.flow().from_client.bytes), (CloseReason::Fin, 3));
}

#[test]
fn half_a_capture_ends_when_its_only_side_has_finished() {
    let server_ip = [10, 0, 0, 2];
    let whole = tcp().handshake().client(b"abc").server(b"defg").close().packets();
    // The IPv4 source address lies 12 bytes into the packet, behind 14 bytes of Ethernet.
    let half = whole.lose_if(|packet| packet.bytes[26..30] != server_ip);
    let collected = read(&half);
    let flow = collected.flow();
    assert_eq!((flow.from_client.packets, flow.from_server.bytes, flow.from_server.missed_bytes), (0, 4, 0));
    assert_eq!((flow.close_reason, flow.history.as_str()), (CloseReason::Fin, "^hdf"));
    assert_eq!(collected.event_names(), ["accept", "established", "close"]);
}
