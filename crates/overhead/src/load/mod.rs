//! A load for machines without a load tool: a small server on loopback, and requests to it that keep their rate whatever the answers take.

mod sender;
mod server;

pub use sender::{Steady, send};
pub use server::Server;
