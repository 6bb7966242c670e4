//! Commands about flows, their packets, and what could not be read.

use serde::Deserialize;
use wirereel_query::{
    answer::{FlowDetail, FlowPacketsPage, FlowSequence, FlowStream, FlowsPage, PacketBytes, ProblemsPage},
    question::{FlowPacketsQuestion, FlowsQuestion, ProblemsQuestion},
    workbench::ApiError,
};

use super::{
    Context,
    ask::{reader, told},
};
use crate::error::{bad_request, to_api_error};

/// Most rows of a page.
const MOST_ROWS: u32 = 1_000;

#[derive(Deserialize)]
pub(super) struct FlowId {
    flow_id: u64,
}

#[derive(Deserialize)]
pub(super) struct PacketPlace {
    source_id: u32,
    position: u64,
}

fn check_limit(command: &str, limit: u32) -> Result<(), ApiError> {
    if limit > MOST_ROWS {
        return Err(bad_request(format!("{command}: limit: {limit} is more than 1,000")));
    }
    Ok(())
}

pub(super) fn flows(context: &Context<'_>, question: FlowsQuestion) -> Result<FlowsPage, ApiError> {
    check_limit("flows", question.limit)?;
    told(reader(context)?.flows(&question))
}

pub(super) fn flow(context: &Context<'_>, args: FlowId) -> Result<FlowDetail, ApiError> {
    told(reader(context)?.flow(args.flow_id))
}

pub(super) fn flow_packets(context: &Context<'_>, question: FlowPacketsQuestion) -> Result<FlowPacketsPage, ApiError> {
    check_limit("flow_packets", question.limit)?;
    context.workbench.flow_packets(&question, context.lane).map_err(to_api_error)
}

pub(super) fn flow_sequence(context: &Context<'_>, args: FlowId) -> Result<FlowSequence, ApiError> {
    context.workbench.flow_sequence(args.flow_id, context.lane).map_err(to_api_error)
}

pub(super) fn flow_stream(context: &Context<'_>, args: FlowId) -> Result<FlowStream, ApiError> {
    context.workbench.flow_stream(args.flow_id, context.lane).map_err(to_api_error)
}

pub(super) fn packet_bytes(context: &Context<'_>, place: PacketPlace) -> Result<PacketBytes, ApiError> {
    context.workbench.packet_bytes(place.source_id, place.position).map_err(to_api_error)
}

pub(super) fn problems(context: &Context<'_>, question: ProblemsQuestion) -> Result<ProblemsPage, ApiError> {
    check_limit("problems", question.limit)?;
    told(reader(context)?.problems(&question))
}
