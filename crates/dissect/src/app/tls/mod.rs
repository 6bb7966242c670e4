//! TLS: what a connection's handshake says in clear. Nothing is decrypted.

mod bytes;
mod handshake;
mod hello;
mod ja4;
mod names;
mod probe;
mod record;
mod x509;

pub(crate) use handshake::Handshake;
pub(crate) use probe::probe;

#[cfg(test)]
mod tests;
