//! A connection that notes when the request was written and when the answer's first byte came.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Instant,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::FrameWatch;

/// What was seen on a connection.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    written: Option<Instant>,
    first_byte: Option<Instant>,
}

impl Marks {
    /// When the system had taken the request's last byte.
    pub(crate) fn written(&self) -> Option<Instant> {
        self.seen().written
    }

    /// When the answer's first byte came.
    pub(crate) fn first_byte(&self) -> Option<Instant> {
        self.seen().first_byte
    }

    /// Forgets what was seen: another request begins on the same connection.
    pub(crate) fn forget(&self) {
        self.change(|seen| *seen = Seen::default());
    }

    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn note_written(&self) {
        self.change(|seen| {
            if seen.first_byte.is_none() {
                seen.written = Some(Instant::now());
            }
        });
    }

    fn note_first_byte(&self) {
        self.change(|seen| seen.first_byte = seen.first_byte.or_else(|| Some(Instant::now())));
    }
}

/// A connection with what is seen on it. In HTTP/2 a request ends and an answer begins with frames, among others that are neither.
pub(crate) struct Observed<S> {
    stream: S,
    marks: Arc<Marks>,
    /// Something of the request was written. It counts when all of it is flushed: before that, a part may still lie in a buffer.
    unflushed: bool,
    frames: Option<Box<Frames>>,
}

struct Frames {
    written: FrameWatch,
    read: FrameWatch,
}

impl<S> Observed<S> {
    /// HTTP/1: every byte that is written is the request's, every byte that is read the answer's.
    pub(crate) fn http1(stream: S, marks: Arc<Marks>) -> Self {
        Self { stream, marks, unflushed: false, frames: None }
    }

    /// HTTP/2.
    pub(crate) fn http2(stream: S, marks: Arc<Marks>) -> Self {
        let frames = Frames { written: FrameWatch::of_client(), read: FrameWatch::of_server() };
        Self { stream, marks, unflushed: false, frames: Some(Box::new(frames)) }
    }

    fn wrote(&mut self, bytes: &[u8]) {
        match &mut self.frames {
            None if !bytes.is_empty() => self.unflushed = true,
            None => {}
            Some(frames) => self.unflushed |= frames.written.ends_stream(bytes),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let this = &mut *self;
        let news = buf.filled().get(before..).unwrap_or_default();
        let answer = match &mut this.frames {
            None => !news.is_empty(),
            Some(frames) => frames.read.begins_headers(news),
        };
        if answer {
            this.marks.note_first_byte();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.wrote(buf.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut left = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        let written = left;
        for buf in bufs {
            let part = left.min(buf.len());
            self.wrote(buf.get(..part).unwrap_or_default());
            left -= part;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if std::mem::take(&mut self.unflushed) {
            self.marks.note_written();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
