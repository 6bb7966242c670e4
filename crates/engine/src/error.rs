//! What can go wrong in the workbench.

use std::{io, path::PathBuf};

use wirereel_capture::CaptureError;
use wirereel_query::{answer::FilterProblem, workbench::ErrorCode};
use wirereel_store::StoreError;

/// An error of the workbench. Its text is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No recording is open.
    #[error("No recording is open.")]
    NothingOpen,
    /// What was named does not exist.
    #[error("{0} does not exist.")]
    NotFound(String),
    /// The folder holds no workspace.
    #[error("{} holds no Wirereel workspace: import a capture into it first.", .0.display())]
    NoWorkspace(PathBuf),
    /// A file is not a capture or cannot be read.
    #[error("{}: {error}", path.display())]
    Capture { path: PathBuf, error: CaptureError },
    /// The capture that rows came from is gone or changed.
    #[error("{} cannot be read any more: {reason}. Rows stay; packets and bodies need the file.", path.display())]
    SourceGone { path: PathBuf, reason: String },
    /// Live packets that retention has removed.
    #[error(
        "Its packets are gone: what is older than {keep}, or beyond {at_most}, is removed. Rows stay as long as they are not older."
    )]
    PacketsRemoved { keep: String, at_most: String },
    /// A filter text is wrong.
    #[error("{}", .0.message)]
    Filter(FilterProblem),
    /// Packets cannot be captured: why, and what to do.
    #[error("{0}")]
    Capturing(String),
    /// What somebody wants of alerts cannot be: why.
    #[error("{0}")]
    Alerting(String),
    /// What somebody wants of names cannot be: why.
    #[error("{0}")]
    Naming(String),
    /// Somebody else changed it meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// Another import is running.
    #[error("An import is running: wait for it or cancel it.")]
    Busy,
    /// The user ended it.
    #[error("The import was cancelled.")]
    Cancelled,
    /// Something this machine does not have.
    #[error("{0}")]
    Unsupported(String),
    /// A file operation failed.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadFilter(problem) => Self::Filter(problem),
            other => Self::Store(other),
        }
    }
}

impl EngineError {
    /// The code that hosts match.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NothingOpen => ErrorCode::NothingOpen,
            Self::NotFound(_) | Self::NoWorkspace(_) | Self::SourceGone { .. } | Self::PacketsRemoved { .. } => {
                ErrorCode::NotFound
            }
            Self::Capture { .. } => ErrorCode::BadCapture,
            Self::Filter(_) => ErrorCode::BadFilter,
            Self::Busy | Self::Capturing(_) | Self::Alerting(_) | Self::Naming(_) => ErrorCode::BadRequest,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Unsupported(_) => ErrorCode::Unsupported,
            Self::Io { .. } => ErrorCode::Internal,
            Self::Store(error) => match error {
                StoreError::NotFound(_) => ErrorCode::NotFound,
                StoreError::BadSql(_) => ErrorCode::BadSql,
                StoreError::BadQuestion(_) => ErrorCode::BadRequest,
                StoreError::BadFilter(_) => ErrorCode::BadFilter,
                StoreError::Superseded => ErrorCode::Superseded,
                _ => ErrorCode::Internal,
            },
        }
    }

    /// An I/O error with the path it happened at.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { path, error }
    }

    /// A capture error with the file it happened in.
    pub(crate) fn capture(path: impl Into<PathBuf>) -> impl FnOnce(CaptureError) -> Self {
        let path = path.into();
        move |error| Self::Capture { path, error }
    }
}
