//! Commands about website checks: the list, one website, single checks, and how websites are changed.

use serde::Deserialize;
use serde_json::Value;
use wirereel_query::{
    checks::{
        CheckProblem, CheckRuns, CheckRunsQuestion, WebsiteDetail, WebsiteDraft, WebsiteImport, WebsiteQuestion,
        WebsiteTested, Websites, WebsitesImported, WebsitesQuestion,
    },
    workbench::ApiError,
};

use super::{Context, Nothing};
use crate::error::to_api_error;

#[derive(Deserialize)]
pub(super) struct Named {
    website: String,
}

#[derive(Deserialize)]
pub(super) struct Paused {
    website: String,
    paused: bool,
}

pub(super) fn websites(context: &Context<'_>, question: WebsitesQuestion) -> Result<Websites, ApiError> {
    context.workbench.websites(&question, context.lane).map_err(to_api_error)
}

pub(super) fn website(context: &Context<'_>, question: WebsiteQuestion) -> Result<WebsiteDetail, ApiError> {
    context.workbench.website(&question, context.lane).map_err(to_api_error)
}

pub(super) fn check_runs(context: &Context<'_>, question: CheckRunsQuestion) -> Result<CheckRuns, ApiError> {
    context.workbench.check_runs(&question, context.lane).map_err(to_api_error)
}

pub(super) fn website_schema(context: &Context<'_>, _: Nothing) -> Result<Value, ApiError> {
    Ok(context.workbench.website_schema())
}

pub(super) fn website_check(context: &Context<'_>, draft: WebsiteDraft) -> Result<Vec<CheckProblem>, ApiError> {
    Ok(context.workbench.check_website(&draft))
}

pub(super) fn website_save(context: &Context<'_>, draft: WebsiteDraft) -> Result<Vec<CheckProblem>, ApiError> {
    context.workbench.save_website(&draft).map_err(to_api_error)
}

pub(super) fn website_remove(context: &Context<'_>, args: Named) -> Result<Nothing, ApiError> {
    context.workbench.remove_website(&args.website).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn website_pause(context: &Context<'_>, args: Paused) -> Result<Nothing, ApiError> {
    context.workbench.pause_website(&args.website, args.paused).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn website_test(context: &Context<'_>, draft: WebsiteDraft) -> Result<WebsiteTested, ApiError> {
    context.workbench.test_website(&draft).map_err(to_api_error)
}

pub(super) fn websites_import(context: &Context<'_>, list: WebsiteImport) -> Result<WebsitesImported, ApiError> {
    context.workbench.import_websites(&list).map_err(to_api_error)
}
