//! Message bodies as the shop sends them: whole with a length, or in pieces (chunked), plain or gzip.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Pause between the pieces of a chunked body, so that they travel in separate segments.
const BETWEEN_PIECES: Duration = Duration::from_millis(2);
/// No body of the shop is longer when unpacked.
const LONGEST_BYTES: u64 = 1 << 20;

/// A body: one piece has a `Content-Length`, several are sent chunked.
#[derive(Debug, Default)]
pub struct Payload {
    pieces: VecDeque<Bytes>,
    chunked: bool,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Payload {
    /// A body sent at once, with its length.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let pieces = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
        Self { pieces, ..Self::default() }
    }

    /// A body sent in up to three chunks.
    pub fn chunked(bytes: impl Into<Bytes>) -> Self {
        let mut rest: Bytes = bytes.into();
        let size = rest.len().div_ceil(3).max(1);
        let mut pieces = VecDeque::new();
        while !rest.is_empty() {
            pieces.push_back(rest.split_to(size.min(rest.len())));
        }
        Self { pieces, chunked: true, pause: None }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let piece = self.pieces.pop_front();
        if !self.pieces.is_empty() {
            self.pause = Some(Box::pin(tokio::time::sleep(BETWEEN_PIECES)));
        }
        Poll::Ready(piece.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.chunked {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.pieces.iter().map(|p| p.len() as u64).sum())
    }
}

/// Compresses as servers do for text.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let done = packed.write_all(bytes).and_then(|()| packed.finish());
    done.unwrap_or_default()
}

/// Unpacks what [`gzip`] made; `None` when it is not gzip, is cut off, or is unreasonably long.
pub fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes).take(LONGEST_BYTES).read_to_end(&mut unpacked).ok()?;
    Some(unpacked)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn gzip_comes_back_and_rubbish_does_not() {
        assert_eq!(gunzip(&gzip(b"lamp")).as_deref(), Some(&b"lamp"[..]));
        assert_eq!(gunzip(b"lamp"), None);
    }

    #[tokio::test]
    async fn a_chunked_body_has_no_length_and_arrives_whole() {
        let body = Payload::chunked("a table, a lamp");
        assert_eq!(body.size_hint().exact(), None);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "a table, a lamp");
        assert_eq!(Payload::whole("lamp").size_hint().exact(), Some(4));
    }
}
