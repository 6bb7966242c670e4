//! What goes wrong in a connection, told apart.

use wirereel_dissect::record::{DirectionFigures, Flow, Handshake, LifeRtt, Stage};
use wirereel_testkit::{Conversation, Side};

use crate::collect::read;
use crate::segments::{ACK, FIN, RST, Raw, SYN, captured, opened, raw};

use Side::{Client, Server};

fn flow(after_handshake: &[Raw]) -> Flow {
    read(&captured(&[opened(), after_handshake.to_vec()].concat())).flow().clone()
}

/// The figures that tell troubles apart: retransmitted, out of order, keep-alives, zero windows, conflicting bytes.
fn troubles(figures: DirectionFigures) -> [u64; 5] {
    let DirectionFigures { retransmits, out_of_order, keep_alives, zero_windows, conflicting_bytes, .. } = figures;
    [retransmits, out_of_order, keep_alives, zero_windows, conflicting_bytes]
}

#[test]
fn a_segment_that_fills_a_hole_is_out_of_order_and_its_copy_is_a_retransmission() {
    let (first, second) = (raw(Client, ACK, 0, 0).says(b"abc"), raw(Client, ACK, 3, 0).says(b"def"));
    let flow = flow(&[second, first.clone(), first]);
    assert_eq!((flow.from_client.bytes, troubles(flow.from_client)), (6, [1, 1, 0, 0, 0]));
    assert_eq!(flow.history, "ShADT");
}

#[test]
fn a_segment_captured_after_its_hole_was_given_up_is_out_of_order_and_stays_missed() {
    let late = raw(Client, ACK, 0, 0).says(b"abc");
    let flow = flow(&[raw(Client, ACK, 3, 0).says(b"def"), raw(Server, ACK, 0, 6), late]);
    assert_eq!((flow.from_client.bytes, flow.from_client.missed_bytes), (3, 3));
    assert_eq!(troubles(flow.from_client), [0, 1, 0, 0, 0]);
    assert_eq!(flow.history, "ShADaG");
}

#[test]
fn the_last_byte_again_is_a_keep_alive_once_it_is_acknowledged_and_a_retransmission_before() {
    let key = raw(Client, ACK, 0, 0).says(b"x");
    let before = flow(&[key.clone(), key.clone(), raw(Server, ACK, 0, 1)]);
    assert_eq!(troubles(before.from_client), [1, 0, 0, 0, 0]);
    let after = flow(&[key.clone(), raw(Server, ACK, 0, 1), key, raw(Server, ACK, 0, 1)]);
    assert_eq!((after.from_client.bytes, troubles(after.from_client)), (1, [0, 0, 1, 0, 0]));
}

#[test]
fn a_keep_alive_before_the_first_byte_is_no_data() {
    let flow = flow(&[raw(Client, ACK, 0, 0).before(), raw(Server, ACK, 0, 0)]);
    assert_eq!((flow.from_client.bytes, troubles(flow.from_client)), (0, [0, 0, 1, 0, 0]));
}

#[test]
fn a_window_counts_each_time_it_closes_and_probes_of_it_are_no_keep_alives() {
    let probe = raw(Client, ACK, 3, 0).before();
    let full = raw(Server, ACK, 0, 3).window(0);
    let flow = flow(&[
        raw(Client, ACK, 0, 0).says(b"abc"),
        full.clone(),
        probe.clone(),
        full.clone(),
        raw(Server, ACK, 0, 3),
        full,
        probe,
    ]);
    assert_eq!((troubles(flow.from_client), troubles(flow.from_server)), ([0; 5], [0, 0, 0, 2, 0]));
    assert_eq!(flow.history, "ShADaw");
}

#[test]
fn the_window_of_a_reset_or_of_one_whose_peer_has_finished_is_not_closed() {
    let reset = flow(&[raw(Server, RST, 0, 0).window(0)]);
    let finished = flow(&[raw(Client, ACK | FIN, 0, 0), raw(Server, ACK, 0, 1).window(0)]);
    assert_eq!((reset.from_server.zero_windows, finished.from_server.zero_windows), (0, 0));
    assert_eq!((reset.history.as_str(), finished.history.as_str()), ("ShAr", "ShAFa"));
}

#[test]
fn bytes_sent_again_with_other_contents_are_counted_and_reported_once() {
    let good = raw(Server, ACK, 0, 0).says(b"HTTP/1.1 200 OK\r\n");
    let forged = raw(Server, ACK, 0, 0).says(b"HTTP/1.1 302 No\r\n");
    let collected = read(&captured(&[opened(), vec![forged, good.clone(), good]].concat()));
    let figures = collected.flow().from_server;
    // `200 OK` against `302 No`: `2`, second `0`, `O` and `K` differ, and all of it comes twice.
    assert_eq!((figures.bytes, figures.retransmits, figures.conflicting_bytes), (17, 2, 8));
    let [problem] = collected.problems.as_slice() else { panic!("{:?}", collected.problems) };
    assert_eq!((problem.stage, problem.flow, problem.position), (Stage::Transport, Some(collected.flow().id), 4));
}

#[test]
fn bytes_that_wait_for_a_hole_are_compared_in_full() {
    let held = raw(Client, ACK, 10, 0).says(&[b'a'; 400]);
    let mut other = vec![b'a'; 400];
    other[399] = b'b';
    let flow = flow(&[held, raw(Client, ACK, 10, 0).says(&other)]);
    assert_eq!(troubles(flow.from_client), [1, 0, 0, 0, 1]);
}

#[test]
fn control_bits_that_exclude_each_other_are_told_in_the_history() {
    assert_eq!(read(&captured(&[raw(Client, SYN | FIN, 0, 0)])).flow().history, "Q");
    assert_eq!(flow(&[raw(Server, FIN | RST, 0, 0)]).history, "ShAi");
}

#[test]
fn both_ends_may_open_at_once() {
    // RFC 9293 §3.5, figure 8.
    let segments = [
        raw(Client, SYN, 0, 0),
        raw(Server, SYN, 0, 0),
        raw(Client, SYN | ACK, 0, 0),
        raw(Server, SYN | ACK, 0, 0),
        raw(Client, ACK, 0, 0).says(b"abc"),
        raw(Server, ACK, 0, 3).says(b"de"),
    ];
    let flow = read(&captured(&segments)).flow().clone();
    assert_eq!((flow.from_client.bytes, flow.from_server.bytes, flow.handshake), (3, 2, Handshake::Full));
    assert_eq!((troubles(flow.from_client), flow.history.as_str()), ([0; 5], "SsDd"));
}

#[test]
fn data_of_a_syn_is_the_first_data_and_may_come_again() {
    // RFC 7413: the SYN with its cookie is repeated, then the data alone because the server took only the SYN.
    let early = raw(Client, SYN, 0, 0).says(b"early");
    let segments = [
        early.clone(),
        early,
        raw(Server, SYN | ACK, 0, 0),
        raw(Client, ACK, 0, 0).says(b"early"),
        raw(Client, ACK, 5, 0).says(b" bird"),
        raw(Server, ACK, 0, 10),
    ];
    let flow = read(&captured(&segments)).flow().clone();
    assert_eq!((flow.from_client.bytes, flow.from_client.missed_bytes), (10, 0));
    assert_eq!((troubles(flow.from_client), flow.history.as_str()), ([2, 0, 0, 0, 0], "SThDa"));
}

#[test]
fn what_a_reset_says_is_no_data() {
    let flow = flow(&[raw(Server, RST | ACK, 0, 0).says(b"closed: no such service")]);
    assert_eq!((flow.from_server.bytes, flow.from_server.missed_bytes), (0, 0));
}

#[test]
fn a_fin_that_comes_again_closes_nothing_twice() {
    let (client, server) = (raw(Client, ACK | FIN, 0, 0), raw(Server, ACK | FIN, 0, 1));
    let collected = read(&captured(&[opened(), vec![client.clone(), client, server.clone(), server]].concat()));
    assert_eq!(collected.flow().history, "ShAFf");
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "close"]);
}

#[test]
fn a_connection_longer_than_four_gigabytes_is_counted_in_full() {
    let mut story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake();
    for _ in 0..10 {
        story = story.unseen(Server, 1 << 29).ack(Client);
    }
    let flow = read(&story.server(b"the end").ack(Client).close().packets()).flow().clone();
    assert_eq!((flow.from_server.missed_bytes, flow.from_server.bytes), (10 << 29, 7));
}

#[test]
fn an_old_copy_from_an_earlier_round_of_numbers_is_told_by_its_clock() {
    // RFC 7323 §5: after 4 GiB the same numbers come again.
    let mut segments = opened();
    for round in 1..=8u32 {
        let end = round.wrapping_mul(1 << 29);
        segments.push(raw(Server, ACK, end.wrapping_sub(1), 0).says(b"x").stamps(1_000 + round, 1));
        segments.push(raw(Client, ACK, 0, end).stamps(1, 1_000 + round));
        segments.push(raw(Server, ACK, end, 0).says(b"y").stamps(1_000 + round, 1));
    }
    segments.push(raw(Server, ACK, 1, 0).says(b"old").stamps(900, 1));
    segments.push(raw(Server, ACK, 1, 0).says(b"new!").stamps(1_009, 1));
    let flow = read(&captured(&segments)).flow().clone();
    assert_eq!((flow.from_server.bytes, flow.from_server.conflicting_bytes), (8 + 8 + 4, 0));
}

#[test]
fn round_trips_of_life_come_from_timestamps_where_both_ends_send_them() {
    let segments = [
        raw(Client, SYN, 0, 0).stamps(10, 0),
        raw(Server, SYN | ACK, 0, 0).stamps(90, 10),
        raw(Client, ACK, 0, 0).stamps(11, 90),
        // Sent twice; the answer echoes the first, which took three milliseconds.
        raw(Client, ACK, 0, 0).says(b"abc").stamps(12, 90),
        raw(Client, ACK, 0, 0).says(b"abc").stamps(14, 90),
        raw(Client, ACK, 3, 0).says(b"def").stamps(14, 90),
        raw(Server, ACK, 0, 3).stamps(91, 12),
        // Acknowledges, but echoes the copy.
        raw(Server, ACK, 0, 6).stamps(92, 15),
    ];
    let expected = LifeRtt { min_us: 4_000, mean_us: 4_000, max_us: 4_000, samples: 1 };
    assert_eq!(read(&captured(&segments)).flow().life_rtt, Some(expected));
}

#[test]
fn without_timestamps_a_segment_sent_twice_is_not_measured() {
    let data = raw(Client, ACK, 0, 0).says(b"abc");
    let once = flow(&[data.clone(), raw(Server, ACK, 0, 3)]);
    assert_eq!(once.life_rtt.map(|rtt| (rtt.min_us, rtt.samples)), Some((2_000, 1)));
    assert_eq!(flow(&[data.clone(), data, raw(Server, ACK, 0, 3)]).life_rtt, None);
}
