//! A recording beside the open one, read for one question.

use std::path::PathBuf;

use wirereel_query::reel::{Difference, DifferenceQuestion, Window};
use wirereel_store::{Reader, Store, StoreError, WindowFigures, difference};

use super::{HOME_RECORDING, Workbench, live::LIVE_RECORDING, lock, opening::FINISHED};
use crate::{EngineError, workspace::exists};

impl Workbench {
    /// What changed from one window to another, each of the open recording or of a recent one.
    ///
    /// # Errors
    /// When nothing is open that a window is of, a recording is not known any more, its index is gone or of another version, or another
    /// process has it open.
    pub fn difference(&self, question: &DifferenceQuestion, lane: Option<&str>) -> Result<Difference, EngineError> {
        let figures = |window: &Window, reader: &Reader| -> Result<WindowFigures, EngineError> {
            Ok(reader.window_figures(window.range, &question.filter)?)
        };
        // One reader for both windows of a recording: a second one would take the lane from the first.
        let open = if self.is_open(&question.before) || self.is_open(&question.after) {
            Some(self.reader(lane)?)
        } else {
            None
        };
        let side = |window: &Window| match &open {
            Some(reader) if self.is_open(window) => figures(window, reader),
            _ => self.with_beside(window.recording_id.as_deref().unwrap_or_default(), |reader| figures(window, reader)),
        };
        Ok(difference(&side(&question.before)?, &side(&question.after)?))
    }

    fn is_open(&self, window: &Window) -> bool {
        let named = window.recording_id.as_ref();
        named.is_none_or(|id| self.current().is_ok_and(|current| current.recording_id == *id))
    }

    /// Asks a recording that is not the open one. Its files are opened for reading, and given back at once: it may be opened next.
    fn with_beside<T>(
        &self,
        recording_id: &str,
        ask: impl FnOnce(&Reader) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let held = (recording_id == LIVE_RECORDING).then(|| self.held_live()).flatten();
        if let Some(workspace) = held {
            return ask(&workspace.reader(None)?);
        }
        let folder = self.folder_of(recording_id)?;
        let beside = lock(&self.beside);
        let store = Store::open_for_reading(&folder).map_err(|error| match error {
            StoreError::Corrupt { reason, .. } => {
                EngineError::Unsupported(format!("The recording {recording_id:?} cannot be compared with: {reason}"))
            }
            other => other.into(),
        })?;
        let answer = ask(&store.reader(None)?);
        drop(store);
        drop(beside);
        answer
    }

    fn folder_of(&self, recording_id: &str) -> Result<PathBuf, EngineError> {
        if recording_id == HOME_RECORDING && exists(&self.home) {
            return Ok(self.home.clone());
        }
        let recents = self.memory.recents()?;
        let recent = recents.into_iter().find(|recent| recent.recording_id == recording_id);
        let recent = recent.ok_or_else(|| EngineError::NotFound(format!("The recording {recording_id:?}")))?;
        if !recent.folder.join(FINISHED).is_file() || !exists(&recent.folder) {
            return Err(EngineError::NotFound(format!("The index of the recording {:?}", recent.name)));
        }
        Ok(recent.folder)
    }
}
