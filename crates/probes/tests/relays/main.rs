//! Relays between a caller and a service that both write down all that they see: HTTP/2 itself, no gRPC library that would smooth it,
//! but where messages are really compressed.

mod caller;
mod compressed;
mod kills;
mod limits;
mod lost;
mod path;
mod records;
mod service;
mod tls;
mod transparent;
