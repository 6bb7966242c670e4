//! The running workbench: opens workspaces, imports captures, decides what addresses are called, answers hosts.
#![forbid(unsafe_code)]

mod body;
pub mod config;
pub mod doctor;
mod error;
pub mod export;
pub mod import;
mod naming;
mod read_back;
mod samples;
mod ticks;
mod wireshark;
mod workbench;
mod workspace;

pub use error::EngineError;
pub use export::Selection;
pub use wirereel_store::{Reader, StoreError, schema_markdown, schema_text};
pub use workbench::Workbench;
pub use workspace::Workspace;
