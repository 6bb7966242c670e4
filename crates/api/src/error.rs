//! Engine errors as the few codes that frontends match.

use wirereel_engine::EngineError;
use wirereel_query::workbench::{ApiError, ErrorCode};

/// An error for arguments of the wrong shape or range.
pub fn bad_request(message: impl Into<String>) -> ApiError {
    ApiError { code: ErrorCode::BadRequest, message: message.into(), detail: String::new() }
}

/// An error for what this host cannot do.
pub fn unsupported(what: &str) -> ApiError {
    ApiError {
        code: ErrorCode::Unsupported,
        message: format!("This host does not offer {what}."),
        detail: String::new(),
    }
}

/// The code, sentence and detail of an engine error.
pub fn to_api_error(error: EngineError) -> ApiError {
    let detail = match &error {
        EngineError::Filter(problem) => serde_json::to_string(problem).unwrap_or_default(),
        other => std::error::Error::source(other).map(ToString::to_string).unwrap_or_default(),
    };
    ApiError { code: error.code(), message: error.to_string(), detail }
}
