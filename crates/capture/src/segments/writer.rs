//! Appends packets to the newest segment, and begins another when it is large or old enough.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use wirereel_dissect::Packet;

use super::{Place, segment_path, segments};
use crate::{
    error::CaptureError,
    writer::{CapturedOn, PcapngWriter},
};

/// Bytes collected before the operating system is asked to write.
const BUFFER_BYTES: usize = 256 * 1024;

/// When a segment is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentLimits {
    /// Not before it has so many bytes.
    pub bytes: u64,
    /// Or reaches over so many nanoseconds of packet time.
    pub age_ns: i64,
}

impl Default for SegmentLimits {
    /// 64 MiB or ten minutes: retention drops whole segments, so one is a small part of a day.
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, age_ns: 600_000_000_000 }
    }
}

/// What a packet was the first of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    Nothing,
    /// A new segment; the one before is whole on the disk.
    Segment(u32),
}

/// Writes segments into a folder. One exists per folder.
pub struct SegmentWriter {
    folder: PathBuf,
    limits: SegmentLimits,
    application: String,
    next_number: u32,
    open: Option<Open>,
}

struct Open {
    number: u32,
    writer: PcapngWriter<BufWriter<File>>,
    first_ns: i64,
    path: PathBuf,
    unsynced: bool,
}

impl SegmentWriter {
    /// Goes on behind the segments that are in the folder, which is made where there is none. Call [`recover`](super::recover) before.
    ///
    /// # Errors
    /// The folder cannot be read or made.
    pub fn open(folder: &Path, limits: SegmentLimits, application: &str) -> Result<Self, CaptureError> {
        fs::create_dir_all(folder).map_err(|source| CaptureError::Write { path: folder.into(), source })?;
        let next_number = segments(folder)?.last().map_or(0, |last| last.number + 1);
        Ok(Self { folder: folder.into(), limits, application: application.into(), next_number, open: None })
    }

    /// Appends a packet of an interface; gives where it is, and whether it began a segment.
    ///
    /// # Errors
    /// The disk is full or broken; the packet is not kept then, and a part of it may be: a new segment is begun with the next packet.
    pub fn write(&mut self, packet: &Packet<'_>, interface: Option<&str>) -> Result<(Place, Begun), CaptureError> {
        let mut begun = Begun::Nothing;
        if self.is_due(packet.at_ns) {
            self.close()?;
        }
        if self.open.is_none() {
            begun = Begun::Segment(self.begin(packet.at_ns)?);
        }
        let Some(open) = &mut self.open else { unreachable!("one was just begun") };
        let written = open.writer.write_on(packet, CapturedOn { name: interface, ..CapturedOn::default() });
        match written {
            Ok(offset) => {
                open.unsynced = true;
                Ok((Place { segment: open.number, offset }, begun))
            }
            Err(source) => {
                let path = open.path.clone();
                self.give_up();
                Err(CaptureError::Write { path, source })
            }
        }
    }

    /// Makes what was written durable. Costs a wait for the disk: once a second is a good measure.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn sync(&mut self) -> Result<(), CaptureError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if !open.unsynced {
            return Ok(());
        }
        let synced = open.writer.get_mut().flush().and_then(|()| open.writer.get_mut().get_ref().sync_data());
        open.unsynced = false;
        let path = open.path.clone();
        if synced.is_err() {
            // After a failed sync nobody knows what is on the disk: this segment gets nothing more.
            self.open = None;
        }
        synced.map_err(|source| CaptureError::Write { path, source })
    }

    /// Hands what is buffered to the operating system, so that it can be read back and survives the end of this process.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.writer.get_mut().flush().map_err(|source| CaptureError::Write { path: open.path.clone(), source })
    }

    /// Closes the newest segment; the next packet begins another.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn close(&mut self) -> Result<(), CaptureError> {
        self.sync()?;
        self.open = None;
        Ok(())
    }

    fn is_due(&self, at_ns: i64) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.writer.position() >= self.limits.bytes || at_ns.saturating_sub(open.first_ns) >= self.limits.age_ns
        })
    }

    fn begin(&mut self, first_ns: i64) -> Result<u32, CaptureError> {
        let number = self.next_number;
        let path = segment_path(&self.folder, number);
        let failed = |source| CaptureError::Write { path: path.clone(), source };
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        self.next_number += 1;
        let out = BufWriter::with_capacity(BUFFER_BYTES, file);
        let writer = PcapngWriter::new(out, &self.application).map_err(failed)?;
        // The file's name must be as durable as its contents.
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.open = Some(Open { number, writer, first_ns, path, unsynced: true });
        Ok(number)
    }

    /// Leaves a segment that could not be written, cut behind what is whole as far as the disk still allows.
    fn give_up(&mut self) {
        self.open = None;
        // What cannot be mended now is mended at the next start.
        let _ = super::recover(&self.folder);
    }
}
