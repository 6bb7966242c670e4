//! What was open before, with a small picture of each recording.

use std::path::PathBuf;

use wirereel_query::{
    answer::Density,
    question::DensityQuestion,
    workbench::Recent,
};

use super::Workbench;
use crate::{EngineError, Workspace};

/// Parts of a recording in its small picture.
const TREND_BUCKETS: u32 = 96;

impl Workbench {
    /// Puts a recording on top of the list.
    pub(super) fn remember(&self, recording_id: &str, name: &str, paths: &[PathBuf], workspace: &Workspace) -> Result<(), EngineError> {
        let reader = workspace.reader(None)?;
        let recording = reader.recording(name)?;
        let density: Option<Density> = match recording.range {
            Some(range) => Some(reader.density(&DensityQuestion { range, buckets: TREND_BUCKETS, filter: String::new() })?),
            None => None,
        };
        let (trend, error_trend) = density.map_or_else(Default::default, |density| (density.requests, density.errors));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let recent = Recent {
            recording_id: recording_id.to_owned(),
            name: name.to_owned(),
            path: paths.first().map(|path| path.display().to_string()).unwrap_or_default(),
            opened_us: i64::try_from(now.as_micros()).unwrap_or(i64::MAX),
            bytes: paths.iter().filter_map(|path| path.metadata().ok()).map(|facts| facts.len()).sum(),
            duration_us: recording.range.map_or(0, |range| range.to_us - range.from_us),
            exchanges: recording.exchanges,
            trend,
            error_trend,
            available: true,
        };
        self.memory.remember_recent(&recent, paths)?;
        Ok(())
    }
}
