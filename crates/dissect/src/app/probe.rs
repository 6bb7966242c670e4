//! Which protocol a stream speaks, told by its first bytes and never by its port.

use crate::record::Side;

use super::{banner, h2, http, tls};

/// What a protocol says about the first bytes of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// These bytes are the start of one of its messages.
    Certain,
    /// A longer look could make it certain.
    Unsure,
    /// Whatever follows, it is something else.
    NotMine,
}

/// What all protocols together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    Http,
    /// HTTP/2 from its preface on.
    H2,
    /// HTTP/2 of which the beginning was not captured.
    H2Frames,
    /// A lone line and its answer: HTTP/0.9, if the server closes after it.
    Simple,
    Tls,
    /// Recognised by its banner; its messages are not read.
    Named(&'static str),
    /// More bytes are needed.
    Unsure,
    Unknown,
}

/// What one side's bytes may be if the other side's bytes agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Nothing but HTTP/2 frames.
    H2Frames,
    /// A line that HTTP/0.9 could have.
    SimpleRequest,
}

/// Asks every protocol about the first bytes that `side` sent.
pub(crate) fn identify(side: Side, bytes: &[u8]) -> (Guess, Option<Hint>) {
    let verdicts = [
        (http::probe(side, bytes), Guess::Http),
        (tls::probe(side, bytes), Guess::Tls),
        (h2::probe(side, bytes), Guess::H2),
    ];
    if let Some((_, guess)) = verdicts.iter().find(|(verdict, _)| *verdict == Verdict::Certain) {
        return (*guess, None);
    }
    if let Some(name) = banner::name(side, bytes) {
        return (Guess::Named(name), None);
    }
    match h2::probe_frames(side, bytes) {
        Verdict::Certain => return (Guess::Unsure, Some(Hint::H2Frames)),
        Verdict::Unsure => return (Guess::Unsure, None),
        Verdict::NotMine => {}
    }
    if side == Side::Client && http::is_simple_request(bytes) {
        return (Guess::Unsure, Some(Hint::SimpleRequest));
    }
    let is_unsure = verdicts.iter().any(|(verdict, _)| *verdict == Verdict::Unsure);
    (if is_unsure { Guess::Unsure } else { Guess::Unknown }, None)
}

/// Whether these first bytes are a client's (`Some(true)`), a server's (`Some(false)`), or could be either's.
pub(crate) fn looks_like_client(bytes: &[u8]) -> Option<bool> {
    let speaks = |side| !matches!(identify(side, bytes).0, Guess::Unsure | Guess::Unknown);
    // Protocols with one banner for both sides let the server speak first.
    if speaks(Side::Server) {
        Some(false)
    } else if speaks(Side::Client) {
        Some(true)
    } else {
        h2::speaker(bytes).map(|side| side == Side::Client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_client_hellos_are_a_clients() {
        assert_eq!(looks_like_client(b"GET / HTTP/1.1\r\n"), Some(true));
        assert_eq!(looks_like_client(&[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]), Some(true));
        assert_eq!(looks_like_client(b"*1\r\n$4\r\nPING\r\n"), Some(true));
    }

    #[test]
    fn responses_server_hellos_and_banners_are_a_servers() {
        assert_eq!(looks_like_client(b"HTTP/1.1 200 OK\r\n"), Some(false));
        assert_eq!(looks_like_client(&[0x16, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]), Some(false));
        assert_eq!(looks_like_client(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Some(false));
    }

    #[test]
    fn anything_else_tells_nothing() {
        for bytes in [&b""[..], b"GE", b"hello world", b"\x00\x01\x02", b"OPTIONS sip:a@b SIP/2.0\r\n"] {
            assert_eq!(looks_like_client(bytes), None, "{bytes:?}");
        }
    }
}
