//! Capture files of any content.

use std::io::Cursor;

use wirereel_capture::CaptureFile;
use wirereel_dissect::record::Sink;
use wirereel_dissect::{Dissector, Limits};

struct Nothing;

impl Sink for Nothing {}

/// Packets read of one file: a few bytes of a compressed one can hold millions.
const MAX_PACKETS: u64 = 20_000;

/// Reads a file from start to end and its packets with it.
pub fn read(bytes: &[u8]) {
    let len = bytes.len() as u64;
    let Ok(mut file) = CaptureFile::from_reader(Cursor::new(bytes.to_vec()), len) else { return };
    let mut dissector = Dissector::new(Limits::default());
    let mut last = None;
    for _ in 0..MAX_PACKETS {
        let Ok(Some(packet)) = file.next() else { break };
        assert!(last < Some(packet.position), "positions ascend");
        last = Some(packet.position);
        dissector.push(&packet, &mut Nothing);
    }
    dissector.finish(&mut Nothing);
    assert!(file.bytes_read() <= len, "no more is read than there is");
}
