//! What could not be read, and where.

use super::FlowId;

/// Which room of the dissector met the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading the capture file itself.
    File,
    Link,
    Network,
    Transport,
    Http,
    Dns,
    Tls,
}

impl Stage {
    /// The name shown in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Link => "link",
            Self::Network => "network",
            Self::Transport => "transport",
            Self::Http => "http",
            Self::Dns => "dns",
            Self::Tls => "tls",
        }
    }
}

/// Something that could not be read. Reading went on after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub at_ns: i64,
    pub stage: Stage,
    /// Position of the packet's record in the file.
    pub position: u64,
    pub flow: Option<FlowId>,
    /// What was found and what was expected, without the packet's payload.
    pub message: String,
}
