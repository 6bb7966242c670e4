//! What is in segments, read by nothing that the program itself reads them with.

use std::{
    fs,
    path::{Path, PathBuf},
};

const ENHANCED_PACKET: u32 = 6;

/// The folders of runs, in the order in which they began.
pub(crate) fn runs(home: &Path) -> Vec<PathBuf> {
    sorted(&home.join("live/segments"))
}

/// The segments of a run in order.
pub(crate) fn of(run: &Path) -> Vec<PathBuf> {
    sorted(run).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "pcapng")).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Whole packets in all segments.
pub(crate) fn packets(home: &Path) -> u64 {
    runs(home).iter().flat_map(|run| of(run)).map(|path| packets_in(&fs::read(path).unwrap_or_default())).sum()
}

/// Walks over the blocks, little-endian as they are written here, up to the first that is not whole.
fn packets_in(bytes: &[u8]) -> u64 {
    let (mut at, mut packets) = (0, 0);
    let word = |at: usize| bytes.get(at..at + 4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    while let (Some(kind), Some(total)) = (word(at), word(at + 4)) {
        let total = total as usize;
        if total < 12 || bytes.len() < at + total || word(at + total - 4) != Some(total as u32) {
            break;
        }
        packets += u64::from(kind == ENHANCED_PACKET);
        at += total;
    }
    packets
}
