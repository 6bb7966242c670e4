//! Commands about probes: the list, one probe, single ones, and how probes are changed.

use serde::Deserialize;
use serde_json::Value;
use wirereel_query::{
    checks::CheckProblem,
    probes::{
        ProbeDetail, ProbeDraft, ProbeQuestion, ProbeRuns, ProbeRunsQuestion, ProbeTested, Probes, ProbesQuestion,
    },
    workbench::ApiError,
};

use super::{Context, Nothing};
use crate::error::to_api_error;

#[derive(Deserialize)]
pub(super) struct Named {
    probe: String,
}

#[derive(Deserialize)]
pub(super) struct Paused {
    probe: String,
    paused: bool,
}

pub(super) fn probes(context: &Context<'_>, question: ProbesQuestion) -> Result<Probes, ApiError> {
    context.workbench.probes(&question, context.lane).map_err(to_api_error)
}

pub(super) fn probe(context: &Context<'_>, question: ProbeQuestion) -> Result<ProbeDetail, ApiError> {
    context.workbench.probe(&question, context.lane).map_err(to_api_error)
}

pub(super) fn probe_runs(context: &Context<'_>, question: ProbeRunsQuestion) -> Result<ProbeRuns, ApiError> {
    context.workbench.probe_runs(&question, context.lane).map_err(to_api_error)
}

pub(super) fn probe_schema(context: &Context<'_>, _: Nothing) -> Result<Value, ApiError> {
    Ok(context.workbench.probe_schema())
}

pub(super) fn probe_check(context: &Context<'_>, draft: ProbeDraft) -> Result<Vec<CheckProblem>, ApiError> {
    Ok(context.workbench.check_probe(&draft))
}

pub(super) fn probe_save(context: &Context<'_>, draft: ProbeDraft) -> Result<Vec<CheckProblem>, ApiError> {
    context.workbench.save_probe(&draft).map_err(to_api_error)
}

pub(super) fn probe_remove(context: &Context<'_>, args: Named) -> Result<Nothing, ApiError> {
    context.workbench.remove_probe(&args.probe).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn probe_pause(context: &Context<'_>, args: Paused) -> Result<Nothing, ApiError> {
    context.workbench.pause_probe(&args.probe, args.paused).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn probe_test(context: &Context<'_>, draft: ProbeDraft) -> Result<ProbeTested, ApiError> {
    context.workbench.test_probe(&draft).map_err(to_api_error)
}
