//! Compression around a capture: taken off while reading, or once and for all into a copy.

use std::{
    fs::File,
    io::{self, BufWriter, Cursor, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::read::MultiGzDecoder;

use crate::{
    error::CaptureError,
    format::{Compression, Container, Format},
    limits::{PEEK_BYTES, READ_BYTES},
    looks_like,
    window::Window,
};

/// A byte stream without its compression.
pub(crate) type Bytes = Box<dyn Read + Send>;

/// Counts the bytes taken from the file on disk.
struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A capture's decompressed bytes from the first one on, and what they are.
pub(crate) struct Opened {
    pub(crate) bytes: Bytes,
    pub(crate) format: Format,
    /// Bytes taken from the file on disk so far.
    pub(crate) read: Arc<AtomicU64>,
}

/// Takes off up to two layers of compression and recognises the container.
pub(crate) fn open(source: impl Read + Send + 'static) -> Result<Opened, CaptureError> {
    let read = Arc::new(AtomicU64::new(0));
    let mut compression = [None, None];
    let mut start = peek(Counted { source, read: Arc::clone(&read) })?;
    for layer in &mut compression {
        let Some(found) = Compression::detect(&start.first) else {
            break;
        };
        *layer = Some(found);
        let inside = take_off(found, start.bytes).map_err(|source| CaptureError::Read { position: 0, source })?;
        start = peek(inside)?;
    }
    let layers = named(compression);
    let found = match (Container::detect(&start.first), start.complaint) {
        (Some(container), _) => {
            return Ok(Opened { bytes: start.bytes, format: Format { compression, container }, read });
        }
        (None, Some(complaint)) if start.first.is_empty() => {
            format!("it is {layers} data that cannot be decompressed: {complaint}")
        }
        (None, _) => looks_like::describe(&start.first, &layers),
    };
    Err(CaptureError::NotACapture { found })
}

/// The beginning of a stream.
struct Start {
    /// Up to [`PEEK_BYTES`].
    first: Vec<u8>,
    /// The whole stream, `first` included.
    bytes: Bytes,
    /// What a decompressor said in place of more bytes; `bytes` ends with it too.
    complaint: Option<String>,
}

/// Reads the first bytes and puts them back in front.
fn peek(mut bytes: impl Read + Send + 'static) -> Result<Start, CaptureError> {
    let mut first = Vec::with_capacity(PEEK_BYTES);
    let outcome = bytes.by_ref().take(PEEK_BYTES as u64).read_to_end(&mut first);
    let again = Cursor::new(first.clone());
    let (bytes, complaint): (Bytes, _) = match outcome {
        Ok(_) => (Box::new(again.chain(bytes)), None),
        Err(source) if source.raw_os_error().is_some() => return Err(CaptureError::Read { position: 0, source }),
        Err(error) => {
            let complaint = error.to_string();
            (Box::new(again.chain(Complaint(complaint.clone()))), Some(complaint))
        }
    };
    Ok(Start { first, bytes, complaint })
}

/// A stream that only repeats what a decompressor said.
struct Complaint(String);

impl Read for Complaint {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::InvalidData, self.0.clone()))
    }
}

fn take_off(compression: Compression, bytes: impl Read + Send + 'static) -> io::Result<Bytes> {
    Ok(match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(bytes)?),
    })
}

fn named(compression: [Option<Compression>; 2]) -> String {
    let names: Vec<&str> = compression.iter().flatten().map(|layer| layer.name()).collect();
    names.join(" of ")
}

/// The outermost compression of the file at `path`; `None` when there is none or the file cannot be read.
pub fn compression(path: &Path) -> Option<Compression> {
    let mut first = [0; 4];
    File::open(path).ok()?.read_exact(&mut first).ok()?;
    Compression::detect(&first)
}

/// Writes the decompressed bytes of the capture at `path` to the new file `to`, and gives their number.
///
/// Compressed data that ends early or is damaged gives what could be decompressed, as [`CaptureFile`](crate::CaptureFile) does, so that
/// positions agree.
///
/// # Errors
/// Fails when either file cannot be read or written, or when what is inside is not a capture.
pub fn decompress_to(path: &Path, to: &Path) -> Result<u64, CaptureError> {
    let source = File::open(path).map_err(|source| CaptureError::Open { path: path.into(), source })?;
    let opened = open(source)?;
    let mut window = Window::new(opened.bytes, READ_BYTES);
    let failed = |source| CaptureError::Write { path: to.into(), source };
    let mut copy = BufWriter::with_capacity(READ_BYTES, File::create(to).map_err(failed)?);
    loop {
        let position = window.position();
        let have = window.fill(1).map_err(|source| CaptureError::Read { position, source })?;
        if have == 0 {
            copy.flush().map_err(failed)?;
            return Ok(position);
        }
        copy.write_all(window.bytes()).map_err(failed)?;
        window.consume(have);
    }
}
