//! The agent as a process of its own, on this host's loopback interface.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be captured there.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "also in what the tests share")]

use std::{
    fs,
    io::BufReader,
    net::UdpSocket,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use wirereel_whisper::{
    AgentState, CaptureConfig, Frame, FrameReader, FromAgent, LeaveOut, Mode, PROTOCOL, ToAgent, packets, write_frame,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    frames: FrameReader<BufReader<ChildStdout>>,
}

#[derive(Debug)]
enum Heard {
    Message(FromAgent),
    /// Payloads of UDP packets (link type Ethernet, IPv4 without options).
    Packets(Vec<Vec<u8>>),
}

impl Agent {
    /// A started agent with its first words; `None` where it may not capture.
    fn start() -> Option<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wirereel-whisperer"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let frames = FrameReader::new(BufReader::new(child.stdout.take().unwrap()));
        let mut agent = Self { input: child.stdin.take(), child, frames };
        let Some(Heard::Message(FromAgent::Hello { protocol, interfaces, hindrance, .. })) = agent.hear() else {
            panic!("an agent says hello first")
        };
        assert_eq!(protocol, PROTOCOL);
        assert!(interfaces.iter().any(|interface| interface.name == "lo" && interface.loopback), "{interfaces:?}");
        if let Some(why) = hindrance {
            println!("not tested: {why}");
            return None;
        }
        agent.say(&ToAgent::Hello { protocol: PROTOCOL });
        Some(agent)
    }

    fn say(&mut self, message: &ToAgent) {
        let json = serde_json::to_vec(message).unwrap();
        write_frame(self.input.as_mut().unwrap(), Frame::Control, &json).unwrap();
    }

    fn hear(&mut self) -> Option<Heard> {
        let (frame, contents) = self.frames.read().unwrap()?;
        Some(match frame {
            Frame::Control => Heard::Message(serde_json::from_slice(contents).unwrap()),
            Frame::Packets => {
                const UDP_PAYLOAD: usize = 14 + 20 + 8;
                Heard::Packets(packets(contents).map(|packet| packet.unwrap().bytes[UDP_PAYLOAD..].to_vec()).collect())
            }
        })
    }

    /// Messages until one that `wanted` takes; packets on the way are given too.
    fn hear_until(&mut self, wanted: impl Fn(&FromAgent) -> bool) -> (FromAgent, Vec<Vec<u8>>) {
        let (mut seen, started) = (Vec::new(), Instant::now());
        while started.elapsed() < PATIENCE {
            match self.hear().expect("the agent is still there") {
                Heard::Message(message) if wanted(&message) => return (message, seen),
                Heard::Message(_) => {}
                Heard::Packets(more) => seen.extend(more),
            }
        }
        panic!("what was waited for did not come");
    }

    fn capture(&mut self, config: CaptureConfig) {
        self.say(&ToAgent::Configure { config });
        self.hear_until(|message| *message == FromAgent::Configured { restart: false });
        self.say(&ToAgent::Start);
        self.hear_until(|message| matches!(message, FromAgent::State { state: AgentState::Capturing, .. }));
    }

    /// Stops it; what was captured up to then, and its last status.
    fn stop(mut self) -> (Vec<Vec<u8>>, Option<wirereel_whisper::AgentStatus>) {
        self.say(&ToAgent::Stop);
        let (mut seen, mut last) = (Vec::new(), None);
        while let Some(heard) = self.hear() {
            match heard {
                Heard::Packets(more) => seen.extend(more),
                Heard::Message(FromAgent::Status(status)) => last = Some(*status),
                Heard::Message(_) => {}
            }
        }
        assert!(self.child.wait().unwrap().success());
        (seen, last)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_agent_tells_whose_sockets_are_whose() {
    let Some(mut agent) = Agent::start() else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    agent.capture(CaptureConfig::default());
    let (told, _) = agent.hear_until(|message| match message {
        FromAgent::Sockets(changes) => {
            changes.opened.iter().any(|socket| socket.end.port == port && socket.owner.is_some())
        }
        _ => false,
    });
    let FromAgent::Sockets(first) = told else { unreachable!() };
    assert!(first.addresses.iter().any(std::net::IpAddr::is_loopback), "{first:?}");
    drop(listener);
    agent.hear_until(|message| match message {
        FromAgent::Sockets(changes) => changes.closed.iter().any(|end| end.port == port && end.listening),
        _ => false,
    });
    agent.stop();
}

/// A socket that packets are sent from, the port they are sent to, and who holds that port.
fn wire() -> (UdpSocket, UdpSocket, u16) {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = receiver.local_addr().unwrap().port();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(("127.0.0.1", port)).unwrap();
    (sender, receiver, port)
}

fn only(port: u16) -> CaptureConfig {
    CaptureConfig { filter: format!("udp dst port {port}"), ..CaptureConfig::default() }
}

#[test]
fn every_packet_of_the_filter_arrives_in_order_and_the_last_ones_too() {
    let Some(mut agent) = Agent::start() else { return };
    let (sender, _receiver, port) = wire();
    agent.capture(only(port));
    let (other, _other_receiver, _) = wire();
    for number in 0..500u32 {
        sender.send(&number.to_le_bytes()).unwrap();
        other.send(b"not asked for").unwrap();
    }
    let (seen, status) = agent.stop();
    let sent: Vec<Vec<u8>> = (0..500u32).map(|number| number.to_le_bytes().to_vec()).collect();
    assert_eq!(seen, sent);
    let status = status.expect("a last status comes with the end");
    assert_eq!((status.packets, status.losses.len()), (500, 0));
    assert!(status.memory_bytes > 0, "{status:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn while_capturing_it_has_no_rights_left() {
    let Some(mut agent) = Agent::start() else { return };
    let (_sender, _receiver, port) = wire();
    agent.capture(only(port));
    let mut threads = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", agent.child.id())).unwrap() {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let value = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {status}"));
            line[name.len()..].trim().to_owned()
        };
        for set in ["CapEff:", "CapPrm:", "CapInh:", "CapAmb:"] {
            assert_eq!(value(set), "0000000000000000", "{set} {status}");
        }
        assert_eq!(value("NoNewPrivs:"), "1", "{status}");
        assert_eq!(value("Seccomp:"), "2", "system calls are filtered: {status}");
        threads += 1;
    }
    assert!(threads >= 4, "main, sending, status and one per interface: {threads}");
    agent.stop();
}

#[test]
fn a_filter_is_changed_without_a_restart_and_a_wrong_one_changes_nothing() {
    let Some(mut agent) = Agent::start() else { return };
    let (first, _first_receiver, first_port) = wire();
    let (second, _second_receiver, second_port) = wire();
    agent.capture(only(first_port));
    agent
        .say(&ToAgent::Configure { config: CaptureConfig { filter: "udp prot 5".into(), ..CaptureConfig::default() } });
    let (refused, _) = agent.hear_until(|message| matches!(message, FromAgent::Refused { .. }));
    let FromAgent::Refused { problems } = refused else { unreachable!() };
    assert_eq!((problems[0].path.as_str(), problems[0].at), ("filter", Some(4)));
    first.send(b"still the first").unwrap();
    agent.say(&ToAgent::Configure { config: only(second_port) });
    let (_, mut seen) = agent.hear_until(|message| *message == FromAgent::Configured { restart: false });
    // The filter is in force once a packet of the second port comes.
    let started = Instant::now();
    while !seen.iter().any(|payload| payload == b"second") {
        assert!(started.elapsed() < PATIENCE);
        second.send(b"second").unwrap();
        let (_, more) = agent.hear_until(|message| matches!(message, FromAgent::Status(_)));
        seen.extend(more);
    }
    first.send(b"no more of the first").unwrap();
    let (more, _) = agent.stop();
    assert!(seen.iter().any(|payload| payload == b"still the first"), "{seen:?}");
    assert!(!more.iter().any(|payload| payload == b"no more of the first"), "{more:?}");
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    let Some(mut agent) = Agent::start() else { return };
    let config = CaptureConfig {
        interfaces: vec!["no-such-interface".into()],
        snap_length: 1,
        mode: Mode::Full,
        leave_out: LeaveOut::default(),
        ..CaptureConfig::default()
    };
    agent.say(&ToAgent::Configure { config });
    let (refused, _) = agent.hear_until(|message| matches!(message, FromAgent::Refused { .. }));
    let FromAgent::Refused { problems } = refused else { unreachable!() };
    let places: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(places, ["interfaces[0]", "snap_length"]);
    agent.hear_until(|message| matches!(message, FromAgent::State { state: AgentState::WrongConfiguration, .. }));
    agent.stop();
}

#[test]
fn another_version_of_the_protocol_is_refused_with_both_numbers() {
    let Some(mut agent) = Agent::start() else { return };
    agent.say(&ToAgent::Hello { protocol: PROTOCOL + 1 });
    let (state, _) = agent.hear_until(|message| matches!(message, FromAgent::State { .. }));
    let FromAgent::State { reason, .. } = state else { unreachable!() };
    assert_eq!(reason.unwrap(), "the workbench speaks version 2 of the protocol, this agent 1");
}

#[test]
fn a_receiver_that_takes_nothing_loses_packets_that_are_counted_and_the_rest_arrives() {
    let Some(mut agent) = Agent::start() else { return };
    let (sender, _receiver, port) = wire();
    agent.capture(CaptureConfig { queue_mib: 1, ..only(port) });
    // Nothing is read from here on: the pipe and then the queue fill up.
    let payload = [7; 1_400];
    let sent = 20_000;
    for number in 0..sent {
        sender.send(&payload).unwrap();
        if number % 200 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    agent.say(&ToAgent::Stop);
    let (mut arrived, mut lost, mut counted) = (0, 0, 0);
    while let Some(heard) = agent.hear() {
        match heard {
            Heard::Packets(more) => arrived += more.len() as u64,
            Heard::Message(FromAgent::Status(status)) => {
                lost += status.losses.iter().map(|loss| loss.packets).sum::<u64>();
                counted = status.packets;
            }
            Heard::Message(_) => {}
        }
    }
    assert!(lost > 0, "the queue of 1 MiB cannot hold what was sent");
    assert_eq!(arrived + lost, sent, "of {counted} that were read");
}

#[test]
fn a_capture_file_of_the_host_is_sent_whole() {
    let Some(mut agent) = Agent::start() else { return };
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-pcaps/shop-flash-sale.pcapng");
    agent.say(&ToAgent::SendFile { path: sample.into() });
    let (ended, seen) = agent.hear_until(|message| matches!(message, FromAgent::FileEnded { .. }));
    assert_eq!(ended, FromAgent::FileEnded { packets: 32_531, warnings: Vec::new() });
    assert_eq!(seen.len(), 32_531);
}
