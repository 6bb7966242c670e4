//! What commands need from whatever runs them.

use std::{net::SocketAddr, path::PathBuf};

use wirereel_query::workbench::ApiError;

use crate::error::unsupported;

/// The running host. Every method may block; commands never run on the host's UI thread.
pub trait Host: Send + Sync {
    /// `window` or `browser`.
    fn name(&self) -> &'static str;

    /// Where the page itself is spoken to over the network: live capture leaves it out, or looking would be seen.
    fn page(&self) -> Option<SocketAddr> {
        None
    }

    /// Lets the user choose capture files; empty when they chose none.
    ///
    /// # Errors
    /// `unsupported` where there is no dialog.
    fn choose_files(&self) -> Result<Vec<PathBuf>, ApiError> {
        Err(unsupported("choosing files by dialog"))
    }

    /// Lets the user choose where to save; `None` when they changed their mind.
    ///
    /// # Errors
    /// `unsupported` where there is no dialog.
    fn choose_save_path(&self, _suggested: &str) -> Result<Option<PathBuf>, ApiError> {
        Err(unsupported("saving by dialog"))
    }
}

/// A host without window: the web host, scripts and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headless;

impl Host for Headless {
    fn name(&self) -> &'static str {
        "browser"
    }
}
