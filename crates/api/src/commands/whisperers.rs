//! Commands about whisperers: the list, what they do, how they are configured.

use serde::Deserialize;
use wirereel_query::{
    whisperers::{
        NewWhisperer, Whisperer, WhispererConfig, WhispererHistory, WhispererProblem, WhispererSaved, WhispererSchema,
    },
    workbench::ApiError,
};

use super::{Context, Nothing};
use crate::error::to_api_error;

#[derive(Deserialize)]
pub(super) struct Which {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct Time {
    id: String,
    #[serde(default)]
    from_us: Option<i64>,
    #[serde(default)]
    to_us: Option<i64>,
    points: u32,
}

#[derive(Deserialize)]
pub(super) struct Configured {
    id: String,
    config: WhispererConfig,
}

#[derive(Deserialize)]
pub(super) struct Added {
    whisperer: NewWhisperer,
}

#[derive(Deserialize)]
pub(super) struct Renamed {
    id: String,
    name: String,
}

#[derive(Deserialize)]
pub(super) struct Resumed {
    id: String,
    resume: bool,
}

pub(super) fn whisperers(context: &Context<'_>, _: Nothing) -> Result<Vec<Whisperer>, ApiError> {
    Ok(context.workbench.whisperers())
}

pub(super) fn whisperer_history(context: &Context<'_>, args: Time) -> Result<WhispererHistory, ApiError> {
    let Time { id, from_us, to_us, points } = args;
    context.workbench.whisperer_history(&id, from_us, to_us, points).map_err(to_api_error)
}

pub(super) fn whisperer_schema(context: &Context<'_>, _: Nothing) -> Result<WhispererSchema, ApiError> {
    Ok(context.workbench.whisperer_schema())
}

pub(super) fn whisperer_check(context: &Context<'_>, args: Configured) -> Result<Vec<WhispererProblem>, ApiError> {
    context.workbench.check_whisperer(&args.id, &args.config).map_err(to_api_error)
}

pub(super) fn whisperer_save(context: &Context<'_>, args: Configured) -> Result<WhispererSaved, ApiError> {
    context.workbench.save_whisperer(&args.id, &args.config).map_err(to_api_error)
}

pub(super) fn whisperer_add(context: &Context<'_>, args: Added) -> Result<Whisperer, ApiError> {
    context.workbench.add_whisperer(&args.whisperer).map_err(to_api_error)
}

pub(super) fn whisperer_rename(context: &Context<'_>, args: Renamed) -> Result<Nothing, ApiError> {
    context.workbench.rename_whisperer(&args.id, &args.name).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn whisperer_remove(context: &Context<'_>, args: Which) -> Result<Nothing, ApiError> {
    context.workbench.remove_whisperer(&args.id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn whisperer_resume(context: &Context<'_>, args: Resumed) -> Result<Nothing, ApiError> {
    context.workbench.resume_whisperer(&args.id, args.resume).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn whisperer_start(context: &Context<'_>, args: Which) -> Result<Nothing, ApiError> {
    context.workbench.start_whisperer(&args.id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn whisperer_stop(context: &Context<'_>, args: Which) -> Result<Nothing, ApiError> {
    context.workbench.stop_whisperer(&args.id).map_err(to_api_error)?;
    Ok(Nothing {})
}
