//! One reused buffer that slides over a byte stream.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use crate::limits::BUFFER_BYTES;

/// The bytes from [`Window::position`] on, as far as they were asked for.
pub(crate) struct Window<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Offset in the stream of `buffer[0]`.
    base: u64,
    /// Bytes asked of the source at once.
    read_bytes: usize,
    /// Why the source gives no more, when a decompressor met bad data.
    damage: Option<String>,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(source: R, read_bytes: usize) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Self { source, buffer, start: 0, end: 0, base: 0, read_bytes, damage: None }
    }

    /// Offset in the stream of the first byte of [`Window::bytes`].
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// What is buffered.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The decompressor's complaint, once the stream has ended with one.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Buffers at least `wanted` bytes unless the stream ends before, and gives how many there are.
    ///
    /// `wanted` is at most [`BUFFER_BYTES`]. Errors of the operating system are returned; complaints of a decompressor
    /// end the stream and are kept in [`Window::damage`], because what it gave before is good.
    #[inline]
    pub(crate) fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        let have = self.end - self.start;
        if have >= wanted { Ok(have) } else { self.read_on(wanted) }
    }

    #[cold]
    fn read_on(&mut self, wanted: usize) -> io::Result<usize> {
        debug_assert!(wanted <= self.buffer.len(), "limits keep records shorter than the buffer");
        if self.buffer.len() - self.start < wanted.max(self.read_bytes) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < wanted && self.damage.is_none() {
            let until = self.buffer.len().min(self.end + self.read_bytes);
            match self.source.read(&mut self.buffer[self.end..until]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error().is_some() => return Err(error),
                Err(error) => self.damage = Some(error.to_string()),
            }
        }
        Ok(self.end - self.start)
    }

    /// Steps over `count` buffered bytes.
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.end, "only what fill gave is stepped over");
    }

    /// Steps over `count` bytes, buffered or not, and gives how many there were.
    pub(crate) fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        while left > 0 {
            let have = self.fill(1)?;
            if have == 0 {
                break;
            }
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(have);
            self.consume(step);
            left -= step as u64;
        }
        Ok(count - left)
    }
}

impl<R: Read + Seek> Window<R> {
    /// Makes `position` the first byte; stays in the buffer where it can.
    pub(crate) fn seek(&mut self, position: u64) -> io::Result<()> {
        match position.checked_sub(self.base) {
            Some(inside) if inside <= self.end as u64 => self.start = inside as usize,
            _ => {
                self.source.seek(SeekFrom::Start(position))?;
                (self.start, self.end, self.base) = (0, 0, position);
            }
        }
        Ok(())
    }

    /// Bytes asked of the source at once from now on.
    pub(crate) fn set_read_bytes(&mut self, read_bytes: usize) {
        self.read_bytes = read_bytes;
    }
}
