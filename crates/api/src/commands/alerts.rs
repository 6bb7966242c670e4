//! Commands about alerts: what there is, and what people do about them.

use serde::Deserialize;
use wirereel_query::{
    alerts::{AlertAcknowledge, AlertNote, AlertSilenceOrder, Alerts, AlertsQuestion},
    workbench::ApiError,
};

use super::{Context, Nothing};
use crate::error::to_api_error;

#[derive(Deserialize)]
pub(super) struct Target {
    target: String,
}

pub(super) fn alerts(context: &Context<'_>, question: AlertsQuestion) -> Result<Alerts, ApiError> {
    context.workbench.alerts(&question, context.lane).map_err(to_api_error)
}

pub(super) fn alert_acknowledge(context: &Context<'_>, args: AlertAcknowledge) -> Result<Nothing, ApiError> {
    context.workbench.acknowledge_alert(&args.alert_id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn alert_note(context: &Context<'_>, note: AlertNote) -> Result<Nothing, ApiError> {
    context.workbench.note_alert(&note).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn alert_silence(context: &Context<'_>, order: AlertSilenceOrder) -> Result<Nothing, ApiError> {
    context.workbench.silence_alerts(&order).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn alert_test_target(context: &Context<'_>, args: Target) -> Result<Nothing, ApiError> {
    context.workbench.test_alert_target(&args.target).map_err(to_api_error)?;
    Ok(Nothing {})
}
