//! Open interfaces, and the threads that take packets from them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use pcap::{Active, Capture, Device, Packet, Precision};
use wirereel_whisper::{AgentState, CaptureConfig, FromAgent, LostWhere, OpenInterface, PacketBatch, SentPacket};

use crate::outbox::Outbox;

/// How long libpcap collects before it hands packets over: the longest that one waits here.
const HAND_OVER: Duration = Duration::from_millis(100);
/// How long the kernel is waited for: the longest that a stop or a new filter takes to be noticed.
const LOOK_UP: Duration = Duration::from_millis(100);
/// A batch goes off when it is so large, or with the next hand-over.
const BATCH_BYTES: usize = 128 * 1024;
/// How often the kernel is asked what it has dropped.
const ASK_KERNEL: Duration = Duration::from_millis(500);

/// An interface that is open and not yet read.
pub(crate) struct Opened {
    capture: Capture<Active>,
    told: OpenInterface,
}

/// What capture threads share with the session.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) stop: AtomicBool,
    pub(crate) packets: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// A new filter and its number.
    filter: Mutex<(u64, String)>,
    filter_number: AtomicU64,
}

impl Shared {
    /// Has every interface use another filter from its next packets on.
    pub(crate) fn use_filter(&self, filter: String) {
        let mut place = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.filter_number.load(Ordering::SeqCst) + 1;
        *place = (number, filter);
        self.filter_number.store(number, Ordering::SeqCst);
    }

    fn filter(&self) -> (u64, String) {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens what the configuration names, or tells why one cannot be opened.
pub(crate) fn open(config: &CaptureConfig, filter: &str) -> Result<Vec<Opened>, String> {
    config
        .interfaces
        .iter()
        .map(|name| open_one(name, config, filter).map_err(|why| format!("{name}: {why}")))
        .collect()
}

fn open_one(name: &str, config: &CaptureConfig, filter: &str) -> Result<Opened, String> {
    let snap_length = config.kept_bytes();
    let mebibytes = |count: u32| i32::try_from(count.saturating_mul(1024 * 1024)).unwrap_or(i32::MAX);
    let inactive = Capture::from_device(Device::from(name))
        .map_err(|error| error.to_string())?
        .promisc(config.promiscuous)
        .snaplen(i32::try_from(snap_length).unwrap_or(i32::MAX))
        .timeout(HAND_OVER.as_millis() as i32)
        .buffer_size(mebibytes(config.buffer_mib))
        .precision(Precision::Nano);
    let mut capture = inactive.open().map_err(|error| crate::host::remedy(&error.to_string()))?;
    capture.filter(filter, true).map_err(|error| format!("the filter {filter:?} does not fit it: {error}"))?;
    let link_type = u16::try_from(capture.get_datalink().0).map_err(|_| "a link type that captures cannot hold")?;
    let capture = capture.setnonblock().map_err(|error| error.to_string())?;
    Ok(Opened { capture, told: OpenInterface { name: name.to_owned(), link_type, snap_length } })
}

/// Tells what is open.
pub(crate) fn told(opened: &[Opened]) -> Vec<OpenInterface> {
    opened.iter().map(|interface| interface.told.clone()).collect()
}

/// Starts a thread per interface.
pub(crate) fn read_all(
    opened: Vec<Opened>,
    shared: &Arc<Shared>,
    outbox: &Arc<Outbox>,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for (number, interface) in opened.into_iter().enumerate() {
        let (shared, outbox) = (Arc::clone(shared), Arc::clone(outbox));
        // A thread's name holds 15 characters; the interface's own holds as many.
        let name = interface.told.name.clone();
        let reading = Reading::new(number as u16, interface, shared, outbox);
        threads.push(Builder::new().name(name).spawn(move || reading.run())?);
    }
    Ok(threads)
}

/// One interface being read.
struct Reading {
    number: u16,
    name: String,
    capture: Capture<Active>,
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    batch: PacketBatch,
    filter_number: u64,
    dropped: u32,
    asked: Instant,
}

impl Reading {
    fn new(number: u16, opened: Opened, shared: Arc<Shared>, outbox: Arc<Outbox>) -> Self {
        Self {
            number,
            name: opened.told.name,
            capture: opened.capture,
            shared,
            outbox,
            batch: PacketBatch::default(),
            filter_number: 0,
            dropped: 0,
            asked: Instant::now(),
        }
    }

    fn run(mut self) {
        let mut lets_in = true;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let mut is_empty = false;
            match self.capture.next_packet() {
                Ok(packet) => {
                    self.shared.packets.fetch_add(1, Ordering::Relaxed);
                    self.shared.bytes.fetch_add(packet.data.len() as u64, Ordering::Relaxed);
                    let sent = sent(self.number, &packet);
                    if lets_in {
                        self.batch.push(&sent);
                    } else {
                        self.outbox.lost(sent.at_ns, LostWhere::Queue, 1, sent.bytes.len() as u64);
                    }
                    if self.batch.bytes().len() < BATCH_BYTES && lets_in {
                        continue;
                    }
                }
                Err(pcap::Error::TimeoutExpired) => is_empty = true,
                Err(error) => {
                    self.tell_failure(&error);
                    break;
                }
            }
            self.hand_over();
            lets_in = self.outbox.lets_in();
            self.look_around();
            if is_empty {
                self.wait();
            }
        }
        self.drain();
    }

    fn hand_over(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.batch = self.outbox.push(batch, Instant::now());
    }

    /// What the kernel still holds when capturing ends: without it the last moments would be missing and nobody would say so.
    fn drain(mut self) {
        self.hand_over();
        self.ask_kernel();
        let Self { number, mut capture, shared, outbox, mut batch, .. } = self;
        while let Ok(packet) = capture.next_packet() {
            shared.packets.fetch_add(1, Ordering::Relaxed);
            shared.bytes.fetch_add(packet.data.len() as u64, Ordering::Relaxed);
            batch.push(&sent(number, &packet));
            if batch.bytes().len() >= BATCH_BYTES {
                batch = outbox.push(batch, Instant::now());
            }
        }
        outbox.push(batch, Instant::now());
    }

    /// Until the kernel has something. libpcap's own waiting on Linux does not end while nothing comes.
    fn wait(&self) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut waited = [PollFd::new(&self.capture, PollFlags::IN)];
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK_UP.subsec_nanos()) };
        // Interrupted or not: the next look finds what there is.
        let _ = poll(&mut waited, Some(&timeout));
    }

    fn look_around(&mut self) {
        if self.shared.filter_number.load(Ordering::SeqCst) != self.filter_number {
            let (number, filter) = self.shared.filter();
            self.filter_number = number;
            if let Err(error) = self.capture.filter(&filter, true) {
                self.tell_failure(&error);
            }
        }
        if self.asked.elapsed() >= ASK_KERNEL {
            self.ask_kernel();
        }
    }

    fn ask_kernel(&mut self) {
        self.asked = Instant::now();
        if let Ok(stats) = self.capture.stats() {
            // The kernel counts in 32 bits and goes round.
            let lost = stats.dropped.wrapping_sub(self.dropped);
            self.dropped = stats.dropped;
            self.outbox.lost(now_ns(), LostWhere::Kernel, u64::from(lost), 0);
        }
    }

    fn tell_failure(&self, error: &pcap::Error) {
        let reason = Some(format!("{}: {error}", self.name));
        // Without room for it the next status tells that nothing comes any more.
        let _ = self.outbox.tell(FromAgent::State { state: AgentState::Stopped, reason });
    }
}

/// The packet as it is sent. With nanosecond precision libpcap puts nanoseconds where microseconds are by name.
fn sent<'a>(interface: u16, packet: &Packet<'a>) -> SentPacket<'a> {
    let at_ns = packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec;
    SentPacket { interface, at_ns, wire_len: packet.header.len, bytes: packet.data }
}

/// The wall clock, which packets' times are by as well.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
