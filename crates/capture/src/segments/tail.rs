//! The end of a segment: what is not yet in the file is held here until it is, also while the disk is full.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
};

/// Bytes that are collected before the operating system is asked to write.
const ENOUGH_BYTES: usize = 256 * 1024;

/// A file with what is still to be appended to it. Taking bytes never fails; handing them on may, and can be tried again.
pub(super) struct Tail {
    file: File,
    waiting: Vec<u8>,
    /// Length of the file: everything before it was handed on.
    written: u64,
}

impl Tail {
    pub(super) fn new(file: File) -> Self {
        Self { file, waiting: Vec::new(), written: 0 }
    }

    /// Whether it is time to hand on what waits.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= ENOUGH_BYTES
    }

    /// Hands what waits to the operating system.
    ///
    /// # Errors
    /// The disk is full or broken. The file ends where it ended before, and everything still waits.
    pub(super) fn hand_on(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let handed = self.file.seek(SeekFrom::Start(self.written)).and_then(|_| self.file.write_all(&self.waiting));
        match handed {
            Ok(()) => {
                self.written += self.waiting.len() as u64;
                self.waiting.clear();
                Ok(())
            }
            Err(error) => {
                // A part may be there. Where it cannot be cut off either, the next try writes over it.
                let _ = self.file.set_len(self.written);
                Err(error)
            }
        }
    }

    /// Makes what was handed on durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()
    }
}
