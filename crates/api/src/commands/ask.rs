//! Commands that ask the recording.

use serde::{Deserialize, Serialize};
use wirereel_engine::Reader;
use wirereel_query::{
    answer::{
        BodyPreview, Density, ExchangeDetail, ExchangesPage, FilterCheck, FoundEvent, Inspection, SqlResult, StateAt,
        Suggestion, Topology,
    },
    filter,
    question::{
        CompleteQuestion, DensityQuestion, ExchangeAtQuestion, ExchangesQuestion, InspectQuestion, Message,
        NextEventQuestion, Scope,
    },
    workbench::ApiError,
};

use super::Context;
use crate::error::{bad_request, to_api_error};

/// Rows that `sql` gives at most; the command line has no limit.
const SQL_ROWS: usize = 10_000;

#[derive(Deserialize)]
pub(super) struct ExchangeId {
    exchange_id: u64,
}

/// One of the two messages of an exchange.
#[derive(Deserialize)]
pub(super) struct BodyOf {
    pub(super) exchange_id: u64,
    pub(super) message: Message,
}

#[derive(Deserialize)]
pub(super) struct Instant {
    at_us: i64,
    #[serde(default)]
    filter: String,
}

#[derive(Deserialize)]
pub(super) struct FilterText {
    text: String,
}

#[derive(Deserialize)]
pub(super) struct SqlText {
    query: String,
}

#[derive(Serialize)]
pub(super) struct Index {
    index: u64,
    total: u64,
}

pub(super) fn reader(context: &Context<'_>) -> Result<Reader, ApiError> {
    context.workbench.reader(context.lane).map_err(to_api_error)
}

/// Store errors reach the page by the way of the engine's codes.
pub(super) fn told<T>(result: Result<T, wirereel_engine::StoreError>) -> Result<T, ApiError> {
    result.map_err(|error| to_api_error(error.into()))
}

pub(super) fn topology(context: &Context<'_>, scope: Scope) -> Result<Topology, ApiError> {
    told(reader(context)?.topology(&scope))
}

pub(super) fn density(context: &Context<'_>, question: DensityQuestion) -> Result<Density, ApiError> {
    if !(1..=4_000).contains(&question.buckets) {
        return Err(bad_request(format!("density: buckets: {} is not between 1 and 4,000", question.buckets)));
    }
    told(reader(context)?.density(&question))
}

pub(super) fn exchanges(context: &Context<'_>, question: ExchangesQuestion) -> Result<ExchangesPage, ApiError> {
    if question.limit > 1_000 {
        return Err(bad_request(format!("exchanges: limit: {} is more than 1,000", question.limit)));
    }
    told(reader(context)?.exchanges(&question))
}

pub(super) fn exchange_index(context: &Context<'_>, question: ExchangeAtQuestion) -> Result<Index, ApiError> {
    let (index, total) = told(reader(context)?.exchange_index(&question))?;
    Ok(Index { index, total })
}

pub(super) fn exchange(context: &Context<'_>, args: ExchangeId) -> Result<ExchangeDetail, ApiError> {
    told(reader(context)?.exchange(args.exchange_id))
}

pub(super) fn exchange_body(context: &Context<'_>, args: BodyOf) -> Result<BodyPreview, ApiError> {
    context.workbench.body(args.exchange_id, args.message).map_err(to_api_error)
}

pub(super) fn inspect(context: &Context<'_>, question: InspectQuestion) -> Result<Inspection, ApiError> {
    told(reader(context)?.inspect(&question))
}

pub(super) fn state_at(context: &Context<'_>, instant: Instant) -> Result<StateAt, ApiError> {
    told(reader(context)?.state_at(instant.at_us, &instant.filter))
}

pub(super) fn next_event(context: &Context<'_>, question: NextEventQuestion) -> Result<Option<FoundEvent>, ApiError> {
    told(reader(context)?.next_event(&question))
}

pub(super) fn check_filter(_: &Context<'_>, args: FilterText) -> Result<FilterCheck, ApiError> {
    Ok(filter::check(&args.text))
}

pub(super) fn complete_filter(context: &Context<'_>, question: CompleteQuestion) -> Result<Vec<Suggestion>, ApiError> {
    context.workbench.complete(&question, context.lane).map_err(to_api_error)
}

pub(super) fn sql(context: &Context<'_>, args: SqlText) -> Result<SqlResult, ApiError> {
    told(reader(context)?.sql(&args.query, SQL_ROWS))
}
