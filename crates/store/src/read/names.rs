//! Names of addresses, for files that can hold them.

use std::{collections::BTreeMap, net::IpAddr};

use super::Reader;
use crate::error::Result;

/// Addresses that are named at most: what readers of capture files look up per packet should stay small.
const MOST_ADDRESSES: usize = 10_000;

/// Names of one address at most; machines that run many services on one address have more.
const MOST_NAMES: usize = 8;

impl Reader {
    /// Addresses with the names of the services at them, without customers and unresolved addresses.
    pub fn names_of_addresses(&self) -> Result<BTreeMap<IpAddr, Vec<String>>> {
        let sql = "SELECT DISTINCT ip, service FROM raw.peer_names WHERE kind IN ('service', 'external') ORDER BY ip, service";
        let mut names: BTreeMap<IpAddr, Vec<String>> = BTreeMap::new();
        self.each(sql, [], |row| {
            let (ip, name): (String, String) = (row.get(0)?, row.get(1)?);
            let Ok(ip) = ip.parse() else { return Ok(()) };
            if names.len() < MOST_ADDRESSES || names.contains_key(&ip) {
                let known = names.entry(ip).or_default();
                if known.len() < MOST_NAMES {
                    known.push(name);
                }
            }
            Ok(())
        })?;
        Ok(names)
    }
}
