//! What reading one record on gives, in every format.

use std::ops::Range;

use wirereel_dissect::LinkType;

use crate::{
    error::{EndCause, Ending, RecordProblem},
    window::Window,
};

/// The outcome of looking for the next packet.
pub(crate) enum Step {
    Packet(Located),
    /// The bytes end between two records.
    End,
    /// They end inside one, or cannot be followed further.
    Stop(Ending),
}

/// A packet in the window: its record starts at the window's position.
pub(crate) struct Located {
    /// `None` where the format gives no time.
    pub(crate) at_ns: Option<i64>,
    pub(crate) link_type: LinkType,
    pub(crate) wire_len: u32,
    /// Where the packet's bytes are in the window.
    pub(crate) range: Range<usize>,
    /// Length of the whole record, to step over it.
    pub(crate) record: usize,
}

impl Step {
    /// The record at the window's position needs `needed` bytes, and the bytes end at `end`.
    pub(crate) fn cut(record: u64, needed: u64, end: u64) -> Self {
        Self::Stop(Ending { position: end, cause: EndCause::CutOff { record, needed } })
    }

    /// Too few bytes are left for the record at the window's position; none at all is a proper end.
    pub(crate) fn out_of_bytes<R: std::io::Read>(window: &Window<R>, needed: u64) -> Self {
        let record = window.position();
        match window.bytes().len() as u64 {
            0 => Self::End,
            have => Self::cut(record, needed, record + have),
        }
    }

    /// The record at `position` cannot be followed.
    pub(crate) fn damaged(position: u64, problem: RecordProblem) -> Self {
        Self::Stop(Ending { position, cause: EndCause::Damaged(problem) })
    }
}
