//! Frames: a mark, what the frame holds, its length, its contents.
//!
//! The mark tells an agent from whatever else may speak on the same pipe: a login banner, a shell's complaint that there is no such
//! command. What was found instead of it is told as text.

use std::io::{self, Read, Write};

/// Longest contents of a frame. A batch of packets is far shorter; the longest packet that tools capture (256 KiB) fits many times.
pub const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;

/// Begins every frame.
const MARK: [u8; 3] = *b"WRW";
const HEAD_BYTES: usize = 8;
/// How much of a peer's foreign words is told.
const TOLD_BYTES: usize = 200;

const CONTROL: u8 = 1;
const PACKETS: u8 = 2;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A message as JSON: [`ToAgent`](crate::ToAgent) or [`FromAgent`](crate::FromAgent).
    Control,
    /// Packets, see [`PacketBatch`](crate::PacketBatch).
    Packets,
}

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the pipe cannot be read: {0}")]
    Io(#[from] io::Error),
    /// `found` is what came instead, as text.
    #[error("this is no whisperer; it says: {found}")]
    Foreign { found: String },
    #[error("a frame of unknown kind {kind}: the other end is newer or older")]
    Kind { kind: u8 },
    #[error("a frame of {bytes} bytes: at most {MAX_FRAME_BYTES} are allowed")]
    TooLong { bytes: usize },
    #[error("the other end stopped inside a frame: {found} of {needed} bytes came")]
    CutOff { found: usize, needed: usize },
}

/// Writes a frame and flushes it.
///
/// # Errors
/// Those of `out`; `InvalidInput` for contents longer than [`MAX_FRAME_BYTES`].
pub fn write_frame(out: &mut impl Write, frame: Frame, contents: &[u8]) -> io::Result<()> {
    let length = u32::try_from(contents.len())
        .ok()
        .filter(|_| contents.len() <= MAX_FRAME_BYTES)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a frame that is too long"))?;
    let kind = match frame {
        Frame::Control => CONTROL,
        Frame::Packets => PACKETS,
    };
    let mut head = [0; HEAD_BYTES];
    head[..3].copy_from_slice(&MARK);
    head[3] = kind;
    head[4..].copy_from_slice(&length.to_le_bytes());
    out.write_all(&head)?;
    out.write_all(contents)?;
    out.flush()
}

/// Reads frames one after another into a buffer of its own.
pub struct FrameReader<R> {
    source: R,
    contents: Vec<u8>,
}

impl<R: Read> FrameReader<R> {
    pub fn new(source: R) -> Self {
        Self { source, contents: Vec::new() }
    }

    /// The next frame, or `None` when the other end has closed the pipe between two frames.
    ///
    /// # Errors
    /// See [`FrameError`]. After an error nothing more can be read.
    pub fn read(&mut self) -> Result<Option<(Frame, &[u8])>, FrameError> {
        let mut head = [0; HEAD_BYTES];
        let found = fill(&mut self.source, &mut head)?;
        if found == 0 {
            return Ok(None);
        }
        if !head[..found].starts_with(&MARK[..found.min(MARK.len())]) {
            return Err(self.foreign(&head[..found]));
        }
        if found < HEAD_BYTES {
            return Err(FrameError::CutOff { found, needed: HEAD_BYTES });
        }
        let frame = match head[3] {
            CONTROL => Frame::Control,
            PACKETS => Frame::Packets,
            kind => return Err(FrameError::Kind { kind }),
        };
        let needed = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if needed > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong { bytes: needed });
        }
        self.contents.resize(needed, 0);
        let found = fill(&mut self.source, &mut self.contents)?;
        if found < needed {
            return Err(FrameError::CutOff { found, needed });
        }
        Ok(Some((frame, &self.contents)))
    }

    /// The beginning of what is said instead of frames.
    fn foreign(&mut self, head: &[u8]) -> FrameError {
        let mut said = head.to_vec();
        said.resize(TOLD_BYTES, 0);
        // What cannot be read any more is left out.
        let more = self.source.read(&mut said[head.len()..]).unwrap_or(0);
        said.truncate(head.len() + more);
        let text = String::from_utf8_lossy(&said);
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        FrameError::Foreign { found: clean.split_whitespace().collect::<Vec<_>>().join(" ") }
    }
}

/// Reads until the buffer is full or the source ends; gives how much came.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(frames: &[(Frame, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (frame, contents) in frames {
            write_frame(&mut out, *frame, contents).unwrap();
        }
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = written(&[(Frame::Control, b"{}"), (Frame::Packets, b""), (Frame::Packets, &[7; 70_000])]);
        let mut reader = FrameReader::new(&bytes[..]);
        assert_eq!(reader.read().unwrap(), Some((Frame::Control, &b"{}"[..])));
        assert_eq!(reader.read().unwrap(), Some((Frame::Packets, &b""[..])));
        assert_eq!(reader.read().unwrap(), Some((Frame::Packets, &[7; 70_000][..])));
        assert_eq!(reader.read().unwrap(), None);
    }

    #[test]
    fn a_shell_s_complaint_is_told_as_it_is() {
        let mut reader = FrameReader::new(&b"bash: line 1: wirereel-whisperer: command not found\n"[..]);
        let error = reader.read().unwrap_err().to_string();
        assert_eq!(error, "this is no whisperer; it says: bash: line 1: wirereel-whisperer: command not found");
    }

    #[test]
    fn a_length_that_lies_is_refused_before_memory_is_taken() {
        let mut bytes = written(&[(Frame::Packets, b"x")]);
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(FrameReader::new(&bytes[..]).read(), Err(FrameError::TooLong { bytes: 4_294_967_295 })));
        let bytes = written(&[(Frame::Packets, b"four")]);
        let cut = FrameReader::new(&bytes[..bytes.len() - 1]).read().unwrap_err().to_string();
        assert_eq!(cut, "the other end stopped inside a frame: 3 of 4 bytes came");
        let mut out = Vec::new();
        assert!(write_frame(&mut out, Frame::Packets, &vec![0; MAX_FRAME_BYTES + 1]).is_err());
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut reader = FrameReader::new(&bytes[..]);
            for _ in 0..60 {
                match reader.read() {
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => break,
                }
            }
        }
    }
}
