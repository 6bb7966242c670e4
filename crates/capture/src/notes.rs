//! Counting what is left out while reading, so that a million odd blocks make one warning.

use crate::error::Warning;

/// Kinds of things left out that are told apart; more fall together into "and others".
const MAX_KINDS: usize = 64;

/// What was met while reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// A pcapng block type that carries nothing Wirereel reads.
    UnknownBlock {
        kind: u32,
    },
    /// A packet of an interface the section does not describe.
    NoInterface {
        id: u32,
    },
    /// A simple packet block, which has no time of its own.
    NoTime,
    /// A block too long to be held.
    LongBlock {
        kind: u32,
    },
    /// A block whose contents contradict its length.
    BadBlock {
        problem: String,
    },
    /// More interfaces or names than are kept.
    TooMany {
        what: &'static str,
    },
    Others,
}

impl Note {
    fn told(&self, count: u64) -> String {
        let s = if count == 1 { "" } else { "s" };
        match self {
            Self::UnknownBlock { kind } => format!("{count} block{s} of unknown type {kind:#x} left out"),
            Self::NoInterface { id } => {
                format!("{count} packet{s} left out: interface {id} is not described before")
            }
            Self::NoTime => format!("{count} packet{s} without a time: given the time of the packet before"),
            Self::LongBlock { kind } => format!("{count} block{s} of type {kind:#x} left out: too long to be held"),
            Self::BadBlock { problem } => format!("{count} block{s} left out: {problem}"),
            Self::TooMany { what } => format!("{count} {what}{s} left out: more than are kept"),
            Self::Others => format!("{count} more block{s} left out for other reasons"),
        }
    }
}

/// Notes with their first position and count.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<(Note, u64, u64)>);

impl Notes {
    pub(crate) fn add(&mut self, note: Note, position: u64) {
        let full = self.0.len() >= MAX_KINDS;
        match self.0.iter_mut().find(|(known, ..)| *known == note || (full && *known == Note::Others)) {
            Some((_, _, count)) => *count += 1,
            None if full => self.0.push((Note::Others, position, 1)),
            None => self.0.push((note, position, 1)),
        }
    }

    /// One warning per kind, by position.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut all: Vec<Warning> = self
            .0
            .iter()
            .map(|(note, position, count)| Warning { position: *position, message: note.told(*count) })
            .collect();
        all.sort_by_key(|warning| warning.position);
        all
    }
}
