//! Which section a position belongs to: learned by walking over block headers, once, as far as needed.

use std::io::{self, Read, Seek};

use super::{
    block::{BlockHeader, HEADER_BYTES, SECTION_BYTES, kind},
    interface::{Interface, Section},
    secrets::{Secrets, read_secrets},
};
use crate::{
    error::RecordProblem,
    limits::{MAX_BLOCK_BYTES, MAX_INTERFACES, MAX_SECRETS_BLOCKS, MAX_SECRETS_BYTES, MAX_SECTIONS, READ_BYTES},
    window::Window,
};

/// Blocks longer than this are jumped over in the file instead of being read through.
const JUMP_BYTES: u32 = 64 * 1024;

/// The sections of a file with their first byte, ascending.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    starts: Vec<(u64, Section)>,
    /// Interfaces in all sections, to bound them.
    interfaces: usize,
    /// Secrets of all sections, and their bytes, to bound them.
    pub(crate) secrets: Vec<Secrets>,
    secrets_bytes: usize,
    /// Everything before this byte is known.
    walked: u64,
    /// The file ends here or cannot be followed further.
    done: bool,
}

impl Sections {
    /// The section that `position` lies in, walking on when it is not known yet.
    pub(crate) fn at<R: Read + Seek>(&mut self, position: u64, window: &mut Window<R>) -> io::Result<Option<&Section>> {
        if position >= self.walked && !self.done {
            window.set_read_bytes(READ_BYTES);
            window.seek(self.walked)?;
            while self.walked <= position && !self.done {
                self.done = !self.walk_one(window)?;
            }
        }
        let after = self.starts.partition_point(|(start, _)| *start <= position);
        Ok(after.checked_sub(1).map(|index| &self.starts[index].1))
    }

    /// Learns one block; false when there is none.
    fn walk_one<R: Read + Seek>(&mut self, window: &mut Window<R>) -> io::Result<bool> {
        if window.fill(HEADER_BYTES)? < HEADER_BYTES {
            return Ok(false);
        }
        let header = if BlockHeader::begins_section(window.bytes()) {
            window.fill(SECTION_BYTES)?;
            self.begin(window)
        } else if let Some((_, section)) = self.starts.last() {
            BlockHeader::read(section.order, window.bytes()).ok()
        } else {
            None
        };
        let Some(header) = header else { return Ok(false) };
        if header.kind == kind::INTERFACE && header.total <= MAX_BLOCK_BYTES {
            let total = header.total as usize;
            if window.fill(total)? < total || self.describe(header, window.bytes()).is_err() {
                return Ok(false);
            }
        }
        if header.kind == kind::DECRYPTION_SECRETS && header.total <= MAX_BLOCK_BYTES {
            let total = header.total as usize;
            if window.fill(total)? < total {
                return Ok(false);
            }
            self.keep_secrets(header, window.bytes());
        }
        self.walked += u64::from(header.total);
        if header.total > JUMP_BYTES {
            window.seek(self.walked)?;
        } else {
            window.skip(u64::from(header.total))?;
        }
        Ok(true)
    }

    fn begin<R: Read>(&mut self, window: &Window<R>) -> Option<BlockHeader> {
        if window.bytes().len() < SECTION_BYTES || self.starts.len() >= MAX_SECTIONS {
            return None;
        }
        let (order, header) = BlockHeader::read_section(window.bytes()).ok()?;
        self.starts.push((self.walked, Section::new(order)));
        Some(header)
    }

    /// Adds an interface to the last section, under the same rules as when reading the file through: numbers must agree.
    /// Keeps what a secrets block holds, as far as there is room.
    fn keep_secrets(&mut self, header: BlockHeader, bytes: &[u8]) {
        let Some((_, section)) = self.starts.last() else { return };
        let contents = header.contents(section.order, bytes).ok();
        let Some(secrets) = contents.and_then(|contents| read_secrets(section.order, contents)) else { return };
        let bytes = self.secrets_bytes + secrets.data.len();
        if bytes <= MAX_SECRETS_BYTES && self.secrets.len() < MAX_SECRETS_BLOCKS {
            self.secrets_bytes = bytes;
            self.secrets.push(secrets);
        }
    }

    fn describe(&mut self, header: BlockHeader, bytes: &[u8]) -> Result<(), RecordProblem> {
        if let Some((_, section)) = self.starts.last_mut()
            && let Ok(interface) = Interface::read(section.order, header.contents(section.order, bytes)?)
            && self.interfaces < MAX_INTERFACES
            && section.add(interface)
        {
            self.interfaces += 1;
        }
        Ok(())
    }
}
