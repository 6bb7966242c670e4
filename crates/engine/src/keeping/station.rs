//! A recorder without agents, for tests: packets are made up, and time goes as the test wants.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempDir;
use wirereel_testkit::{CapturedPacket, Conversation, Packets};
use wirereel_whisper::{AgentStatus, Breaker, OpenInterface, PacketBatch, SentPacket};

use super::{
    pass::{Mode, Removed, pass},
    plan::Times,
    runs::RUNS,
    space::FreeSpace,
};
use crate::{
    Workspace,
    config::ParsingConfig,
    health::Gauges,
    live::{Begun, NewRun, Onlooker, Recorder, RunSender, Space},
};

pub(super) const SECOND_NS: i64 = 1_000_000_000;
/// Packets of a frame.
const FRAME: usize = 200;

/// As much room as the test says.
pub(super) struct Told(pub(super) AtomicU64);

impl FreeSpace for Told {
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.0.load(Ordering::Relaxed))
    }
}

struct Nobody;

impl Onlooker for Nobody {
    fn rows_changed(&self) {}
    fn is_looking(&self) -> bool {
        true
    }
    fn completing(&self, _: Option<(u64, u64)>) {}
}

/// A live recording that is captured into.
pub(super) struct Station {
    pub(super) workspace: Arc<Workspace>,
    pub(super) space: Space,
    pub(super) health: Arc<Gauges>,
    recorder: Recorder,
    run: Option<RunSender>,
    times: Times,
    runs: u32,
    /// The longest that a frame had to wait until it was taken.
    pub(super) longest_wait: Duration,
}

impl Station {
    /// In a folder with this `wirereel.json`.
    pub(super) fn open(folder: &Path, config: &str, probe: Arc<dyn FreeSpace>) -> Self {
        std::fs::write(folder.join("wirereel.json"), config).unwrap();
        let workspace = Arc::new(Workspace::open(folder).unwrap());
        assert_eq!(workspace.config_problems(), Vec::<String>::new());
        let health = Arc::<Gauges>::default();
        let space = Space::new(probe, Arc::clone(&health));
        let recorder =
            Recorder::start(Arc::clone(&workspace), Vec::new(), space.clone(), Arc::clone(&health), Arc::new(Nobody))
                .unwrap();
        Self {
            workspace,
            space,
            health,
            recorder,
            run: None,
            times: Times::default(),
            runs: 0,
            longest_wait: Duration::ZERO,
        }
    }

    pub(super) fn begin(&mut self) -> PathBuf {
        self.runs += 1;
        let folder = self.workspace.folder().join(RUNS).join(format!("{:013}-lo", self.runs));
        std::fs::create_dir_all(&folder).unwrap();
        let begun =
            Begun { whisperer: "local".into(), name: "lo".into(), of_file: false, parsing: ParsingConfig::default() };
        let interfaces = vec![OpenInterface { name: "lo".into(), link_type: 1, snap_length: 262_144 }];
        self.run = Some(self.recorder.begin(NewRun { folder: folder.clone(), begun, interfaces }).unwrap());
        folder
    }

    pub(super) fn send(&mut self, packets: &[CapturedPacket]) {
        for packets in packets.chunks(FRAME) {
            let mut batch = PacketBatch::default();
            for packet in packets {
                let CapturedPacket { at_ns, bytes, wire_len, .. } = packet;
                batch.push(&SentPacket { interface: 0, at_ns: *at_ns, wire_len: *wire_len, bytes });
            }
            let began = Instant::now();
            self.run.as_ref().unwrap().packets(batch.bytes().to_vec()).unwrap();
            self.longest_wait = self.longest_wait.max(began.elapsed());
        }
    }

    /// The agent says how it is.
    pub(super) fn status(&self, at_ns: i64) {
        let status = AgentStatus {
            at_ns,
            capturing_since_ns: Some(at_ns),
            cpu: 0.0,
            memory_bytes: 0,
            packets: 0,
            bytes: 0,
            sent_bytes: 0,
            queued_packets: 0,
            queued_bytes: 0,
            queue_capacity_bytes: 1 << 20,
            breaker: Breaker::Closed,
            losses: Vec::new(),
            send_p50_us: None,
            send_p99_us: None,
        };
        self.run.as_ref().unwrap().status(Box::new(status)).unwrap();
    }

    /// A pass of retention as if it were this time, while whatever is sent is taken.
    pub(super) fn keep(&mut self, now_ns: i64) -> Removed {
        let lender = self.recorder.lender();
        pass(&self.workspace, &lender, now_ns, &mut self.times, Mode::Remove, &AtomicBool::new(false)).unwrap()
    }

    pub(super) fn end(&mut self) {
        self.run.take().unwrap().end(Vec::new()).unwrap();
    }

    /// Ends everything, and gives the workspace.
    pub(super) fn finish(self) -> Arc<Workspace> {
        self.recorder.finish().unwrap();
        self.workspace
    }

    pub(super) fn count(&self, query: &str) -> i64 {
        count(&self.workspace, query)
    }
}

pub(super) fn count(workspace: &Workspace, query: &str) -> i64 {
    workspace.reader(None).unwrap().sql(query, 1).unwrap().rows[0][0].as_i64().unwrap_or_default()
}

/// Waits for something.
#[track_caller]
pub(super) fn wait_for(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A connection of some requests.
pub(super) fn connection(at_ns: i64, number: u64, requests: u64) -> Packets {
    let client = format!("198.51.{}.{}:{}", number % 3, number % 250 + 1, 1_024 + number % 60_000);
    let server = format!("10.0.0.{}:80", number % 5 + 1);
    let mut talk = Conversation::tcp(&client, &server).at(at_ns).handshake();
    for request in 0..requests {
        let head = format!("GET /item/{}/{request} HTTP/1.1\r\nHost: shop-{}.test\r\n\r\n", number % 1_000, number % 5);
        talk = talk
            .wait(SECOND_NS / 5)
            .client(head.as_bytes())
            .server(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    }
    talk.close().packets()
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
