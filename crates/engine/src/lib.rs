//! The running workbench: opens workspaces, imports captures, decides what addresses are called, answers hosts.
#![forbid(unsafe_code)]

pub mod alerting;
mod body;
mod checking;
mod clock;
pub mod config;
pub mod doctor;
mod error;
pub mod export;
mod flow_packets;
mod health;
pub mod import;
pub mod instant;
pub mod keeping;
mod live;
pub mod metering;
mod naming;
pub mod probing;
mod read_back;
mod results;
mod samples;
mod second_try;
mod ticks;
mod wireshark;
mod workbench;
mod workspace;

pub use body::WholeBody;
pub use error::EngineError;
pub use export::{RowsExport, Selection};
pub use health::Answered;
pub use wirereel_store::{FORMAT, Reader, StoreError, WindowFigures, difference, schema_markdown, schema_text};
pub use wirereel_whisper::CaptureConfig;
pub use workbench::Workbench;
pub use workspace::Workspace;
