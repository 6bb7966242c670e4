//! Commands about live capture as a whole.

use serde::Deserialize;
use serde_json::Value;
use wirereel_query::workbench::{ApiError, CaptureInterfaces};

use super::{Context, Nothing};
use crate::error::to_api_error;

/// Values over those that are set for this machine's whisperer.
#[derive(Deserialize)]
pub(super) struct Start {
    #[serde(default)]
    config: Option<Value>,
}

pub(super) fn capture_interfaces(context: &Context<'_>, _: Nothing) -> Result<CaptureInterfaces, ApiError> {
    context.workbench.capture_interfaces().map_err(to_api_error)
}

pub(super) fn capture_start(context: &Context<'_>, args: Start) -> Result<Nothing, ApiError> {
    context.workbench.start_local(args.config.as_ref()).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn capture_stop(context: &Context<'_>, _: Nothing) -> Result<Nothing, ApiError> {
    context.workbench.stop_capture();
    Ok(Nothing {})
}
