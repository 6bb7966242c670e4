//! Where live packets are kept: pcapng files of bounded size and age, numbered in the order in which they were begun.
//!
//! Packets are appended here before anything else is done with them. What was [synced](SegmentWriter::sync) survives a killed process
//! and a lost power supply; what comes after a crash inside a block is cut off at the next start, never read as a packet. Each file is
//! a capture by itself that any tool opens.

mod recover;
mod span;
mod tail;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::CaptureError;

pub use recover::{Recovered, recover};
pub use span::{begins_ns, span_ns};
pub use writer::{Begun, SegmentLimits, SegmentWriter};

/// Bits of a [`Place`] that are the offset: a segment is far smaller than the tebibyte they reach.
const OFFSET_BITS: u32 = 40;

/// Where a packet's block begins: in which segment, and how many bytes from its start. Ascending in the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub segment: u32,
    pub offset: u64,
}

impl Place {
    /// As one number, for [`Packet::position`](wirereel_dissect::Packet::position). Only the lower 24 bits of a segment's number fit:
    /// at one segment a minute they last for 31 years.
    pub fn position(self) -> u64 {
        (u64::from(self.segment & 0xff_ffff) << OFFSET_BITS) | (self.offset & ((1 << OFFSET_BITS) - 1))
    }

    /// The reverse of [`Place::position`].
    pub fn at(position: u64) -> Self {
        Self { segment: (position >> OFFSET_BITS) as u32, offset: position & ((1 << OFFSET_BITS) - 1) }
    }
}

/// A segment in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub number: u32,
    pub path: PathBuf,
    pub bytes: u64,
}

/// The file of a segment.
pub fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.pcapng"))
}

/// The segments of a folder in the order of their numbers; none where there is no folder. Other files are left alone.
///
/// # Errors
/// The folder cannot be read.
pub fn segments(folder: &Path) -> Result<Vec<Segment>, CaptureError> {
    let failed = |source| CaptureError::Open { path: folder.into(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if let Some(number) = number_of(&path) {
            found.push(Segment { number, bytes: entry.metadata().map_err(failed)?.len(), path });
        }
    }
    found.sort_by_key(|segment| segment.number);
    Ok(found)
}

fn number_of(path: &Path) -> Option<u32> {
    if path.extension()? != "pcapng" {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    (stem.len() == 8 && stem.bytes().all(|byte| byte.is_ascii_digit())).then(|| stem.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_number_and_back() {
        let places = [
            Place { segment: 0, offset: 28 },
            Place { segment: 7, offset: (1 << 40) - 1 },
            Place { segment: 0xff_ffff, offset: 0 },
        ];
        for place in places {
            assert_eq!(Place::at(place.position()), place);
        }
        assert!(places[0].position() < places[1].position(), "later places are larger");
    }

    #[test]
    fn only_segments_are_listed_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["00000010.pcapng", "00000009.pcapng", "shop.pcapng", "00000011.pcap", "123.pcapng"] {
            fs::write(folder.path().join(name), b"x").unwrap();
        }
        let numbers: Vec<_> = segments(folder.path()).unwrap().iter().map(|segment| segment.number).collect();
        assert_eq!(numbers, [9, 10]);
        assert_eq!(segments(&folder.path().join("none")).unwrap(), []);
    }
}
