//! Relays between a caller and a service that both write down all that they see: HTTP/2 itself, no gRPC library that would smooth it.

mod caller;
mod kills;
mod limits;
mod lost;
mod path;
mod records;
mod service;
mod tls;
mod transparent;
