//! A whisperer's figures over time, from the rows that its statuses became, and what happened to it.

use wirereel_query::whisperers::{WhispererEvent, WhispererHistory};
use wirereel_store::{MetricPoint, Reader, Store, StoreError};

use super::{now_us, telling::state_of};
use crate::{
    EngineError,
    live::component,
    workbench::{Workbench, lock},
    workspace::exists,
};

/// Samples at most.
const MOST_POINTS: u32 = 600;
/// Without a begin: the last ten minutes.
const DEFAULT_US: i64 = 600_000_000;
/// A status comes once a second: narrower samples would be empty in turns.
const NARROWEST_US: i64 = 1_000_000;
const MOST_EVENTS: u32 = 200;

impl Workbench {
    /// Figures of a whisperer in a time, in at most so many samples; without a begin, of the ten minutes before the end.
    ///
    /// # Errors
    /// When there is no such whisperer, the range is empty, or more than 600 samples are asked for.
    pub fn whisperer_history(
        &self,
        id: &str,
        from_us: Option<i64>,
        to_us: Option<i64>,
        points: u32,
    ) -> Result<WhispererHistory, EngineError> {
        let member = self.member(id)?;
        if !(1..=MOST_POINTS).contains(&points) {
            return Err(EngineError::Capturing(format!("{points} samples: allowed are 1 to {MOST_POINTS}")));
        }
        let to_us = to_us.unwrap_or_else(|| now_us().saturating_add(1));
        let from_us = from_us.unwrap_or_else(|| to_us.saturating_sub(DEFAULT_US));
        if from_us >= to_us {
            return Err(EngineError::Capturing("the range is empty".into()));
        }
        let wanted_us = (to_us - from_us).div_euclid(i64::from(points)).max(NARROWEST_US);
        let width_us = -(-wanted_us).div_euclid(NARROWEST_US) * NARROWEST_US;
        let mut history = WhispererHistory { width_us, ..WhispererHistory::default() };
        let notes = self.memory.whisperer_notes(&member.id, from_us, to_us, MOST_EVENTS)?;
        history.events = notes
            .into_iter()
            .map(|note| WhispererEvent { at_us: note.at_us, state: state_of(&note.state), text: note.text })
            .collect();
        let points = self.ask_live(|reader| reader.metric_points(&component(&member.id), from_us, to_us, width_us))?;
        for point in points {
            add(&mut history, &point);
        }
        Ok(history)
    }

    /// Asks the live recording: as it is being filled, as it is shown, or as it lies there. Nothing where there is none.
    pub(in crate::workbench) fn ask_live<T: Default>(
        &self,
        ask: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, EngineError> {
        // In this order: who begins a capture keeps others from knowing what is captured into, and waits until nobody has the one shown before.
        let shown = || self.current().ok().filter(|current| current.recording_id == super::LIVE_RECORDING);
        let workspace =
            self.captured_into().or_else(|| shown().map(|current| current.workspace)).or_else(|| self.held_live());
        if let Some(workspace) = workspace {
            return Ok(ask(&workspace.reader(None)?)?);
        }
        let folder = self.live_folder();
        if !exists(&folder) {
            return Ok(T::default());
        }
        let beside = lock(&self.beside);
        let answer = Store::open_for_reading(&folder).and_then(|store| ask(&store.reader(None)?));
        drop(beside);
        match answer {
            // What a crash left, or somebody opens it just now: there is nothing to be seen yet.
            Err(StoreError::Locked(_) | StoreError::Corrupt { .. }) => Ok(T::default()),
            answer => Ok(answer?),
        }
    }
}

fn add(history: &mut WhispererHistory, point: &MetricPoint) {
    history.at_us.push(point.at_us);
    let mean = |metric: &str| point.mean.get(metric).copied().unwrap_or(0.0);
    let sum = |metric: &str| point.sum.get(metric).copied().unwrap_or(0.0);
    history.cpu.push(mean("cpu"));
    history.memory_bytes.push(mean("memory_bytes"));
    history.packets_per_s.push(mean("packets_per_s"));
    history.bytes_per_s.push(mean("bytes_per_s"));
    history.sent_bytes_per_s.push(mean("sent_bytes_per_s"));
    history.queued_bytes.push(mean("queued_bytes"));
    history.lost_in_kernel.push(sum("lost_in_kernel"));
    history.lost_in_queue.push(sum("lost_in_queue"));
    history.send_p50_us.push(mean("send_p50_us"));
    history.send_p99_us.push(mean("send_p99_us"));
}
