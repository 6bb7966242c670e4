//! Commands of the reel and of the panes along it.

use wirereel_query::{
    reel::{Passing, PassingQuestion},
    workbench::ApiError,
};

use super::{
    Context,
    ask::{reader, told},
};

pub(super) fn passing(context: &Context<'_>, question: PassingQuestion) -> Result<Passing, ApiError> {
    told(reader(context)?.passing(&question))
}
