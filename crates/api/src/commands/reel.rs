//! Commands of the reel and of the panes along it.

use wirereel_query::{
    reel::{
        Difference, DifferenceQuestion, Incident, IncidentsQuestion, Passing, PassingQuestion, Sequence,
        SequenceQuestion, Series, SeriesQuestion,
    },
    workbench::ApiError,
};

use super::{
    Context,
    ask::{reader, told},
};
use crate::error::to_api_error;

pub(super) fn passing(context: &Context<'_>, question: PassingQuestion) -> Result<Passing, ApiError> {
    told(reader(context)?.passing(&question))
}

pub(super) fn series(context: &Context<'_>, question: SeriesQuestion) -> Result<Series, ApiError> {
    told(reader(context)?.series(&question))
}

pub(super) fn incidents(context: &Context<'_>, question: IncidentsQuestion) -> Result<Vec<Incident>, ApiError> {
    told(reader(context)?.incidents(&question))
}

pub(super) fn sequence(context: &Context<'_>, question: SequenceQuestion) -> Result<Sequence, ApiError> {
    told(reader(context)?.sequence(&question))
}

pub(super) fn difference(context: &Context<'_>, question: DifferenceQuestion) -> Result<Difference, ApiError> {
    context.workbench.difference(&question, context.lane).map_err(to_api_error)
}
