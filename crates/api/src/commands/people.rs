//! Commands about who comes in from outside: customers, addresses without a name, and what the user calls them.

use wirereel_query::{
    customers::{
        Customers, CustomersQuestion, NamingChecked, NamingDraft, NamingSave, NamingState, UnresolvedPage,
        UnresolvedQuestion,
    },
    workbench::ApiError,
};

use super::{
    Context, Nothing,
    ask::{reader, told},
};
use crate::error::to_api_error;

pub(super) fn customers(context: &Context<'_>, question: CustomersQuestion) -> Result<Customers, ApiError> {
    told(reader(context)?.customers(&question))
}

pub(super) fn unresolved(context: &Context<'_>, question: UnresolvedQuestion) -> Result<UnresolvedPage, ApiError> {
    context.workbench.unresolved(&question, context.lane).map_err(to_api_error)
}

pub(super) fn naming(context: &Context<'_>, _: Nothing) -> Result<NamingState, ApiError> {
    context.workbench.naming().map_err(to_api_error)
}

pub(super) fn naming_check(context: &Context<'_>, draft: NamingDraft) -> Result<NamingChecked, ApiError> {
    context.workbench.check_naming(&draft, context.lane).map_err(to_api_error)
}

pub(super) fn naming_save(context: &Context<'_>, change: NamingSave) -> Result<NamingState, ApiError> {
    context.workbench.save_naming(&change).map_err(to_api_error)
}
