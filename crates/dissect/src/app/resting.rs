//! The application side of a connection that says nothing.

use std::sync::Arc;

use super::http::{HttpReading, RestingConversation};
use super::stream::Stream;

/// What is kept of a stream while nothing comes.
pub(crate) enum RestingStream {
    /// No payload came yet.
    None,
    /// Between two exchanges.
    Http(RestingConversation),
    /// As it was.
    Whole(Box<Stream>),
}

impl RestingStream {
    /// Takes the stream; leaves it where it is in the middle of an exchange.
    pub(crate) fn of(stream: &mut Option<Box<Stream>>) -> Option<Self> {
        let Some(mut whole) = stream.take() else { return Some(Self::None) };
        let Some(conversation) = whole.plain_http() else { return Some(Self::Whole(whole)) };
        if let Some(resting) = conversation.at_rest() {
            return Some(Self::Http(resting));
        }
        *stream = Some(whole);
        None
    }

    /// The stream as it was.
    pub(crate) fn woken(self) -> Option<Box<Stream>> {
        match self {
            Self::None => None,
            Self::Http(resting) => {
                let http: Arc<HttpReading> = resting.reading();
                Some(Box::new(Stream::of_http(resting.woken(), http)))
            }
            Self::Whole(stream) => Some(stream),
        }
    }
}
