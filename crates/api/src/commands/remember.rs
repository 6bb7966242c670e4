//! Commands about what the workspace remembers.

use serde::Deserialize;
use serde_json::Value;
use wirereel_query::workbench::{ApiError, Bookmark};

use super::{Context, Nothing};
use crate::error::{bad_request, to_api_error};

/// Longest setting, in bytes of JSON: a layout of 3,000 nodes takes about 200 kB.
const SETTING_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
pub(super) struct NewBookmark {
    at_us: i64,
    note: String,
}

#[derive(Deserialize)]
pub(super) struct BookmarkId {
    id: i64,
}

#[derive(Deserialize)]
pub(super) struct Key {
    key: String,
}

#[derive(Deserialize)]
pub(super) struct Setting {
    key: String,
    value: Value,
}

pub(super) fn bookmarks(context: &Context<'_>, _: Nothing) -> Result<Vec<Bookmark>, ApiError> {
    context.workbench.bookmarks().map_err(to_api_error)
}

pub(super) fn add_bookmark(context: &Context<'_>, args: NewBookmark) -> Result<Bookmark, ApiError> {
    context.workbench.add_bookmark(args.at_us, &args.note).map_err(to_api_error)
}

pub(super) fn remove_bookmark(context: &Context<'_>, args: BookmarkId) -> Result<Nothing, ApiError> {
    context.workbench.remove_bookmark(args.id).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn get_setting(context: &Context<'_>, args: Key) -> Result<Value, ApiError> {
    Ok(context.workbench.setting(&args.key).map_err(to_api_error)?.unwrap_or(Value::Null))
}

pub(super) fn set_setting(context: &Context<'_>, args: Setting) -> Result<Nothing, ApiError> {
    let bytes = args.value.to_string().len();
    if bytes > SETTING_BYTES {
        return Err(bad_request(format!(
            "set_setting: {:?} has {bytes} bytes; at most {SETTING_BYTES} are kept",
            args.key
        )));
    }
    context.workbench.set_setting(&args.key, &args.value).map_err(to_api_error)?;
    Ok(Nothing {})
}
