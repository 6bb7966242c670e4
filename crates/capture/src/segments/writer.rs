//! Appends packets to the newest segment, and begins another when it is large or old enough.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use wirereel_dissect::Packet;

use super::{Place, segment_path, segments, tail::Tail};
use crate::{
    error::CaptureError,
    writer::{CapturedOn, PcapngWriter},
};

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
///
/// A full disk loses nothing that was taken: it is held until there is room, and meanwhile nothing more is taken.
pub struct SegmentWriter {
    folder: PathBuf,
    limits: SegmentLimits,
    application: String,
    next_number: u32,
    open: Option<Open>,
    /// Latest time the capture is known to have run until.
    told_ns: i64,
    /// Packets lost while no segment was open to say so.
    untold: u64,
}

struct Open {
    number: u32,
    writer: PcapngWriter<Tail>,
    first_ns: i64,
    path: PathBuf,
    unsynced: bool,
    /// Packets came since the last statistics block.
    news: bool,
    /// What that block says.
    told_ns: i64,
    lost: u64,
}

impl SegmentWriter {
    /// Goes on behind the segments that are in the folder, which is made where there is none. Call [`recover`](super::recover) before.
    ///
    /// # Errors
    /// The folder cannot be read or made.
    pub fn open(folder: &Path, limits: SegmentLimits, application: &str) -> Result<Self, CaptureError> {
        fs::create_dir_all(folder).map_err(|source| CaptureError::Write { path: folder.into(), source })?;
        let next_number = segments(folder)?.last().map_or(0, |last| last.number + 1);
        Ok(Self {
            folder: folder.into(),
            limits,
            application: application.into(),
            next_number,
            open: None,
            told_ns: 0,
            untold: 0,
        })
    }

    /// Appends a packet of an interface; gives where it is, and whether it began a segment.
    ///
    /// # Errors
    /// The disk is full or broken, or the packet cannot be said in the format; it is not kept then. Everything taken before is held, and the
    /// next packet may be taken again.
    pub fn write(&mut self, packet: &Packet<'_>, interface: Option<&str>) -> Result<(Place, Begun), CaptureError> {
        let mut begun = Begun::Nothing;
        if self.is_due(packet.at_ns) {
            self.close()?;
        }
        if self.open.is_none() {
            begun = Begun::Segment(self.begin(packet.at_ns)?);
        }
        let Some(open) = &mut self.open else { unreachable!("one was just begun") };
        let failed = |path: &Path, source| CaptureError::Write { path: path.into(), source };
        if open.writer.get_ref().is_full() {
            open.writer.get_mut().hand_on().map_err(|source| failed(&open.path, source))?;
        }
        let on = CapturedOn { name: interface, ..CapturedOn::default() };
        let offset = open.writer.write_on(packet, on).map_err(|source| failed(&open.path, source))?;
        (open.unsynced, open.news) = (true, true);
        Ok((Place { segment: open.number, offset }, begun))
    }

    /// Says that the capture ran until a time, nanoseconds since 1970, and lost so many packets since this was said last.
    pub fn tell(&mut self, at_ns: i64, lost: u64) {
        self.told_ns = self.told_ns.max(at_ns);
        self.untold += lost;
        if self.open.as_ref().is_some_and(|open| open.news) || self.untold > 0 {
            self.write_told();
        }
    }

    fn write_told(&mut self) {
        let Some(open) = &mut self.open else { return };
        if (open.told_ns, self.untold) == (self.told_ns, 0) {
            return;
        }
        open.lost += self.untold;
        // Taking bytes does not fail.
        let _ = open.writer.write_losses(self.told_ns, open.lost);
        (open.told_ns, open.news, open.unsynced, self.untold) = (self.told_ns, false, true, 0);
    }

    /// Makes what was written durable. Costs a wait for the disk: once a second is a good measure.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn sync(&mut self) -> Result<(), CaptureError> {
        self.flush()?;
        let Some(open) = &mut self.open else { return Ok(()) };
        if !open.unsynced {
            return Ok(());
        }
        let synced = open.writer.get_ref().sync();
        open.unsynced = false;
        let path = open.path.clone();
        if synced.is_err() {
            // After a failed sync nobody knows what is on the disk: this segment gets nothing more.
            self.open = None;
        }
        synced.map_err(|source| CaptureError::Write { path, source })
    }

    /// Hands what waits to the operating system, so that it can be read back and survives the end of this process.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.writer.get_mut().hand_on().map_err(|source| CaptureError::Write { path: open.path.clone(), source })
    }

    /// Closes the newest segment; the next packet begins another.
    ///
    /// # Errors
    /// As [`SegmentWriter::write`].
    pub fn close(&mut self) -> Result<(), CaptureError> {
        self.write_told();
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
        let writer = PcapngWriter::new(Tail::new(file), &self.application).map_err(failed)?;
        // The file's name must be as durable as its contents.
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.open = Some(Open { number, writer, first_ns, path, unsynced: true, news: false, told_ns: 0, lost: 0 });
        Ok(number)
    }
}
