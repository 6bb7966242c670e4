//! One check: what it takes, phase by phase, and whether what came is what is expected.
//!
//! ```text
//!  name ─▶ addresses ─▶ connection ─▶ (tunnel) ─▶ (TLS) ─▶ request written ─▶ first byte ─▶ last byte ─▶ verdict
//!      dns          connect        proxy       tls      write           ttfb          transfer
//! ```

mod certificate;
mod check;
mod checker;
mod connect;
mod dial;
mod dns;
mod failure;
mod frames;
mod grpc;
mod http;
mod icmp;
mod lookups;
mod measurement;
mod observed;
mod proxy;
mod question;
mod request;
mod resolve;
mod reverse;
mod tls;
mod trace;
mod verdict;

pub use certificate::Certificate;
pub use check::Check;
pub use checker::Checker;
pub(crate) use failure::KINDS;
pub use failure::{Failure, Phase};
pub use measurement::{Hop, Measurement, Phases, SpokenHttp, SpokenTls, Unfinished};
pub use reverse::{reverse_name, reverse_name_by};
