//! What a hop says of itself: one record in the trailers of the answer that it passes on, and the names of everything that travels.
//!
//! Only durations by the hop's own monotonic clock count; its wall clock serves drawing.
//!
//! ```
//! use wirereel_probes::{ProbeId, config::To, record::{Key, Records, probe_of, request_metadata}};
//! # use wirereel_probes::{HopRecord, Role};
//! let key = Key::new(b"a secret that sender and hops share")?;
//! let (id, to) = (ProbeId::random(), To { region: "eu".into(), service: "shop".into() });
//! // The sender puts these into the request,
//! let metadata = request_metadata(id, &to, Some(&key));
//! // a hop asks whether it is asked,
//! let headers = metadata.iter().map(|(name, value)| Ok((name.parse()?, value.parse()?)));
//! let headers = headers.collect::<Result<_, Box<dyn std::error::Error>>>()?;
//! assert_eq!(probe_of(&headers, Some(&key)), Ok(Some(id)));
//! // and says of itself in trailers, as `wirereel-hop`,
//! # let record = HopRecord { hop: "Mediary B".into(), region: "eu".into(), role: Role::Relay, residence_ns: 9, waited_ns: 7, queue_ns: 1,
//! #     backend_ns: None, received_at_ns: 0 };
//! let value = record.encode(id, Some(&key));
//! // which the sender reads.
//! let records = Records::read([value.as_bytes()], id, Some(&key));
//! assert_eq!((records.hops, records.ignored), (vec![record], 0));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod fields;
mod hop;
mod id;
mod key;
mod request;
mod seen;
mod text;

use serde::{Deserialize, Serialize};

pub use fields::MOST_RECORD_BYTES;
pub use hop::{HopRecord, MOST_RECORDS, Records};
pub use id::{NotAProbeId, ProbeId};
pub use key::{Key, NoKey, Refusal};
pub use request::{probe_of, request_metadata, target_metadata, target_of};
pub use seen::{Ending, Sighting, Sightings, Stay};

/// The probe's id, in the request; it is also the trace id of the request's `traceparent`, by which packets are found.
pub const PROBE_ID: &str = "wirereel-probe-id";
/// The region that the request is for; percent-encoded.
pub const TARGET_REGION: &str = "wirereel-target-region";
/// The service that the request is for; percent-encoded.
pub const TARGET_SERVICE: &str = "wirereel-target-service";
/// The request's signature, where a key is configured: 64 hexadecimal digits.
pub const SIGNATURE: &str = "wirereel-probe-signature";
/// One hop's record, in trailers (or in headers, when the answer is trailers only); every hop adds its own.
pub const HOP: &str = "wirereel-hop";
/// What one hop remembers of a probe, in the trailers of the answer to [`RECALL`]; every hop adds its own.
pub const SEEN: &str = "wirereel-seen";
/// The method that asks hops what they remember of a probe, named by [`PROBE_ID`] and going where the probe went.
pub const RECALL: &str = "/wirereel.probe.v1.Recall/Find";
/// W3C trace context, level 1.
pub const TRACEPARENT: &str = "traceparent";

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Relay,
    Gateway,
    /// The service at the end.
    Responder,
}

impl Role {
    /// As records say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Gateway => "gateway",
            Self::Responder => "responder",
        }
    }
}
