//! HTTP/2 (RFC 9113) without TLS, and gRPC over it: the same rows as HTTP/1's, one per stream.
//!
//! [`probe`] tells HTTP/2 from other protocols. [`reader`] cuts a direction into [`frame`]s; after a loss it is [`adrift`]
//! until it takes up the thread at a [`boundary`], [`hpack`] unpacks header blocks into a [`field_list`], [`fields`] puts those into rows,
//! [`rows`] finds the right row, [`calls`] holds the open streams, [`grpc`] counts messages, and [`conversation`] brings all of
//! it together.

mod adrift;
mod boundary;
mod calls;
mod conversation;
mod direction;
mod field_list;
mod fields;
mod frame;
mod grpc;
mod hpack;
mod probe;
mod reader;
mod rows;
mod settings;

#[cfg(test)]
mod conversation_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod testing;

pub(crate) use conversation::Conversation;
pub(crate) use probe::{probe, probe_frames, speaker};
