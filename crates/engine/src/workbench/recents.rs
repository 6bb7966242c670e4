//! What was open before, with a small picture of each recording.

use std::path::Path;

use wirereel_query::{question::DensityQuestion, workbench};
use wirereel_store::Recent;

use super::Workbench;
use crate::{EngineError, Workspace, clock::now_us};

/// Parts of a recording in its small picture.
const TREND_BUCKETS: u32 = 96;

impl Workbench {
    /// Recordings that were open before, latest first.
    pub(super) fn recents(&self) -> Result<Vec<workbench::Recent>, EngineError> {
        let recents = self.memory.recents()?.into_iter().map(|recent| workbench::Recent {
            available: recent.path.exists(),
            path: recent.path.display().to_string(),
            recording_id: recent.recording_id,
            name: recent.name,
            opened_us: recent.opened_us,
            bytes: recent.bytes,
            duration_us: recent.duration_us,
            exchanges: recent.exchanges,
            trend: recent.trend,
            error_trend: recent.error_trend,
        });
        Ok(recents.collect())
    }

    /// Puts a recording on top of the list.
    pub(super) fn remember(
        &self,
        recording_id: &str,
        name: &str,
        path: &Path,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let reader = workspace.reader(None)?;
        let recording = reader.recording()?;
        let density = match recording.range {
            Some(range) => {
                Some(reader.density(&DensityQuestion { range, buckets: TREND_BUCKETS, filter: String::new() })?)
            }
            None => None,
        };
        let (trend, error_trend) = density.map_or_else(Default::default, |density| (density.requests, density.errors));
        self.memory.remember_recent(&Recent {
            recording_id: recording_id.to_owned(),
            name: name.to_owned(),
            path: path.to_owned(),
            folder: workspace.folder().to_owned(),
            opened_us: now_us(),
            bytes: recording.bytes,
            duration_us: recording.range.map_or(0, |range| range.to_us - range.from_us),
            exchanges: recording.exchanges,
            trend,
            error_trend,
        })?;
        Ok(())
    }
}
