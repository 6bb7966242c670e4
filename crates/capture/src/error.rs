//! What can be wrong with a capture file, and where.

use std::{fmt, io, path::PathBuf};

use crate::{
    MAX_BLOCK_BYTES, MAX_PACKET_BYTES,
    format::{Compression, Format},
};

/// Why a file cannot be read at all, or a packet cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("cannot open {}: {source}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("cannot read on at byte {position}: {source}")]
    Read { position: u64, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// `found` says what the first bytes look like.
    #[error("not a capture file: {found}")]
    NotACapture { found: String },
    #[error("a {format} capture cut off inside its header: {found} of {needed} bytes are there")]
    HeaderCut { format: Format, found: usize, needed: usize },
    #[error("a {format} capture with a header that cannot be read: {problem}")]
    Header { format: Format, problem: RecordProblem },
    /// A segment that there was, and that is gone: what is old is removed.
    #[error("segment {number} in {} is gone", folder.display())]
    SegmentGone { folder: PathBuf, number: u32 },
    /// Reading back needs the decompressed copy, see [`decompress_to`](crate::decompress_to).
    #[error("{} data cannot be read by position: decompress it first", compression.name())]
    Compressed { compression: Compression },
    #[error("no packet at byte {position}: {problem}")]
    NoPacket { position: u64, problem: RecordProblem },
}

/// What is wrong with one record (pcap) or block (pcapng).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblem {
    #[error("it claims a packet of {captured} bytes, more than the {MAX_PACKET_BYTES} that any capture tool writes")]
    PacketTooLong { captured: u32 },
    #[error("it claims a packet of {captured} bytes in a block that has room for {room}")]
    PacketExceedsBlock { captured: u32, room: u32 },
    #[error("its length of {total} bytes is shorter than its kind needs ({least})")]
    BlockTooShort { total: u32, least: u32 },
    #[error("its length of {total} bytes is not a multiple of four")]
    BlockUnaligned { total: u32 },
    #[error("its length of {total} bytes is more than {MAX_BLOCK_BYTES}")]
    BlockTooLong { total: u32 },
    #[error("it begins with length {front} and ends with length {back}")]
    LengthsDiffer { front: u32, back: u32 },
    #[error("its byte order mark is {found:#010x}")]
    ByteOrderMark { found: u32 },
    #[error("its version {major}.{minor} is not known")]
    Version { major: u16, minor: u16 },
    #[error("it names interface {id}, which the file does not describe")]
    NoInterface { id: u32 },
    #[error("a block of type {kind:#x} carries no packet")]
    NotAPacket { kind: u32 },
    #[error("the file ends inside it: {found} of {needed} bytes are there")]
    CutOff { found: u64, needed: u64 },
    #[error("it lies before the first section")]
    NoSection,
}

/// Why reading ended before the end of the file was reached properly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Offset in the decompressed bytes: where the bytes end (cut off), or where the unreadable record starts (damaged).
    pub position: u64,
    pub cause: EndCause,
}

/// What ended the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// The file ends in the middle of the record that starts at `record`.
    CutOff { record: u64, needed: u64 },
    /// Nothing after this record can be found.
    Damaged(RecordProblem),
    /// The compressed data ends early or is damaged; `message` is the decompressor's.
    Compression { message: String },
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.position;
        match &self.cause {
            EndCause::CutOff { record, needed } => {
                let found = at - record;
                write!(out, "cut off at byte {at}: the record at byte {record} needs {needed} bytes, {found} are there")
            }
            EndCause::Damaged(problem) => write!(out, "unreadable from byte {at} on: {problem}"),
            EndCause::Compression { message } => {
                write!(out, "the compressed data cannot be read past its decompressed byte {at}: {message}")
            }
        }
    }
}

/// Something in the file that was left out or looked wrong. Reading went on, or ended with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Offset in the decompressed bytes: of the first occurrence where several are told together.
    pub position: u64,
    pub message: String,
}
