//! The capture itself: libpcap on loopback, filtered to the shop, every packet kept in memory until the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use pcap::{Active, Precision};

use crate::addresses::Plan;
use crate::topology::PORT;

/// Loopback segments can be as long as 64 KiB; samples keep them whole, bodies included.
const SNAP_LENGTH: i32 = 65_535;
const KERNEL_BUFFER_BYTES: i32 = 64 << 20;
/// How long libpcap may hold packets back, milliseconds.
const READ_TIMEOUT_MS: i32 = 50;
const POLL_EVERY: Duration = Duration::from_millis(10);

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("capturing on lo is not permitted: run as root, or once `sudo setcap cap_net_raw+ep {program}`")]
    NotPermitted { program: String, source: pcap::Error },
    #[error("cannot capture on lo")]
    Pcap(#[from] pcap::Error),
    #[error("cannot start the capture thread")]
    Thread(#[from] std::io::Error),
    #[error("the capture lost {0} packets: the machine was too busy, record again")]
    Lost(u32),
    #[error("the capture thread ended badly")]
    Ended,
}

/// One captured packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Nanoseconds since 1970-01-01 UTC.
    pub at_ns: i64,
    /// From the Ethernet header on.
    pub bytes: Vec<u8>,
    /// Length on the wire.
    pub wire_len: u32,
}

impl From<pcap::Packet<'_>> for Frame {
    /// The packet must come from a capture or file opened with `Precision::Nano`: then libpcap's field of microseconds
    /// holds nanoseconds.
    fn from(packet: pcap::Packet<'_>) -> Self {
        Self {
            at_ns: packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec,
            bytes: packet.data.to_vec(),
            wire_len: packet.header.len,
        }
    }
}

/// Reads a sample back.
///
/// # Errors
/// When the file cannot be read to its end.
pub fn read_file(path: &Path) -> Result<Vec<Frame>, CaptureError> {
    let mut file = pcap::Capture::from_file_with_precision(path, Precision::Nano)?;
    let mut frames = Vec::new();
    loop {
        match file.next_packet() {
            Ok(packet) => frames.push(Frame::from(packet)),
            Err(pcap::Error::NoMorePackets) => return Ok(frames),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A finished capture.
#[derive(Debug)]
pub struct Recording {
    /// In order of time.
    pub frames: Vec<Frame>,
    /// The filter that chose them.
    pub filter: String,
}

/// A capture that is running.
#[derive(Debug)]
pub struct Capture {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Recording, CaptureError>>,
}

impl Capture {
    /// Starts capturing what the shop says on `lo`.
    ///
    /// # Errors
    /// When this process may not capture, or libpcap fails.
    pub fn start(plan: Plan, dns_port: u16) -> Result<Self, CaptureError> {
        let capture = open()?;
        let filter = filter(plan, dns_port);
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("capture".into()).spawn(move || run(capture, filter, &asked))?;
        Ok(Self { stop, thread })
    }

    /// Stops, and gives what was captured.
    ///
    /// # Errors
    /// When packets were lost: a sample with holes is not a sample.
    pub fn stop(self) -> Result<Recording, CaptureError> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| CaptureError::Ended)?
    }
}

/// Whether this process may capture on `lo`.
///
/// # Errors
/// When it may not: the error says what to do.
pub fn check_permission() -> Result<(), CaptureError> {
    open().map(drop)
}

fn open() -> Result<pcap::Capture<Active>, CaptureError> {
    pcap::Capture::from_device("lo")?
        .precision(Precision::Nano)
        .snaplen(SNAP_LENGTH)
        .buffer_size(KERNEL_BUFFER_BYTES)
        .timeout(READ_TIMEOUT_MS)
        .open()
        .map_err(|source| {
            let text = source.to_string();
            if !text.contains("ermission") && !text.contains("permitted") {
                return source.into();
            }
            let program = std::env::current_exe().map_or_else(|_| "wirereel-shop".into(), |p| p.display().to_string());
            CaptureError::NotPermitted { program, source }
        })
}

/// Everything between the shop's addresses and whoever talks to them, control traffic never.
fn filter(plan: Plan, dns_port: u16) -> String {
    let network = match plan {
        Plan::Loopback => "127.0.1.0/24",
        Plan::Namespace => "10.42.0.0/24",
    };
    format!("net {network} and (tcp port {PORT} or udp port {dns_port})")
}

fn run(mut capture: pcap::Capture<Active>, filter: String, stop: &AtomicBool) -> Result<Recording, CaptureError> {
    capture.filter(&filter, true)?;
    // A blocking read would sleep on when the shop has fallen silent, whatever its timeout.
    let mut capture = capture.setnonblock()?;
    let mut frames = Vec::new();
    loop {
        match capture.next_packet() {
            Ok(packet) => frames.push(Frame::from(packet)),
            Err(pcap::Error::TimeoutExpired) if stop.load(Ordering::Relaxed) => break,
            Err(pcap::Error::TimeoutExpired) => std::thread::sleep(POLL_EVERY),
            Err(error) => return Err(error.into()),
        }
    }
    // Two processors hand their packets over with a few microseconds between them, not always in order.
    frames.sort_by_key(|frame| frame.at_ns);
    let stats = capture.stats()?;
    match stats.dropped + stats.if_dropped {
        0 => Ok(Recording { frames, filter }),
        lost => Err(CaptureError::Lost(lost)),
    }
}
