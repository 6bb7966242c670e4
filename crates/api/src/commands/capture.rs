//! Commands about live capture.

use serde::Deserialize;
use wirereel_engine::CaptureConfig;
use wirereel_query::workbench::{ApiError, CaptureInterfaces};

use super::{Context, Nothing};
use crate::error::to_api_error;

/// What is captured; what is left out is as by default.
#[derive(Deserialize)]
pub(super) struct Start {
    #[serde(default)]
    config: CaptureConfig,
}

pub(super) fn capture_interfaces(context: &Context<'_>, _: Nothing) -> Result<CaptureInterfaces, ApiError> {
    context.workbench.capture_interfaces().map_err(to_api_error)
}

pub(super) fn capture_start(context: &Context<'_>, args: Start) -> Result<Nothing, ApiError> {
    let Start { mut config } = args;
    if config.leave_out.own_connection {
        config.leave_out.ports.extend(context.host.own_port());
    }
    context.workbench.start_capture(config).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn capture_stop(context: &Context<'_>, _: Nothing) -> Result<Nothing, ApiError> {
    context.workbench.stop_capture();
    Ok(Nothing {})
}
