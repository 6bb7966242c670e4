//! DuckDB for events, SQLite for what the workspace remembers.
//!
//! [`Store::open`] opens the events of a recording: one [`Writer`] appends [`Batch`]es that the dissecting thread collected in
//! [`Rows`]; any number of [`Reader`]s answer the questions of `wirereel-query` and users' SQL over the views that [`views`]
//! describes. [`Workspace::open`] opens settings, bookmarks and recent recordings.
//!
//! The only room that says `duckdb` or `rusqlite`.
#![forbid(unsafe_code)]

mod carry;
mod compact;
mod error;
mod hint;
mod lanes;
mod latency;
mod noted;
mod open;
mod read;
mod rows;
mod schema;
mod store;
mod workspace;
mod write;

pub use carry::take_over;
pub use compact::{Memory, Space};
pub use error::{Result, StoreError};
pub use latency::{Histogram as LatencyHistogram, class_of as latency_class};
pub use open::{check_library, set_database_aside};
pub use read::{
    AlertPage, CheckReading, CheckSample, Copied, CopyFormat, FigurePoint, MetricPoint, PathParts, ProbeReading,
    ProbeSample, Reader, SeenExchange, SeenProbe, SourcePath, StoredExchange, StoredFigure, TargetFigures, ToldProbe,
    WaitingProblem, WindowFigures, difference,
};
pub use rows::{Batch, Owner, Peer, PeerId, PeerTable, Rows, SourceId, flow_number, source_and_flow};
pub use schema::{Column, FORMAT, View, schema_markdown, schema_text, views};
pub use store::{Opened, Store};
pub use workspace::{Recent, WhispererMemory, WhispererNote, Workspace};
pub use write::{
    AlertSaving, AlertWriter, Attempt, Came, CheckHour, CheckWriter, Forgetting, HourTimes, KeptSource, LostPackets,
    Mark, NewCheckRun, NewObservation, NewProbeHop, NewProbeRun, NewSource, News, ObservationWriter, ObservedHop,
    PeerName, ProbeWriter, SavedAlert, SavedAlertEvent, SavedAlertState, SavedAlerts, SavedDelivery, SourceFigures,
    SourceKind, Writer,
};

/// The DuckDB version this program is made for.
pub const DUCKDB_VERSION: &str = "v1.5.6";
