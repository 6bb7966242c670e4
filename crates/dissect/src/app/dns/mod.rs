//! DNS (RFC 1035): one row per question, whether it travelled in datagrams, in a connection or to a group.

mod datagrams;
mod group;
mod message;
mod name;
mod numbers;
mod pending;
mod reading;
mod stream;

pub(crate) use datagrams::Datagrams;
pub(crate) use stream::{Messages, probe_on_its_port, probe_stream};

#[cfg(test)]
mod datagrams_tests;
#[cfg(test)]
mod stream_tests;
