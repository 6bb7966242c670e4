//! A Consul catalog, by its HTTP API: blocking queries as its documentation wants them from clients.
//!
//! Up to [`watched::MOST_WATCHED`] services are watched one by one, each by a blocking query of `/v1/health/service/:name`. More would hold
//! more connections than an agent allows one address (`limits.http_max_conns_per_client`, 200), so that larger catalogs are watched by two
//! blocking queries that ring like bells: `/v1/catalog/services` says which services are there, `/v1/health/state/any` whose checks changed.
//! Who changed is then asked, so many at a time. A change that neither names (an address, metadata) shows as an index of the catalog that
//! no answer explains: then all are asked, at most twice at once and then every fifteen seconds.
//!
//! | file | what it does |
//! |---|---|
//! | `client` | one question: parameters, token, errors in words |
//! | `blocking` | the loop around a blocking query: index, rate, back-off |
//! | `answers` | what Consul answers |
//! | `watched` | the catalog's services, and who watches them |
//! | `bells` | a catalog of many services |

mod answers;
mod bells;
mod blocking;
mod client;
#[cfg(test)]
mod tests;
mod watched;

use std::time::Duration;

use super::{config, sources::Teller};

/// After the authority's file could not be read.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watches for ever.
pub(super) async fn run(config: config::Consul, teller: Teller) {
    let client = loop {
        match client::Client::new(&config) {
            Ok(client) => break client,
            Err(why) => teller.failed(&why),
        }
        tokio::time::sleep(PATIENCE).await;
    };
    watched::Catalog::new(client, config, teller).watch().await;
}
