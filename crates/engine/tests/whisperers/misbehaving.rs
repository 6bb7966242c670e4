//! Agents that are none, that are slow, that lose packets, and one that tells lies.

use std::{fs, path::Path, time::Duration};

use wirereel_engine::Workbench;
use wirereel_query::{question::DensityQuestion, workbench::CaptureState};
use wirereel_whisper::{
    AgentState, AgentStatus, Breaker, Frame, FromAgent, Loss, LostWhere, OpenInterface, PROTOCOL, PacketBatch,
    SentPacket, write_frame,
};

use crate::support::{add, one, reach, value, wait_for};

const SECOND_NS: i64 = 1_000_000_000;
/// In whole seconds.
const START_NS: i64 = 1_790_000_000 * SECOND_NS;

fn status(second: i64, losses: Vec<Loss>) -> FromAgent {
    FromAgent::Status(Box::new(AgentStatus {
        at_ns: START_NS + second * SECOND_NS,
        capturing_since_ns: Some(START_NS),
        cpu: 0.25,
        memory_bytes: 4_000_000,
        packets: 10 * second.unsigned_abs(),
        bytes: 600 * second.unsigned_abs(),
        sent_bytes: 800 * second.unsigned_abs(),
        queued_packets: 0,
        queued_bytes: 0,
        queue_capacity_bytes: 1 << 20,
        breaker: Breaker::Closed,
        losses,
        send_p50_us: Some(40),
        send_p99_us: Some(900),
    }))
}

fn lost(second: i64, place: LostWhere, packets: u64) -> Loss {
    Loss { second: START_NS / SECOND_NS + second, place, packets, bytes: 0 }
}

/// What an agent says from hello to the start of its capture.
fn greeting() -> Vec<FromAgent> {
    let hello = FromAgent::Hello {
        protocol: PROTOCOL,
        version: "0.0.1".into(),
        host: "teller".into(),
        interfaces: Vec::new(),
        hindrance: None,
    };
    let opened = OpenInterface { name: "eth7".into(), link_type: 1, snap_length: 65_535 };
    vec![
        hello,
        FromAgent::Configured { restart: false },
        FromAgent::Opened { interfaces: vec![opened] },
        FromAgent::State { state: AgentState::Capturing, reason: None },
    ]
}

/// A file of frames: `cat` is the agent.
fn tape(path: &Path, messages: &[FromAgent], packets: &[u8]) -> String {
    let mut bytes = Vec::new();
    for message in messages {
        write_frame(&mut bytes, Frame::Control, &serde_json::to_vec(message).unwrap()).unwrap();
    }
    if !packets.is_empty() {
        write_frame(&mut bytes, Frame::Packets, packets).unwrap();
    }
    fs::write(path, bytes).unwrap();
    format!("cat {}", path.display())
}

#[test]
fn seconds_that_lost_packets_are_drops_on_the_reel_also_after_a_rebuild() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    let mut said = greeting();
    said.push(status(1, Vec::new()));
    said.push(status(3, vec![lost(2, LostWhere::Kernel, 7), lost(2, LostWhere::Queue, 5)]));
    said.push(status(4, vec![lost(3, LostWhere::Queue, 100)]));
    said.push(status(60, Vec::new()));
    let command = tape(&home.path().join("tape"), &said, &[]);
    let id = add(&workbench, "Teller", &command, 80);
    workbench.start_whisperer(&id).unwrap();
    wait_for(|| one(&workbench, &id).totals.lost == 112);
    reach(&workbench, &id, CaptureState::NotVisible);
    workbench.stop_whisperer(&id).unwrap();
    reach(&workbench, &id, CaptureState::Stopped);
    let figures = one(&workbench, &id).figures;
    assert_eq!((figures.lost_in_kernel, figures.lost_in_queue), (7, 105));
    assert_eq!(figures.last_lost_us, Some((START_NS + 3 * SECOND_NS) / 1_000));
    let expected = "7 | 5, 0 | 100";
    let rows =
        "SELECT string_agg(in_kernel || ' | ' || in_queue, ', ' ORDER BY \"at\") FROM lost_packets WHERE source_id = 1";
    assert_eq!(value(&workbench, rows), expected);
    let drops = |workbench: &Workbench| {
        let range = workbench.app_state("test").unwrap().recording.unwrap().range.unwrap();
        assert_eq!((range.to_us - range.from_us) / 1_000_000, 60, "silence was listened to");
        let density =
            workbench.reader(None).unwrap().density(&DensityQuestion { range, buckets: 60, filter: String::new() });
        density.unwrap().gaps
    };
    let gaps = drops(&workbench);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let span = gaps[0].range;
    assert_eq!((gaps[0].reason.as_str(), gaps[0].lost_packets), ("dropped", 112));
    assert_eq!((span.from_us * 1_000, span.to_us * 1_000), (START_NS + 2 * SECOND_NS, START_NS + 4 * SECOND_NS));
    let history = workbench
        .whisperer_history(&id, Some(START_NS / 1_000), Some((START_NS + 61 * SECOND_NS) / 1_000), 61)
        .unwrap();
    assert_eq!(history.width_us, 1_000_000);
    assert_eq!(history.lost_in_queue.iter().sum::<f64>(), 105.0);
    assert_eq!(history.cpu.iter().copied().fold(0.0, f64::max), 0.25);
    let told: Vec<String> =
        workbench.whisperer_history(&id, None, None, 1).unwrap().events.into_iter().map(|event| event.text).collect();
    assert!(told.iter().any(|text| text.starts_with("packets are being lost")), "{told:?}");
    assert!(told.iter().any(|text| text == "no more packets are lost; 112 were, within 57 s"), "{told:?}");
    workbench.shut_down();
    drop(workbench);

    fs::write(home.path().join("live/capturing"), b"").unwrap();
    let again = Workbench::open(home.path()).unwrap();
    again.open_recent("live").unwrap();
    assert_eq!(value(&again, rows), expected);
    assert_eq!(drops(&again), gaps);
    again.shut_down();
}

#[test]
fn what_is_no_agent_is_told_in_its_own_words() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    let reason = |command: &str, state: CaptureState| {
        let id = add(&workbench, "Wrong", command, 80);
        workbench.start_whisperer(&id).unwrap();
        reach(&workbench, &id, state);
        let reason = one(&workbench, &id).reason.unwrap();
        workbench.stop_whisperer(&id).unwrap();
        wait_for(|| one(&workbench, &id).state != CaptureState::Connecting && one(&workbench, &id).attempt == 0);
        workbench.remove_whisperer(&id).unwrap();
        reason
    };
    let complaint = reason("sh -c 'echo no such host >&2; exit 3'", CaptureState::NotVisible);
    assert_eq!(complaint, "it has ended (no such host)");
    let foreign = reason("echo 'Welcome to Debian'", CaptureState::NotVisible);
    assert_eq!(foreign, "this is no whisperer; it says: Welcome to Debian");
    let missing = reason("/no/such/program", CaptureState::NotVisible);
    assert!(missing.starts_with("/no/such/program cannot be started: No such file"), "{missing}");
    let old = FromAgent::Hello {
        protocol: 99,
        version: "9".into(),
        host: "new".into(),
        interfaces: Vec::new(),
        hindrance: None,
    };
    let old = reason(&tape(&home.path().join("old"), &[old], &[]), CaptureState::WrongConfiguration);
    assert_eq!(old, "it speaks version 99 of the protocol, this workbench 1");
    let mut batch = PacketBatch::default();
    batch.push(&SentPacket { interface: 4, at_ns: START_NS, wire_len: 60, bytes: &[0; 60] });
    let lies = reason(&tape(&home.path().join("lies"), &greeting(), batch.bytes()), CaptureState::NotVisible);
    assert_eq!(lies, "it sends from interface 4 of 1");
    workbench.shut_down();
}

#[test]
fn one_that_never_says_hello_can_be_stopped_at_once() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    let program = home.path().join("sleeping-agent");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let id = add(&workbench, "Sleeper", &format!("{} 1000", program.display()), 80);
    workbench.start_whisperer(&id).unwrap();
    reach(&workbench, &id, CaptureState::Connecting);
    std::thread::sleep(Duration::from_millis(100));
    workbench.stop_whisperer(&id).unwrap();
    let took = reach(&workbench, &id, CaptureState::Stopped);
    assert!(took < Duration::from_secs(1), "{took:?}");
    workbench.shut_down();
    let left: Vec<_> = crate::support::descendants(std::process::id())
        .into_iter()
        .filter(|(_, name)| name == "sleeping-agent")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
