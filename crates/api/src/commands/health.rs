//! How Wirereel itself is.

use wirereel_query::{
    health::{Health, HealthQuestion},
    workbench::ApiError,
};

use super::Context;
use crate::error::to_api_error;

pub(super) fn health(context: &Context<'_>, question: HealthQuestion) -> Result<Health, ApiError> {
    context.workbench.health(&question).map_err(to_api_error)
}
