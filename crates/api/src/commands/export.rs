//! Commands that write files the user keeps.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use wirereel_engine::{RowsExport, Selection};
use wirereel_query::{
    question::{RowsFormat, RowsOf, Scope},
    workbench::{ApiError, ErrorCode},
};

use super::{Context, Nothing, ask::BodyOf};
use crate::error::{bad_request, to_api_error};

/// Exactly one of the keys says what is exported.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct What {
    flow_id: Option<u64>,
    exchange_id: Option<u64>,
    scope: Option<Scope>,
}

#[derive(Serialize)]
pub(super) struct Saved {
    saved: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Picture {
    name: String,
    base64: String,
}

/// Which rows are written, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichRows {
    rows: RowsOf,
    format: RowsFormat,
    #[serde(default)]
    scope: Scope,
    /// HAR: with bodies, and whatever secrets are in them.
    #[serde(default)]
    bodies: bool,
}

impl What {
    fn selection(self) -> Result<Selection, ApiError> {
        match (self.flow_id, self.exchange_id, self.scope) {
            (Some(id), None, None) => Ok(Selection::Flow(id)),
            (None, Some(id), None) => Ok(Selection::Exchange(id)),
            (None, None, Some(scope)) => Ok(Selection::Scope(scope)),
            _ => Err(bad_request("give exactly one of flow_id, exchange_id and scope")),
        }
    }
}

pub(super) fn export_pcap(context: &Context<'_>, what: What) -> Result<Saved, ApiError> {
    let selection = what.selection()?;
    let Some(path) = context.host.choose_save_path("wirereel.pcapng")? else { return Ok(Saved { saved: None }) };
    context.workbench.export_pcap(&selection, &path).map_err(to_api_error)?;
    Ok(Saved { saved: Some(path.display().to_string()) })
}

pub(super) fn export_rows(context: &Context<'_>, which: WhichRows) -> Result<Saved, ApiError> {
    let WhichRows { rows, format, scope, bodies } = which;
    let export = RowsExport { rows, format, scope, bodies };
    export.check().map_err(to_api_error)?;
    let Some(path) = context.host.choose_save_path(export.file_name())? else { return Ok(Saved { saved: None }) };
    context.workbench.export_rows(&export, &path).map_err(to_api_error)?;
    Ok(Saved { saved: Some(path.display().to_string()) })
}

pub(super) fn save_body(context: &Context<'_>, args: BodyOf) -> Result<Saved, ApiError> {
    let body = context.workbench.whole_body(args.exchange_id, args.message).map_err(to_api_error)?;
    let Some(path) = context.host.choose_save_path(&body.file_name)? else { return Ok(Saved { saved: None }) };
    body.write(&path).map_err(to_api_error)?;
    Ok(Saved { saved: Some(path.display().to_string()) })
}

pub(super) fn open_in_wireshark(context: &Context<'_>, what: What) -> Result<Nothing, ApiError> {
    context.workbench.open_in_wireshark(&what.selection()?).map_err(to_api_error)?;
    Ok(Nothing {})
}

pub(super) fn save_file(context: &Context<'_>, picture: Picture) -> Result<Saved, ApiError> {
    let bytes =
        BASE64_STANDARD.decode(&picture.base64).map_err(|error| bad_request(format!("save_file: base64: {error}")))?;
    let Some(path) = context.host.choose_save_path(&picture.name)? else { return Ok(Saved { saved: None }) };
    std::fs::write(&path, bytes).map_err(|error| ApiError {
        code: ErrorCode::Internal,
        message: format!("{} cannot be written: {error}", path.display()),
        detail: String::new(),
    })?;
    Ok(Saved { saved: Some(path.display().to_string()) })
}
