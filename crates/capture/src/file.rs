//! A capture file from its first packet to its last.

use std::{
    fs::File,
    io::Read,
    mem,
    net::IpAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use wirereel_dissect::{LinkType, Packet};

use crate::{
    error::{CaptureError, EndCause, Ending, Warning},
    format::{Container, Format},
    layers::{self, Bytes},
    limits::READ_BYTES,
    pcap,
    pcapng::{BlockHeader, LEAST_SECTION_BYTES, Stream},
    step::Step,
    window::Window,
};

/// An open capture file: pcap or pcapng, plain or compressed. Gives its packets in file order.
///
/// Memory use does not depend on the file: one buffer of 1 MiB is reused for every packet.
pub struct CaptureFile {
    window: Window<Bytes>,
    format: Format,
    bytes_total: u64,
    bytes_read: Arc<AtomicU64>,
    records: Records,
    /// Length of the record given last: stepped over by the next call, because its packet is borrowed until then.
    given: usize,
    last_ns: i64,
    ended: bool,
    ending: Option<Ending>,
    warnings: Vec<Warning>,
}

enum Records {
    Pcap(pcap::Layout, [LinkType; 1]),
    Pcapng(Box<Stream>),
}

impl CaptureFile {
    /// Opens the file at `path` after looking at its first bytes; its name does not matter.
    ///
    /// # Errors
    /// The file cannot be read, is no capture (the error says what it looks like), or ends inside its header.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Open { path: path.into(), source };
        let file = File::open(path).map_err(failed)?;
        let bytes_total = file.metadata().map_err(failed)?.len();
        Self::from_reader(file, bytes_total)
    }

    /// As [`CaptureFile::open`] for any byte stream of `bytes_total` bytes.
    ///
    /// # Errors
    /// As [`CaptureFile::open`].
    pub fn from_reader(source: impl Read + Send + 'static, bytes_total: u64) -> Result<Self, CaptureError> {
        let opened = layers::open(source)?;
        let mut window = Window::new(opened.bytes, READ_BYTES);
        let records = Records::begin(opened.format, &mut window)?;
        Ok(Self {
            window,
            format: opened.format,
            bytes_total,
            bytes_read: opened.read,
            records,
            given: 0,
            last_ns: 0,
            ended: false,
            ending: None,
            warnings: Vec::new(),
        })
    }

    /// What the file is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Size on disk, in bytes.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total
    }

    /// Bytes read from disk so far; with [`CaptureFile::bytes_total`] the progress.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The next packet, or `None` at the end.
    ///
    /// A file that is cut off or damaged ends there like any other; [`CaptureFile::ending`] then says where and why.
    ///
    /// # Errors
    /// Only when the operating system cannot read on.
    #[expect(clippy::should_implement_trait, reason = "packets borrow the buffer, which Iterator cannot say")]
    pub fn next(&mut self) -> Result<Option<Packet<'_>>, CaptureError> {
        if self.ended {
            return Ok(None);
        }
        self.window.consume(mem::take(&mut self.given));
        let step = match &mut self.records {
            Records::Pcap(layout, _) => pcap::next(layout, &mut self.window),
            Records::Pcapng(stream) => stream.next(&mut self.window),
        };
        let position = self.window.position();
        match step.map_err(|source| CaptureError::Read { position, source })? {
            Step::Packet(found) => {
                self.given = found.record;
                self.last_ns = found.at_ns.unwrap_or(self.last_ns);
                Ok(Some(Packet {
                    at_ns: self.last_ns,
                    link_type: found.link_type,
                    bytes: &self.window.bytes()[found.range],
                    wire_len: found.wire_len,
                    position,
                }))
            }
            Step::End => self.end(None),
            Step::Stop(ending) => self.end(Some(ending)),
        }
    }

    /// Draws up the warnings. A decompressor's complaint explains more than the cut record that follows from it.
    fn end(&mut self, ending: Option<Ending>) -> Result<Option<Packet<'_>>, CaptureError> {
        self.ended = true;
        self.ending = match self.window.damage() {
            None => ending,
            Some(message) => {
                let position = self.window.position() + self.window.bytes().len() as u64;
                Some(Ending { position, cause: EndCause::Compression { message: message.into() } })
            }
        };
        if let Records::Pcapng(stream) = &self.records {
            self.warnings = stream.notes.warnings();
        }
        if let Some(ending) = &self.ending {
            self.warnings.push(Warning { position: ending.position, message: ending.to_string() });
        }
        Ok(None)
    }

    /// Why reading ended early; `None` before the end and for a file that ends properly.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Whether the file ends in the middle of a packet, or its compressed data does.
    pub fn truncated(&self) -> bool {
        matches!(&self.ending, Some(ending) if !matches!(ending.cause, EndCause::Damaged(_)))
    }

    /// What was left out or looked wrong, one per kind, by position. Complete once [`CaptureFile::next`] gave `None`.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Link types described so far, each once, in order of appearance.
    pub fn link_types(&self) -> &[LinkType] {
        match &self.records {
            Records::Pcap(_, link_type) => link_type,
            Records::Pcapng(stream) => &stream.link_types,
        }
    }

    /// Packets that the capturing machine says it lost, by interface statistics blocks read so far. Classic pcap cannot say.
    pub fn dropped(&self) -> u64 {
        match &self.records {
            Records::Pcap(..) => 0,
            Records::Pcapng(stream) => stream.dropped(),
        }
    }

    /// Latest time at which the capturing program told how it was doing, nanoseconds since 1970: it captured until then at least.
    pub fn told_ns(&self) -> Option<i64> {
        match &self.records {
            Records::Pcap(..) => None,
            Records::Pcapng(stream) => stream.told_ns,
        }
    }

    /// When packets turned out to be lost, nanoseconds since 1970, and how many; at most one a second over a day.
    pub fn losses(&self) -> &[(i64, u64)] {
        match &self.records {
            Records::Pcap(..) => &[],
            Records::Pcapng(stream) => &stream.losses,
        }
    }

    /// Names for addresses by name resolution blocks read so far, in file order; an address may come again.
    pub fn name_resolutions(&self) -> &[(IpAddr, Vec<String>)] {
        match &self.records {
            Records::Pcap(..) => &[],
            Records::Pcapng(stream) => &stream.names,
        }
    }
}

impl Records {
    /// Reads the header of a pcap file; checks the first section header of a pcapng file and leaves it in the window.
    fn begin(format: Format, window: &mut Window<Bytes>) -> Result<Self, CaptureError> {
        let needed = match format.container {
            Container::Pcapng => LEAST_SECTION_BYTES as usize,
            _ => pcap::HEADER_BYTES,
        };
        let found = window.fill(needed).map_err(|source| CaptureError::Read { position: 0, source })?;
        let Some(header) = window.bytes().get(..needed) else {
            return Err(CaptureError::HeaderCut { format, found, needed });
        };
        if let Some(layout) = pcap::Layout::read(format.container, header) {
            window.consume(needed);
            return Ok(Self::Pcap(layout, [layout.link_type]));
        }
        BlockHeader::read_section(header).map_err(|problem| CaptureError::Header { format, problem })?;
        Ok(Self::Pcapng(Box::new(Stream::new())))
    }
}
