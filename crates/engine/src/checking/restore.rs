//! Figures and open hours made anew from what is stored, so that a restart loses nothing that was shown.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use wirereel_store::{Reader, StoreError};

use super::{Board, sample_of};

/// Hours that are over are stored soon afterwards: without any, results of so long ago are looked at, in microseconds.
const FIRST_HOURS_US: i64 = 3 * 3_600_000_000;

/// From when on results are needed for hours that are not stored.
pub(super) fn hours_from_us(reader: &Reader, now_us: i64) -> Result<i64, StoreError> {
    Ok(reader.check_hours_until()?.unwrap_or(now_us - FIRST_HOURS_US).max(now_us - 400 * 86_400_000_000))
}

/// Restores everything; websites that are no longer there have their open hours closed in time.
pub(super) fn restore_all(
    board: &mut Board,
    reader: &Reader,
    hours_from_us: i64,
    now_us: i64,
) -> Result<(), StoreError> {
    let from_us = board.frames().iter().map(|now| now.range_us().0).min().unwrap_or(now_us).min(hours_from_us);
    restore(board, reader, None, (from_us, now_us))
}

/// Restores some that come back.
pub(super) fn restore_some(
    board: &mut Board,
    reader: &Reader,
    names: &[Arc<str>],
    now_us: i64,
) -> Result<(), StoreError> {
    let from_us = board.frames().iter().map(|now| now.range_us().0).min().unwrap_or(now_us);
    // Hours of those that left not long ago are still there; results that are read now are in them already, so only frames take them in.
    restore(board, reader, Some(names), (from_us, now_us))
}

fn restore(
    board: &mut Board,
    reader: &Reader,
    names: Option<&[Arc<str>]>,
    range: (i64, i64),
) -> Result<(), StoreError> {
    let stored: HashMap<i32, Arc<str>> =
        reader.check_websites()?.into_iter().map(|(number, name)| (number, name.into())).collect();
    let wanted: Option<Vec<&str>> = names.map(|names| {
        let known: HashSet<&str> = stored.values().map(|name| &**name).collect();
        names.iter().map(|name| &**name).filter(|name| known.contains(name)).collect()
    });
    if wanted.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let with_hours = names.is_none();
    reader.check_samples(wanted.as_deref(), range.0, range.1.saturating_add(1), |sample| {
        if let Some(name) = stored.get(&sample.website) {
            board.restore(name, &sample_of(sample), sample.instants, sample.intended_us, with_hours);
        }
    })
}
