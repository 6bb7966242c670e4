//! Bodies for display: read back from the capture, decompressed with limits, shown as what they are.

mod decode;
mod read_back;
mod save;
mod show;

pub(crate) use decode::{Decoded, decode};
pub(crate) use read_back::{Place, read_back};
pub use save::WholeBody;
pub(crate) use save::{SAVED_DECODED_BYTES, SAVED_SENT_BYTES};
pub(crate) use show::show;

/// Bytes of a body that are read back at most. A preview of more would not be read by anybody; whole bodies are saved by export.
pub(crate) const SENT_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// Bytes a body may decompress to. A bomb of a few kilobytes grows to gigabytes: it is cut here.
pub(crate) const DECODED_LIMIT_BYTES: usize = 8 * 1024 * 1024;
