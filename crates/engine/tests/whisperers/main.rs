//! Whisperers, with the real agent on this host's loopback interface, and with agents that misbehave.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be captured there.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "also in what the tests share")]

mod configuring;
mod health;
mod misbehaving;
mod remote;
mod several;
mod sshd;
#[allow(dead_code, reason = "each test program uses a part")]
mod support;
mod unwatched;
