//! Commands about the program: what is open, opening and closing.

use serde::{Deserialize, Serialize};
use wirereel_query::workbench::{ApiError, AppState, DoctorFinding};

use super::{Context, Nothing};
use crate::error::to_api_error;

#[derive(Deserialize)]
pub(super) struct SampleName {
    name: String,
}

#[derive(Deserialize)]
pub(super) struct RecordingId {
    recording_id: String,
}

#[derive(Serialize)]
pub(super) struct Opened {
    opened: bool,
}

pub(super) fn app_state(context: &Context<'_>, _: Nothing) -> Result<AppState, ApiError> {
    context.workbench.app_state(context.host.name()).map_err(to_api_error)
}

pub(super) fn open_sample(context: &Context<'_>, args: SampleName) -> Result<Nothing, ApiError> {
    context.workbench.open_sample(&args.name).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn open_recent(context: &Context<'_>, args: RecordingId) -> Result<Nothing, ApiError> {
    context.workbench.open_recent(&args.recording_id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn forget_recent(context: &Context<'_>, args: RecordingId) -> Result<Nothing, ApiError> {
    context.workbench.forget_recent(&args.recording_id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn choose_files(context: &Context<'_>, _: Nothing) -> Result<Opened, ApiError> {
    let paths = context.host.choose_files()?;
    if paths.is_empty() {
        return Ok(Opened { opened: false });
    }
    context.workbench.open_paths(&paths).map_err(to_api_error)?;
    Ok(Opened { opened: true })
}

pub(super) fn cancel_import(context: &Context<'_>, _: Nothing) -> Result<Nothing, ApiError> {
    context.workbench.cancel_import();
    Ok(Nothing {})
}

pub(super) fn close_recording(context: &Context<'_>, _: Nothing) -> Result<Nothing, ApiError> {
    context.workbench.close_recording();
    Ok(Nothing {})
}

pub(super) fn doctor(_: &Context<'_>, _: Nothing) -> Result<Vec<DoctorFinding>, ApiError> {
    Ok(wirereel_engine::doctor::examine())
}
