//! From a host to a connection, as everything that measures from outside goes: which addresses are tried, what failed, and questions to a
//! DNS server. Who connects says so in words of its own.
#![forbid(unsafe_code)]

mod addresses;
pub mod dns;
mod first;
mod said;
mod tls;

pub use addresses::{MAX_ADDRESSES, in_turns, literal};
pub use first::{NotConnected, first_of};
pub use said::{is_own_limits, looked_up, quoted, said};
pub use tls::{CertificateFault, NoServerName, TlsFault, alert_words, server_name};
