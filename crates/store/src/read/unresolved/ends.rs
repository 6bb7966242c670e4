//! Who the addresses of a page talk to.

use std::{
    collections::{BTreeSet, HashSet},
    net::IpAddr,
};

use foldhash::{HashMap, HashMapExt};
use wirereel_query::customers::UnresolvedRow;

use super::{super::who::Who, Among, Reader};
use crate::error::Result;

/// Most names that are told of who is at the other end.
const MOST_TALKS_TO: usize = 20;

/// Who is at the other end of one address.
#[derive(Debug, Default)]
struct Others {
    names: BTreeSet<String>,
    /// Numbers of other unresolved addresses.
    unresolved: HashSet<u32>,
}

impl Others {
    fn add(&mut self, who: &Who, node: i32) {
        match who.unresolved().number(node) {
            Some(number) => {
                self.unresolved.insert(number as u32);
            }
            None => self.names.extend(who.name(node)),
        }
    }

    fn tell(mut self, who: &Who, row: &mut UnresolvedRow) {
        let addresses = &who.unresolved().addresses;
        // Somebody may have called something by an address.
        if self.names.iter().any(|name| name.parse::<IpAddr>().is_ok()) {
            self.unresolved.retain(|number| !self.names.contains(&addresses[*number as usize].to_string()));
        }
        row.talks_to_total = (self.names.len() + self.unresolved.len()) as u64;
        for number in self.unresolved {
            self.names.insert(addresses[number as usize].to_string());
            if self.names.len() > MOST_TALKS_TO {
                self.names.pop_last();
            }
        }
        row.talks_to = self.names.into_iter().take(MOST_TALKS_TO).collect();
    }
}

impl Reader {
    /// Adds who rows with some numbers talk to.
    pub(super) fn add_other_ends(
        &self,
        who: &Who,
        among: &Among,
        numbers: &[usize],
        rows: &mut [UnresolvedRow],
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let listed: HashMap<i32, usize> =
            numbers.iter().enumerate().map(|(row, number)| (who.unresolved().nodes[*number], row)).collect();
        let peers = (0..).zip(who.services()).filter(|(_, node)| listed.contains_key(*node));
        let peers: Vec<String> = peers.map(|(peer, _): (i32, _)| peer.to_string()).collect();
        let peers = peers.join(", ");
        let ends = format!("(client_peer IN ({peers}) OR server_peer IN ({peers}))");
        let sql = format!(
            "SELECT client_peer::BIGINT, server_peer::BIGINT FROM ( \
             SELECT DISTINCT client_peer, server_peer FROM raw.flows f WHERE {ends} AND ({}) UNION \
             SELECT DISTINCT client_peer, server_peer FROM raw.http_exchanges x WHERE {ends} AND ({}))",
            among.flows, among.exchanges
        );
        let params: Vec<_> = among.params.iter().cycle().take(2 * among.params.len()).cloned().collect();
        let mut others: HashMap<usize, Others> = HashMap::new();
        self.numbers_of(&sql, &params, |[client, server]| {
            let ends = [client, server].map(|peer| i32::try_from(peer).ok().and_then(|peer| who.service_of(peer)));
            let [Some(client), Some(server)] = ends else { return };
            for (end, other) in [(client, server), (server, client)] {
                if let Some(row) = listed.get(&end) {
                    others.entry(*row).or_default().add(who, other);
                }
            }
        })?;
        for (row, others) in others {
            others.tell(who, &mut rows[row]);
        }
        Ok(())
    }
}
