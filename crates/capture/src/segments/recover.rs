//! After a crash: the last segment is cut behind its last whole block.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Read},
    path::Path,
};

use super::segments;
use crate::error::CaptureError;

/// Kind, total length, and total length again.
const LEAST_BLOCK_BYTES: u32 = 12;

/// What a start after a crash had to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub segment: u32,
    /// Bytes cut off behind the last whole block.
    pub cut_bytes: u64,
}

/// Mends the folder: cuts off what follows the last whole block of the last segment. A last segment without a whole block is removed.
/// Earlier segments were closed whole.
///
/// # Errors
/// The folder or the file cannot be read or written.
pub fn recover(folder: &Path) -> Result<Option<Recovered>, CaptureError> {
    let Some(last) = segments(folder)?.pop() else { return Ok(None) };
    let failed = |source| CaptureError::Open { path: last.path.clone(), source };
    let file = OpenOptions::new().read(true).write(true).open(&last.path).map_err(failed)?;
    let whole = whole_blocks(&file).map_err(failed)?;
    if whole == last.bytes && whole > 0 {
        return Ok(None);
    }
    let written = |source| CaptureError::Write { path: last.path.clone(), source };
    if whole == 0 {
        drop(file);
        std::fs::remove_file(&last.path).map_err(written)?;
    } else {
        file.set_len(whole).map_err(written)?;
        file.sync_all().map_err(written)?;
    }
    Ok(Some(Recovered { segment: last.number, cut_bytes: last.bytes - whole }))
}

/// Length of the blocks from the start that are whole.
fn whole_blocks(file: &File) -> std::io::Result<u64> {
    let length = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut at = 0;
    loop {
        let mut head = [0; 8];
        if length - at < u64::from(LEAST_BLOCK_BYTES) {
            return Ok(at);
        }
        reader.read_exact(&mut head)?;
        let total = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        // A file that grew before its contents were written reads as zeros.
        if total < LEAST_BLOCK_BYTES || total % 4 != 0 || length - at < u64::from(total) {
            return Ok(at);
        }
        reader.seek_relative(i64::from(total) - 12)?;
        let mut tail = [0; 4];
        reader.read_exact(&mut tail)?;
        if u32::from_le_bytes(tail) != total {
            return Ok(at);
        }
        at += u64::from(total);
    }
}
