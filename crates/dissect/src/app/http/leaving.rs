//! A connection that leaves HTTP/1: by an upgrade (RFC 9110 §7.8), or for a tunnel (§9.3.6).

use std::sync::Arc;

use super::exchange::Pending;
use super::fields::visit_fields;
use super::kept::KeptBody;

/// What a connection is called after a 2xx to CONNECT.
pub(in crate::app) const TUNNEL: &str = "tunnel";
/// HTTP/2 without TLS (RFC 7540 §3.2): the one protocol that is read after an upgrade.
pub(in crate::app) const H2C: &str = "h2c";

/// A longer token is no protocol's name: the longest registered one has 13 letters.
const MAX_TOKEN_BYTES: usize = 64;

/// What goes with a connection into its next protocol.
pub(in crate::app) struct Departure {
    /// `websocket`, `h2c`, `tunnel`, else the token of the Upgrade field in lower case.
    pub protocol: String,
    /// The request that HTTP/2 will answer on its stream 1.
    pub upgraded: Option<Box<Pending>>,
    pub next_ordinal: u32,
    pub kept: Option<Box<KeptBody>>,
    pub server_name: Option<Arc<str>>,
    /// Bytes of the next protocol that the client sent before the server agreed.
    pub early_client_bytes: u64,
}

/// The first protocol of the Upgrade field, in lower case; `unknown` without one.
pub(super) fn token_of_upgrade(lines: &str) -> String {
    let mut token = None;
    visit_fields(lines, |field| {
        if field.lower == "upgrade" && token.is_none() {
            token = field.value.split(',').map(str::trim).find(|word| !word.is_empty()).map(str::to_ascii_lowercase);
        }
    });
    token.filter(|token| token.len() <= MAX_TOKEN_BYTES).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_protocol_of_an_upgrade_names_what_follows() {
        assert_eq!(token_of_upgrade("Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"), "websocket");
        assert_eq!(token_of_upgrade("upgrade: TLS/1.0, HTTP/1.1\r\n"), "tls/1.0");
        assert_eq!(token_of_upgrade("A: b\r\n"), "unknown");
        assert_eq!(token_of_upgrade(&format!("Upgrade: {}\r\n", "x".repeat(65))), "unknown");
    }
}
