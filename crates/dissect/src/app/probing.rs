//! First bytes of a stream, held until they tell its protocol.

use crate::record::Side;

use super::probe::{Guess, Hint, identify};

/// Segments of one side that told nothing before that side is no longer looked at: a long binary stream costs nothing then,
/// and a client's next request is still found when the capture began inside a long response.
pub(super) const MAX_PROBES: u8 = 16;

/// First bytes held while a protocol is unsure. A request target of 8000 bytes must be supported by every server
/// (RFC 9112 §3), so a request line that has not ended after this many bytes is not one.
pub(super) const MAX_HELD_BYTES: usize = 8192;

#[derive(Default)]
pub(super) struct Probing {
    client: Held,
    server: Held,
}

/// Bytes of one side that are not yet enough to tell the protocol.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    at_ns: i64,
    /// How often this side told nothing.
    misses: u8,
    /// What these bytes are if the other side agrees.
    hint: Option<Hint>,
}

impl Probing {
    /// Asks the protocols about what `side` has sent so far; holds it when they are unsure.
    pub(super) fn look(&mut self, side: Side, bytes: &[u8], at_ns: i64) -> Guess {
        let (held, other) = match side {
            Side::Client => (&mut self.client, &self.server),
            Side::Server => (&mut self.server, &self.client),
        };
        if held.misses >= MAX_PROBES {
            return Guess::Unknown;
        }
        let before = held.bytes.len();
        let (guess, hint) = if before == 0 {
            held.at_ns = at_ns;
            identify(side, bytes)
        } else {
            held.bytes.extend_from_slice(bytes);
            identify(side, &held.bytes)
        };
        let agreed = match (guess, hint, other.hint) {
            (Guess::Unsure | Guess::Unknown, Some(Hint::H2Frames), Some(Hint::H2Frames)) => Guess::H2Frames,
            (Guess::Unknown, None, Some(Hint::SimpleRequest)) => Guess::Simple,
            _ => guess,
        };
        held.hint = match hint {
            // Frames that were seen once are not unseen by a segment that begins inside one.
            None if held.hint == Some(Hint::H2Frames) => held.hint,
            _ => hint,
        };
        match agreed {
            Guess::Unsure if before + bytes.len() <= MAX_HELD_BYTES => {
                if before == 0 {
                    held.bytes.extend_from_slice(bytes);
                }
                Guess::Unsure
            }
            Guess::Unsure | Guess::Unknown => {
                held.bytes = Vec::new();
                held.misses += 1;
                Guess::Unknown
            }
            certain => {
                // The newest bytes are given to the parser separately, with their own time.
                held.bytes.truncate(before);
                certain
            }
        }
    }

    /// Bytes of `side` were lost: what is held does not join what comes.
    pub(super) fn forget(&mut self, side: Side) {
        let held = match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        held.bytes = Vec::new();
        held.hint = None;
    }

    /// What is held of the client, and when its first byte came.
    pub(super) fn client_bytes(&self) -> (&[u8], i64) {
        (&self.client.bytes, self.client.at_ns)
    }

    /// Neither side is looked at any more.
    pub(super) fn is_in_vain(&self) -> bool {
        self.client.misses >= MAX_PROBES && self.server.misses >= MAX_PROBES
    }

    /// What is held of either side, with its time. A line that only looked like HTTP/0.9 is none of anybody else's.
    pub(super) fn into_pieces(self) -> impl Iterator<Item = (Side, Vec<u8>, i64)> {
        let piece = |side, held: Held| {
            let bytes = if held.hint == Some(Hint::SimpleRequest) { Vec::new() } else { held.bytes };
            (side, bytes, held.at_ns)
        };
        [piece(Side::Client, self.client), piece(Side::Server, self.server)]
            .into_iter()
            .filter(|(_, bytes, _)| !bytes.is_empty())
    }
}
