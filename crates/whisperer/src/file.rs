//! A capture file of this host, sent as if it were captured.

use std::{path::Path, sync::Arc, time::Instant};

use pcap::{Capture, Offline};
use wirereel_whisper::{FromAgent, OpenInterface, PacketBatch, SentPacket};

use crate::outbox::Outbox;

const BATCH_BYTES: usize = 128 * 1024;

/// A file that is open and not yet read.
pub(crate) struct OpenFile {
    capture: Capture<Offline>,
    pub(crate) told: OpenInterface,
}

/// Opens a pcap or pcapng file, whose packets must be of one link type: libpcap reads no others.
pub(crate) fn open(path: &str) -> Result<OpenFile, String> {
    let capture = Capture::from_file_with_precision(path, pcap::Precision::Nano)
        .map_err(|error| format!("{path} cannot be read: {error}"))?;
    let name = Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
    let link_type =
        u16::try_from(capture.get_datalink().0).map_err(|_| format!("{path} has a link type that is none"))?;
    Ok(OpenFile { capture, told: OpenInterface { name, link_type, snap_length: wirereel_whisper::MAX_SNAP_LENGTH } })
}

/// Sends all of it. Nothing is thrown away: a slow receiver makes it wait.
pub(crate) fn send(file: OpenFile, outbox: &Arc<Outbox>) {
    let mut capture = file.capture;
    let (mut batch, mut count, mut warnings) = (PacketBatch::default(), 0, Vec::new());
    loop {
        match capture.next_packet() {
            Ok(packet) => {
                count += 1;
                let at_ns = packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec;
                batch.push(&SentPacket { interface: 0, at_ns, wire_len: packet.header.len, bytes: packet.data });
                if batch.bytes().len() >= BATCH_BYTES {
                    outbox.wait_for_room(batch.bytes().len());
                    batch = outbox.push(batch, Instant::now());
                }
            }
            Err(pcap::Error::NoMorePackets) => break,
            Err(error) => {
                warnings.push(format!("after {count} packets: {error}"));
                break;
            }
        }
    }
    outbox.wait_for_room(batch.bytes().len());
    outbox.push(batch, Instant::now());
    outbox.tell_after_packets(FromAgent::FileEnded { packets: count, warnings });
}
