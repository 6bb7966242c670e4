//! Single packets, read back by their position.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use wirereel_dissect::Packet;

use crate::{
    error::{CaptureError, EndCause, RecordProblem},
    format::{Compression, Container, Format},
    limits::{MAX_BLOCK_BYTES, READ_BACK_BYTES},
    looks_like, pcap,
    pcapng::{BlockHeader, HEADER_BYTES, Secrets, Sections, kind, read_packet},
    segments::{Place, segment_path},
    step::{Located, Step},
    window::Window,
};

/// Reads packets by [`Packet::position`], in any order; ascending is fastest: of an uncompressed capture file, or of a folder of
/// segments, whose positions are those of [`Place`](crate::Place).
pub struct PacketReader(Which);

enum Which {
    File(FileReader),
    Segments { folder: PathBuf, open: Option<(u32, FileReader)> },
}

impl PacketReader {
    /// Opens the file, or the folder of segments, at `path`.
    ///
    /// # Errors
    /// As [`CaptureFile::open`](crate::CaptureFile::open); compressed files give [`CaptureError::Compressed`].
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        Ok(Self(if path.is_dir() {
            Which::Segments { folder: path.into(), open: None }
        } else {
            Which::File(FileReader::open(path)?)
        }))
    }

    /// The packet whose record starts at `position`, one that was given for this file or folder.
    ///
    /// # Errors
    /// The operating system cannot read, no packet's record starts there, or the segment is gone.
    pub fn read(&mut self, position: u64) -> Result<Packet<'_>, CaptureError> {
        Ok(self.read_on_interface(position)?.0)
    }

    /// As [`PacketReader::read`], with the name of the interface the packet was captured on, where the file tells it.
    ///
    /// # Errors
    /// As [`PacketReader::read`].
    pub fn read_on_interface(&mut self, position: u64) -> Result<(Packet<'_>, Option<&str>), CaptureError> {
        match &mut self.0 {
            Which::File(file) => file.read_on_interface(position),
            Which::Segments { folder, open } => {
                let place = Place::at(position);
                if open.as_ref().is_none_or(|(number, _)| *number != place.segment) {
                    let path = segment_path(folder, place.segment);
                    if !path.exists() {
                        return Err(CaptureError::SegmentGone { folder: folder.clone(), number: place.segment });
                    }
                    *open = Some((place.segment, FileReader::open(&path)?));
                }
                let Some((_, file)) = open else { unreachable!("it was just opened") };
                let (packet, interface) = file.read_on_interface(place.offset)?;
                Ok((Packet { position, ..packet }, interface))
            }
        }
    }

    /// What the decryption secrets blocks before `position` hold, in file order; at most a few megabytes. Segments have none.
    ///
    /// # Errors
    /// The operating system cannot read.
    pub fn secrets_before(&mut self, position: u64) -> Result<&[Secrets], CaptureError> {
        match &mut self.0 {
            Which::File(file) => file.secrets_before(position),
            Which::Segments { .. } => Ok(&[]),
        }
    }
}

/// Reads packets of one uncompressed capture file by [`Packet::position`], in any order; ascending is fastest.
///
/// In a pcapng file the first read of a far position walks over the block headers before it, because sections and interfaces
/// may begin anywhere; what was learned is kept for later reads.
struct FileReader {
    window: Window<File>,
    records: Records,
    last_ns: i64,
}

enum Records {
    Pcap(pcap::Layout),
    Pcapng(Sections),
}

impl FileReader {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// As [`CaptureFile::open`](crate::CaptureFile::open); compressed files give [`CaptureError::Compressed`].
    fn open(path: &Path) -> Result<Self, CaptureError> {
        let file = File::open(path).map_err(|source| CaptureError::Open { path: path.into(), source })?;
        let mut window = Window::new(file, READ_BACK_BYTES);
        window.fill(pcap::HEADER_BYTES).map_err(|source| CaptureError::Read { position: 0, source })?;
        let first = window.bytes();
        let Some(container) = Container::detect(first) else {
            return Err(match Compression::detect(first) {
                Some(found) => CaptureError::Compressed { compression: found },
                None => CaptureError::NotACapture { found: looks_like::describe(first, "") },
            });
        };
        let format = Format { compression: [None, None], container };
        let needed = pcap::HEADER_BYTES;
        if first.len() < needed {
            return Err(CaptureError::HeaderCut { format, found: first.len(), needed });
        }
        let records = match pcap::Layout::read(container, first) {
            Some(layout) => Records::Pcap(layout),
            None => Records::Pcapng(Sections::default()),
        };
        Ok(Self { window, records, last_ns: 0 })
    }

    /// The packet whose record starts at `position`, with the name of the interface it was captured on.
    fn read_on_interface(&mut self, position: u64) -> Result<(Packet<'_>, Option<&str>), CaptureError> {
        let failed = |source| CaptureError::Read { position, source };
        let located = match &mut self.records {
            Records::Pcap(layout) => {
                self.window.seek(position).map_err(failed)?;
                packet_of(pcap::next(layout, &mut self.window).map_err(failed)?).map(|found| (found, None))
            }
            Records::Pcapng(sections) => read_block(sections, &mut self.window, position).map_err(failed)?,
        };
        let (found, interface) = located.map_err(|problem| CaptureError::NoPacket { position, problem })?;
        self.last_ns = found.at_ns.unwrap_or(self.last_ns);
        let packet = Packet {
            at_ns: self.last_ns,
            link_type: found.link_type,
            bytes: &self.window.bytes()[found.range],
            wire_len: found.wire_len,
            position,
        };
        Ok((packet, interface))
    }

    /// What the decryption secrets blocks before `position` hold, in file order; at most a few megabytes.
    ///
    /// # Errors
    /// The operating system cannot read.
    fn secrets_before(&mut self, position: u64) -> Result<&[Secrets], CaptureError> {
        match &mut self.records {
            Records::Pcap(_) => Ok(&[]),
            Records::Pcapng(sections) => {
                sections.at(position, &mut self.window).map_err(|source| CaptureError::Read { position, source })?;
                Ok(&sections.secrets)
            }
        }
    }
}

fn packet_of(step: Step) -> Result<Located, RecordProblem> {
    match step {
        Step::Packet(found) => Ok(found),
        Step::End => Err(RecordProblem::CutOff { found: 0, needed: 1 }),
        Step::Stop(ending) => Err(match ending.cause {
            EndCause::CutOff { record, needed } => RecordProblem::CutOff { found: ending.position - record, needed },
            EndCause::Damaged(problem) => problem,
            EndCause::Compression { .. } => unreachable!("only uncompressed files are opened"),
        }),
    }
}

/// A packet, and the name of its interface.
type OnInterface<'a> = (Located, Option<&'a str>);

/// Reads the packet block at `position` and leaves the window there.
fn read_block<'a>(
    sections: &'a mut Sections,
    window: &mut Window<File>,
    position: u64,
) -> std::io::Result<Result<OnInterface<'a>, RecordProblem>> {
    let Some(section) = sections.at(position, window)? else {
        return Ok(Err(RecordProblem::NoSection));
    };
    window.set_read_bytes(READ_BACK_BYTES);
    window.seek(position)?;
    let found = window.fill(HEADER_BYTES)?;
    if found < HEADER_BYTES {
        return Ok(Err(RecordProblem::CutOff { found: found as u64, needed: HEADER_BYTES as u64 }));
    }
    let header = match BlockHeader::read(section.order, window.bytes()) {
        Ok(header) if !kind::is_packet(header.kind) => return Ok(Err(RecordProblem::NotAPacket { kind: header.kind })),
        Ok(header) if header.total > MAX_BLOCK_BYTES => {
            return Ok(Err(RecordProblem::BlockTooLong { total: header.total }));
        }
        Ok(header) => header,
        Err(problem) => return Ok(Err(problem)),
    };
    let total = header.total as usize;
    let found = window.fill(total)?;
    if found < total {
        return Ok(Err(RecordProblem::CutOff { found: found as u64, needed: total as u64 }));
    }
    let packet =
        header.contents(section.order, window.bytes()).and_then(|contents| read_packet(section, header.kind, contents));
    Ok(packet.map(|found| {
        let interface = section.interfaces.get(found.interface as usize);
        let located = Located {
            at_ns: found.at_ns,
            link_type: found.link_type,
            wire_len: found.wire_len,
            range: found.range.start + HEADER_BYTES..found.range.end + HEADER_BYTES,
            record: total,
        };
        (located, interface.and_then(|interface| interface.name.as_deref()))
    }))
}
