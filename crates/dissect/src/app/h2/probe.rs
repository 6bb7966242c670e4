//! What HTTP/2 says about a stream's first bytes, and about bytes from its middle.

use crate::app::probe::Verdict;
use crate::record::Side;

use super::boundary::Plausible;
use super::frame::{INITIAL_MAX_PAYLOAD, Kind};
use super::reader::PREFACE;

/// The connection preface is like nothing else.
pub(crate) fn probe(side: Side, bytes: &[u8]) -> Verdict {
    if side == Side::Server {
        Verdict::NotMine
    } else if bytes.starts_with(PREFACE) {
        Verdict::Certain
    } else if PREFACE.starts_with(bytes) && !bytes.is_empty() {
        Verdict::Unsure
    } else {
        Verdict::NotMine
    }
}

/// Whether these bytes, from wherever in the stream, are frames and nothing else. One side alone is no proof.
pub(crate) fn probe_frames(side: Side, bytes: &[u8]) -> Verdict {
    match plausible(side).holds_throughout(bytes) {
        Some(true) => Verdict::Certain,
        Some(false) => Verdict::NotMine,
        None => Verdict::Unsure,
    }
}

/// Who sends these frames, told by the static fields that their first header block begins with: requests have
/// `:method`, `:path` and `:scheme` there, responses `:status`.
pub(crate) fn speaker(bytes: &[u8]) -> Option<Side> {
    let any = plausible(Side::Server);
    if any.holds_throughout(bytes) != Some(true) {
        return None;
    }
    let mut rest = bytes;
    while let Some(header) = any.header(rest) {
        let (payload, after) = rest[9..].split_at_checked(header.length as usize)?;
        match header.kind {
            Kind::Headers => return speaker_of_block(header.content(payload).ok()?),
            Kind::PushPromise => return Some(Side::Server),
            _ => rest = after,
        }
    }
    None
}

/// Looks at the indexed fields that a block begins with, up to the first that tells (RFC 7541 §6.1, Appendix A).
fn speaker_of_block(block: &[u8]) -> Option<Side> {
    block.iter().take_while(|byte| **byte & 0x80 != 0).find_map(|byte| match byte {
        0x82..=0x87 => Some(Side::Client),
        0x88..=0x8e => Some(Side::Server),
        _ => None,
    })
}

fn plausible(side: Side) -> Plausible {
    Plausible { side, max_payload: INITIAL_MAX_PAYLOAD, max_stream: u32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::h2::testing::{Encoder, data, frame};

    #[test]
    fn the_preface_is_certain_once_it_is_whole() {
        assert_eq!(probe(Side::Client, PREFACE), Verdict::Certain);
        assert_eq!(probe(Side::Client, b"PRI * HTTP/2.0\r\n"), Verdict::Unsure);
        assert_eq!(probe(Side::Client, b"PRI * HTTP/1.1\r\n"), Verdict::NotMine);
        assert_eq!(probe(Side::Server, PREFACE), Verdict::NotMine);
        assert_eq!(probe(Side::Client, b""), Verdict::NotMine);
    }

    #[test]
    fn frames_are_frames_from_first_to_last() {
        let ping = frame(6, 0, 0, b"12345678");
        assert_eq!(probe_frames(Side::Client, &ping), Verdict::Certain);
        assert_eq!(probe_frames(Side::Client, &ping[..12]), Verdict::Unsure);
        for other in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\0\xc8\x01\0\0\xc4", b"*1\r\n$4\r\nPING\r\n", b""] {
            assert_eq!(probe_frames(Side::Client, other), Verdict::NotMine);
        }
    }

    #[test]
    fn a_header_block_tells_who_speaks() {
        let block = |fields: &[(&str, &str)]| Encoder::default().headers(1, true, fields);
        assert_eq!(speaker(&block(&[(":method", "POST"), (":path", "/a")])), Some(Side::Client));
        let response = [frame(4, 0, 0, b""), block(&[(":status", "200")])].concat();
        assert_eq!(speaker(&response), Some(Side::Server));
        assert_eq!(speaker(&data(1, false, b"abc")), None);
        assert_eq!(speaker(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
