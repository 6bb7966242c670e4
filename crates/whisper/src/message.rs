//! The control messages.

use serde::{Deserialize, Serialize};

use crate::{CaptureConfig, ConfigProblem, SocketChanges};

/// Version of this protocol. An agent of another one is refused with both numbers.
pub const PROTOCOL: u32 = 1;

/// From the workbench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum ToAgent {
    Hello {
        protocol: u32,
    },
    /// Answered by `Configured` or `Refused`. While capturing, only the filter is changed without a restart.
    Configure {
        config: CaptureConfig,
    },
    Start,
    /// Closes the interfaces, sends what is queued, and ends: rights that were given up are not to be had again.
    Stop,
    /// Sends a capture file of the agent's host.
    SendFile {
        path: String,
    },
}

/// From the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum FromAgent {
    Hello {
        protocol: u32,
        version: String,
        host: String,
        interfaces: Vec<Interface>,
        /// Why it may not capture, with the command that mends it; `None` when it may.
        hindrance: Option<String>,
    },
    /// In force from now on; `restart` when only the next start brings it.
    Configured {
        restart: bool,
    },
    Refused {
        problems: Vec<ConfigProblem>,
    },
    State {
        state: AgentState,
        reason: Option<String>,
    },
    /// The interfaces behind the numbers in packets that follow.
    Opened {
        interfaces: Vec<OpenInterface>,
    },
    Status(Box<AgentStatus>),
    /// Where the host can be asked, about twice a second.
    Sockets(SocketChanges),
    /// The file is sent; what was wrong with it, in sentences.
    FileEnded {
        packets: u64,
        warnings: Vec<String>,
    },
}

/// What an agent is doing. The workbench adds what only it can know: *not visible*, *connecting*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    Stopped,
    Capturing,
    WrongConfiguration,
}

/// An interface of the agent's host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub name: String,
    pub description: Option<String>,
    pub addresses: Vec<Address>,
    pub up: bool,
    pub loopback: bool,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub ip: String,
    pub netmask: Option<String>,
}

/// An interface that packets come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInterface {
    pub name: String,
    /// As in pcap files: LINKTYPE_ETHERNET is 1.
    pub link_type: u16,
    pub snap_length: u32,
}

/// Where packets got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostWhere {
    /// In the kernel's buffer: the agent was too slow to take them.
    Kernel,
    /// In the agent's queue: the receiver was too slow.
    Queue,
}

/// Packets lost in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Seconds since 1970 by the agent's clock.
    pub second: i64,
    pub place: LostWhere,
    pub packets: u64,
    /// 0 where nobody counted them.
    pub bytes: u64,
}

/// The circuit breaker between the queue and the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    /// Packets flow.
    Closed,
    /// The receiver takes nothing: packets are counted and thrown away at once, so that the host is not hurt.
    Open,
    /// One batch is tried.
    HalfOpen,
}

/// How the agent is, once a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentStatus {
    /// Nanoseconds since 1970 by the agent's clock.
    pub at_ns: i64,
    /// Since when it captures.
    pub capturing_since_ns: Option<i64>,
    /// Share of one core since the last status.
    pub cpu: f64,
    /// Resident memory.
    pub memory_bytes: u64,
    /// Since the start of the capture.
    pub packets: u64,
    pub bytes: u64,
    /// Written to the pipe since the start of the capture, with frames' heads.
    pub sent_bytes: u64,
    pub queued_packets: u64,
    pub queued_bytes: u64,
    pub queue_capacity_bytes: u64,
    pub breaker: Breaker,
    /// Seconds since the last status that lost packets.
    pub losses: Vec<Loss>,
    /// Median and 99th percentile of the time a frame took to be taken from the pipe, microseconds.
    pub send_p50_us: Option<u64>,
    pub send_p99_us: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CaptureConfig;

    #[test]
    fn messages_are_plain_json() {
        let told = |message: &ToAgent| serde_json::to_string(message).unwrap();
        assert_eq!(told(&ToAgent::Hello { protocol: PROTOCOL }), r#"{"do":"hello","protocol":1}"#);
        assert_eq!(told(&ToAgent::Stop), r#"{"do":"stop"}"#);
        let configure = ToAgent::Configure { config: CaptureConfig::default() };
        assert_eq!(serde_json::from_str::<ToAgent>(&told(&configure)).unwrap(), configure);
        let state: FromAgent =
            serde_json::from_str(r#"{"is":"state","state":"wrong_configuration","reason":"no interface eth9"}"#)
                .unwrap();
        let reason = Some("no interface eth9".to_owned());
        assert_eq!(state, FromAgent::State { state: AgentState::WrongConfiguration, reason });
    }
}
