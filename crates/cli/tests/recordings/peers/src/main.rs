//! A small stock service and its customer, both by tonic.
//!
//!   wirereel-peers serve ADDRESS LOG          until it is ended
//!   wirereel-peers call KIND ADDRESS LOG      the calls of one recording
//!
//! Both write a JSON line per call into LOG: what they know of it, under the names of Wirereel's columns.

mod customer;
mod ledger;
mod service;

/// Messages and service of `proto/stock.proto`.
mod stock {
    tonic::include_proto!("shop.stock.v1");
}

use ledger::Ledger;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", address, log] => service::serve(address.parse()?, Ledger::create(log)?).await,
        ["call", kind, address, log] => customer::call(kind, address, &Ledger::create(log)?).await,
        _ => anyhow::bail!("usage: wirereel-peers serve ADDRESS LOG | call KIND ADDRESS LOG"),
    }
}
