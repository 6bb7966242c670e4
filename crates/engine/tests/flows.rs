//! Flows from rows back to packets, and what is written of them.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use wirereel_capture::{CaptureFile, PacketReader};
use wirereel_engine::{
    EngineError, RowsExport, Selection, Workbench, Workspace, export,
    import::{Unwatched, import},
};
use wirereel_query::{
    answer::{FlowRow, ProblemState},
    question::{FlowPacketsQuestion, FlowsQuestion, Message, ProblemsQuestion, RowsFormat, RowsOf, Scope, TimeRange},
};
use wirereel_testkit::{Conversation, Link, Packets, Side};

const START_NS: i64 = 1_790_000_000_000_000_000;

const SHOP: &[u8] = b"GET /thing?q=red+shoes HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer abc\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"n\":[1,2]}";
const FAILURE: &[u8] = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";

/// A flow with a retransmission, one that fails, and one that is no HTTP at all.
fn story() -> Packets {
    let retransmitted = Conversation::tcp("198.51.100.1:20001", "10.0.0.1:80")
        .at(START_NS)
        .handshake()
        .client(SHOP)
        .server(ANSWER)
        .close()
        .packets()
        .duplicate(3);
    let failing = Conversation::tcp("198.51.100.2:20002", "10.0.0.1:80")
        .at(START_NS + 1_000_000_000)
        .handshake()
        .client(SHOP)
        .server(FAILURE)
        .reset(Side::Server)
        .packets();
    let other = Conversation::udp("198.51.100.3:20003", "10.0.0.2:9999")
        .at(START_NS + 2_000_000_000)
        .client(b"\x01ping")
        .server(b"\x02pong")
        .packets();
    retransmitted.merge(failing).merge(other)
}

fn imported(folder: &Path, packets: &Packets) -> (Workspace, PathBuf) {
    let path = folder.join("story.pcapng");
    fs::write(&path, packets.pcapng()).expect("written");
    let workspace = Workspace::open(&folder.join("workspace")).expect("opens");
    import(&workspace, std::slice::from_ref(&path), &Unwatched).expect("imports");
    (workspace, path)
}

fn flows(workspace: &Workspace, filter: &str) -> Vec<FlowRow> {
    let scope = Scope { range: None, filter: filter.into() };
    let question = FlowsQuestion { scope, sort: "opened_at".into(), descending: false, offset: 0, limit: 100 };
    workspace.reader(None).expect("a reader").flows(&question).expect("answers").rows
}

fn packets_of(workbench: &Workbench, flow_id: u64, offset: u64, limit: u32) -> Vec<(u64, String, Vec<String>)> {
    let question = FlowPacketsQuestion { flow_id, offset, limit };
    let page = workbench.flow_packets(&question, None).expect("answers");
    assert_eq!(page.offset, offset);
    page.packets.into_iter().map(|packet| (packet.index, packet.flags, packet.verdicts)).collect()
}

#[test]
fn a_flows_packets_its_picture_and_its_bytes_are_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, path) = imported(folder.path(), &story());
    let flow = flows(&workspace, "server:shop status:200").remove(0);
    let source = flow.source_id;
    drop(workspace);
    let workbench = Workbench::open(&folder.path().join("workspace")).expect("opens");

    let all = packets_of(&workbench, flow.flow_id, 0, 1_000);
    assert_eq!(all.len() as u64, flow.client_packets + flow.server_packets);
    assert_eq!(all[0].1, "SYN");
    assert_eq!(all[1].1, "SYN ACK");
    let retransmissions: Vec<u64> =
        all.iter().filter(|packet| packet.2.iter().any(|v| v == "retransmission")).map(|packet| packet.0).collect();
    assert_eq!((retransmissions.len() as u64, flow.client_retransmits), (1, 1));
    assert_eq!(packets_of(&workbench, flow.flow_id, 2, 3), all[2..5]);
    assert!(packets_of(&workbench, flow.flow_id, 1_000_000, 10).is_empty());

    let sequence = workbench.flow_sequence(flow.flow_id, None).expect("answers");
    assert_eq!((sequence.packets as usize, sequence.thinned), (all.len(), false));
    let told: Vec<u64> = sequence.marks.iter().filter(|mark| mark.verdict.is_some()).map(|mark| mark.index).collect();
    assert!(told.contains(&retransmissions[0]), "{told:?}");

    let stream = workbench.flow_stream(flow.flow_id, None).expect("answers");
    let said: Vec<(bool, Vec<u8>)> = stream
        .chunks
        .iter()
        .map(|chunk| (chunk.from_client, BASE64_STANDARD.decode(&chunk.base64).expect("base64")))
        .collect();
    assert_eq!(said, [(true, SHOP.to_vec()), (false, ANSWER.to_vec())]);
    assert!(!stream.truncated);

    let first = workbench
        .flow_packets(&FlowPacketsQuestion { flow_id: flow.flow_id, offset: 0, limit: 1 }, None)
        .expect("answers")
        .packets
        .remove(0);
    let bytes = workbench.packet_bytes(source, first.position).expect("answers");
    let mut reader = PacketReader::open(&path).expect("opens");
    let packet = reader.read(first.position).expect("a packet");
    assert_eq!(BASE64_STANDARD.decode(bytes.base64).expect("base64"), packet.bytes);
    assert_eq!((bytes.wire_bytes, bytes.link_type.as_str()), (packet.wire_len, "EN10MB"));
    assert!(matches!(workbench.packet_bytes(source, 1), Err(EngineError::Capture { .. })));
    assert!(workbench.flow_packets(&FlowPacketsQuestion { flow_id: 1, offset: 0, limit: 1 }, None).is_err());
    workbench.shut_down();
}

#[test]
fn a_detail_holds_the_flows_exchanges_and_a_body_can_be_saved_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, _) = imported(folder.path(), &story());
    let flow = flows(&workspace, "server:shop status:200").remove(0);
    let detail = workspace.reader(None).expect("a reader").flow(flow.flow_id).expect("answers");
    assert_eq!((detail.exchanges_total, detail.exchanges.len(), detail.source_name.as_str()), (1, 1, "story.pcapng"));
    assert_eq!(detail.packets, flow.client_packets + flow.server_packets);
    assert!(detail.problems.is_empty() && detail.tls.is_none());
    drop(workspace);

    let workbench = Workbench::open(&folder.path().join("workspace")).expect("opens");
    let body = workbench.whole_body(detail.exchanges[0].exchange_id, Message::Response).expect("a body");
    assert_eq!((body.bytes.as_slice(), body.file_name.as_str()), (&b"{\"n\":[1,2]}"[..], "response-1.json"));
    let none = workbench.whole_body(detail.exchanges[0].exchange_id, Message::Request).expect_err("a GET has none");
    assert!(matches!(none, EngineError::NotFound(_)), "{none}");
    workbench.shut_down();
}

#[test]
fn an_archive_of_exchanges_is_har() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, _) = imported(folder.path(), &story());
    let write = |filter: &str, bodies: bool| -> serde_json::Value {
        let scope = Scope { range: None, filter: filter.into() };
        let export = RowsExport { rows: RowsOf::Exchanges, format: RowsFormat::Har, scope, bodies };
        let path = folder.path().join("out.har");
        let written = export::rows(&workspace, &export, &path).expect("written");
        let har: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
        assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(written as usize));
        har
    };
    let har = write("", false);
    assert_eq!((&har["log"]["version"], &har["log"]["creator"]["name"]), (&"1.2".into(), &"Wirereel".into()));
    let entry = &har["log"]["entries"][0];
    assert_eq!(entry["startedDateTime"], "2026-09-21T14:13:20.003Z");
    assert_eq!(entry["request"]["url"], "http://shop/thing?q=red+shoes");
    assert_eq!(entry["request"]["queryString"], serde_json::json!([{ "name": "q", "value": "red shoes" }]));
    assert_eq!(entry["request"]["headers"][1]["value"], "Bearer <hidden>");
    assert_eq!((&entry["response"]["status"], &entry["response"]["content"]["size"]), (&200.into(), &11.into()));
    assert!(entry["response"]["content"]["text"].is_null(), "bodies are left out unless asked for");
    let timings = &entry["timings"];
    let sum: f64 = ["send", "wait", "receive"].iter().filter_map(|name| timings[name].as_f64()).sum();
    assert_eq!(entry["time"].as_f64(), Some(sum));
    let har = write("status:200", true);
    assert_eq!(har["log"]["entries"][0]["response"]["content"]["text"], "{\"n\":[1,2]}");
    assert!(write("status:404", false)["log"]["entries"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn flows_are_no_har_and_a_wrong_filter_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, _) = imported(folder.path(), &story());
    let path = folder.path().join("out");
    for (rows, format, filter) in [
        (RowsOf::Flows, RowsFormat::Har, ""),
        (RowsOf::Flows, RowsFormat::Csv, "statsu:1"),
        (RowsOf::Exchanges, RowsFormat::Har, "("),
    ] {
        let scope = Scope { range: None, filter: filter.into() };
        export::rows(&workspace, &RowsExport { rows, format, scope, bodies: false }, &path).expect_err("refused");
        assert!(!path.exists());
    }
}

#[test]
fn exported_packets_are_those_of_matching_flows_in_the_range_with_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, _) = imported(folder.path(), &story());
    let path = folder.path().join("out.pcapng");
    let export = |range: Option<TimeRange>, filter: &str| {
        let scope = Scope { range, filter: filter.into() };
        export::pcap(&workspace, &Selection::Scope(scope), &path).expect("written")
    };
    let of = |filter: &str| flows(&workspace, filter).iter().map(|f| f.client_packets + f.server_packets).sum::<u64>();
    assert_eq!(export(None, ""), story().0.len() as u64);
    assert_eq!(export(None, "status:500"), of("status:500"));
    assert_eq!(export(None, "transport:udp"), 2);
    let mut file = CaptureFile::open(&path).expect("a capture");
    while file.next().expect("readable").is_some() {}
    let shop = file.name_resolutions().iter().find(|(ip, _)| ip.to_string() == "10.0.0.1");
    assert_eq!(shop.map(|(_, names)| names.clone()), Some(vec!["shop".to_owned()]));
    let second = TimeRange { from_us: START_NS / 1_000, to_us: START_NS / 1_000 + 2_000 };
    assert_eq!(export(Some(second), ""), 2, "a millisecond apart, from the first on");
}

/// Packets with their interfaces' numbers, and what the interfaces are called and described as.
fn interfaces_of(path: &Path) -> (Vec<u8>, Vec<String>) {
    let bytes = fs::read(path).expect("written");
    let (mut numbers, mut descriptions, mut rest) = (Vec::new(), Vec::new(), &bytes[..]);
    while rest.len() >= 12 {
        let length = u32::from_le_bytes(rest[4..8].try_into().expect("four bytes")) as usize;
        match u32::from_le_bytes(rest[..4].try_into().expect("four bytes")) {
            1 => descriptions.push(String::from_utf8_lossy(&rest[16..length]).into_owned()),
            6 => numbers.push(rest[8]),
            _ => {}
        }
        rest = &rest[length..];
    }
    (numbers, descriptions)
}

#[test]
fn packets_of_overlapping_sources_are_exported_in_the_order_of_their_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let talk = |client: &str, at_ns| {
        Conversation::tcp(client, "10.0.0.1:80").at(at_ns).handshake().client(SHOP).server(ANSWER).close().packets()
    };
    // The first source begins last and is of another link type; half a millisecond apart, their packets take turns.
    let late = Conversation::tcp("198.51.100.1:20001", "10.0.0.1:80").link(Link::LinuxSll).at(START_NS + 500_000);
    let late = late.handshake().client(SHOP).server(ANSWER).close().packets();
    let early = talk("198.51.100.2:20002", START_NS).merge(talk("198.51.100.3:20003", START_NS + 60_000_000_000));
    let paths: Vec<PathBuf> = [("late.pcapng", &late), ("early.pcapng", &early)]
        .map(|(name, packets)| {
            let path = folder.path().join(name);
            fs::write(&path, packets.pcapng()).expect("written");
            path
        })
        .to_vec();
    let workspace = Workspace::open(&folder.path().join("workspace")).expect("opens");
    import(&workspace, &paths, &Unwatched).expect("imports");

    let out = folder.path().join("out.pcapng");
    let written = export::pcap(&workspace, &Selection::Scope(Scope::default()), &out).expect("written");
    let expected = late.merge(early).0;
    let mut file = CaptureFile::open(&out).expect("a capture");
    let mut seen = Vec::new();
    while let Some(packet) = file.next().expect("readable") {
        seen.push((packet.at_ns, packet.link_type.0, packet.bytes.to_vec()));
    }
    assert_eq!(file.warnings(), []);
    assert_eq!(written as usize, expected.len());
    assert_eq!(seen, expected.into_iter().map(|p| (p.at_ns, p.link_type, p.bytes)).collect::<Vec<_>>());
    let (numbers, descriptions) = interfaces_of(&out);
    assert!(descriptions[0].contains("early.pcapng") && descriptions[1].contains("late.pcapng"), "{descriptions:?}");
    let half = seen.iter().map(|(_, link_type, _)| u8::from(*link_type != 1));
    assert_eq!((numbers, descriptions.len()), (half.collect(), 2));
}

#[test]
fn more_overlapping_sources_than_may_be_open_are_merged_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = Vec::new();
    for n in 0..70_i64 {
        let ping = Conversation::udp(&format!("198.51.100.{n}:2000"), "10.0.0.2:9999").at(START_NS + n * 1_000);
        paths.push(folder.path().join(format!("{n}.pcap")));
        fs::write(&paths[n as usize], ping.client(b"ping").server(b"pong").client(b"ping").packets().pcap())
            .expect("written");
    }
    let workspace = Workspace::open(&folder.path().join("workspace")).expect("opens");
    import(&workspace, &paths, &Unwatched).expect("imports");
    let out = folder.path().join("out.pcapng");
    assert_eq!(export::pcap(&workspace, &Selection::Scope(Scope::default()), &out).expect("written"), 210);
    let mut file = CaptureFile::open(&out).expect("a capture");
    let mut times = Vec::new();
    while let Some(packet) = file.next().expect("readable") {
        times.push(packet.at_ns);
    }
    let expected = (0..3).flat_map(|step| (0..70).map(move |n| START_NS + step * 1_000_000 + n * 1_000));
    assert_eq!(times, expected.collect::<Vec<_>>());
}

/// Requests that no server would answer, more than two in five of those of their flow.
fn broken() -> Packets {
    let mut conversation = Conversation::tcp("198.51.100.9:20009", "10.0.0.1:80").at(START_NS).handshake();
    for n in 0..12 {
        let request = format!("GET /{n} HTTP/1.1\r\nHost: shop\r\n\r\n");
        conversation = conversation
            .client(request.as_bytes())
            .server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n\r\n");
    }
    conversation.close().packets()
}

#[test]
fn what_could_not_be_read_is_tried_once_more_and_then_definitive() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, _) = imported(folder.path(), &broken().merge(story()));
    let question = ProblemsQuestion { limit: 100, ..ProblemsQuestion::default() };
    let page = workspace.reader(None).expect("a reader").problems(&question).expect("answers");
    assert!(page.total > 1, "{page:?}");
    for row in &page.rows {
        assert_eq!((row.stage.as_str(), row.state, row.attempts), ("http", ProblemState::Definitive, 2), "{row:?}");
    }
    let places: HashSet<Option<u64>> = page.rows.iter().map(|row| row.flow_id).collect();
    assert_eq!(places.len(), 1, "all of one flow");
    assert!(page.rows.iter().any(|row| row.message.contains("no longer read")), "{page:#?}");
    let told = workspace.reader(None).expect("a reader").sql("SELECT DISTINCT state, attempts FROM ingest_errors", 10);
    assert_eq!(told.expect("answers").rows, [[serde_json::json!("definitive"), serde_json::json!(2)]]);
}

#[test]
fn a_cut_off_file_is_not_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = story().pcapng();
    let path = folder.path().join("cut.pcapng");
    fs::write(&path, &bytes[..bytes.len() - 10]).expect("written");
    let workspace = Workspace::open(&folder.path().join("workspace")).expect("opens");
    import(&workspace, &[path], &Unwatched).expect("imports");
    let question = ProblemsQuestion { source_id: Some(1), limit: 10, ..ProblemsQuestion::default() };
    let page = workspace.reader(None).expect("a reader").problems(&question).expect("answers");
    let told: Vec<_> = page.rows.iter().map(|row| (row.stage.as_str(), row.state, row.attempts)).collect();
    assert_eq!(told, [("file", ProblemState::Definitive, 1)]);
}
