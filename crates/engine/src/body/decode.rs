//! Content codings (RFC 9110 §8.4) undone, with a limit on what comes out.

use std::io::Read;

/// A body with its content codings undone as far as possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub bytes: Vec<u8>,
    /// The limit was reached.
    pub truncated: bool,
    /// Why it ends early or is still coded.
    pub warning: Option<String>,
}

/// Undoes the codings in reverse order of their listing; each may give at most `limit` bytes.
pub(crate) fn decode(sent: Vec<u8>, content_encoding: Option<&str>, limit: usize) -> Decoded {
    let mut decoded = Decoded { bytes: sent, truncated: false, warning: None };
    let codings = content_encoding.unwrap_or_default().split(',').map(|c| c.trim().to_ascii_lowercase());
    for coding in codings.filter(|c| !c.is_empty() && c != "identity").collect::<Vec<_>>().into_iter().rev() {
        let input = std::mem::take(&mut decoded.bytes);
        match undo(&coding, &input, limit) {
            Some((bytes, truncated, error)) => {
                decoded.bytes = bytes;
                decoded.truncated |= truncated;
                if let Some(error) = error {
                    decoded.warning =
                        Some(format!("{coding}: {error}; {} bytes could be decoded", decoded.bytes.len()));
                    return decoded;
                }
            }
            None => {
                decoded.bytes = input;
                decoded.warning = Some(format!("content encoding {coding:?} is not known; shown as sent"));
                return decoded;
            }
        }
    }
    if decoded.bytes.len() > limit {
        decoded.bytes.truncate(limit);
        decoded.truncated = true;
    }
    decoded
}

type Undone = (Vec<u8>, bool, Option<std::io::Error>);

fn undo(coding: &str, input: &[u8], limit: usize) -> Option<Undone> {
    Some(match coding {
        "gzip" | "x-gzip" => limited(flate2::read::MultiGzDecoder::new(input), limit),
        // "deflate" means zlib (RFC 9110 §8.4.1.2), but some senders leave its wrapper out.
        "deflate" => {
            let wrapped = limited(flate2::read::ZlibDecoder::new(input), limit);
            if wrapped.2.is_some() && wrapped.0.is_empty() {
                limited(flate2::read::DeflateDecoder::new(input), limit)
            } else {
                wrapped
            }
        }
        "br" => limited(brotli_decompressor::Decompressor::new(input, 4096), limit),
        "zstd" => match zstd::stream::read::Decoder::new(input) {
            Ok(decoder) => limited(decoder, limit),
            Err(error) => (Vec::new(), false, Some(error)),
        },
        _ => return None,
    })
}

fn limited(mut reader: impl Read, limit: usize) -> Undone {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return (bytes, false, None),
            Ok(n) => {
                let room = limit - bytes.len();
                bytes.extend_from_slice(&chunk[..n.min(room)]);
                if n > room {
                    return (bytes, true, None);
                }
            }
            Err(error) => return (bytes, false, Some(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{super::DECODED_LIMIT_BYTES, *};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn each_coding_is_undone_also_when_two_are_stacked() {
        let text = b"hello hello hello".to_vec();
        let zlib = {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&text).expect("memory");
            encoder.finish().expect("memory")
        };
        let bare = {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&text).expect("memory");
            encoder.finish().expect("memory")
        };
        let zstd = zstd::encode_all(&*text, 1).expect("memory");
        let stacked = zstd::encode_all(&*gzip(&text), 1).expect("memory");
        for (sent, coding) in [
            (gzip(&text), "gzip"),
            (gzip(&text), "X-GZIP"),
            (zlib, "deflate"),
            (bare, "deflate"),
            (zstd, "zstd"),
            (stacked, "gzip, zstd"),
            (text.clone(), "identity"),
        ] {
            let decoded = decode(sent, Some(coding), DECODED_LIMIT_BYTES);
            assert_eq!((decoded.bytes, decoded.warning), (text.clone(), None), "{coding}");
        }
    }

    #[test]
    fn a_bomb_is_cut_at_the_limit() {
        let bomb = gzip(&vec![0; DECODED_LIMIT_BYTES + 1]);
        assert!(bomb.len() < 64 * 1024);
        let decoded = decode(bomb, Some("gzip"), DECODED_LIMIT_BYTES);
        assert!(decoded.truncated);
        assert_eq!(decoded.bytes.len(), DECODED_LIMIT_BYTES);
    }

    #[test]
    fn what_was_readable_before_an_error_is_kept_and_said() {
        let mut sent = gzip(&b"0123456789".repeat(10_000));
        sent.truncate(sent.len() - 12);
        let decoded = decode(sent, Some("gzip"), DECODED_LIMIT_BYTES);
        assert!(!decoded.bytes.is_empty());
        assert!(decoded.warning.expect("a warning").starts_with("gzip: "));
        let unknown = decode(b"abc".to_vec(), Some("compress"), DECODED_LIMIT_BYTES);
        assert_eq!(unknown.bytes, b"abc");
        assert!(unknown.warning.expect("a warning").contains("\"compress\" is not known"));
    }
}
