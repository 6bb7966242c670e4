//! The flow and the exchange that a check itself was, where they were captured.

use std::{collections::HashMap, net::SocketAddr};

use wirereel_query::checks::CheckRun;

use super::super::{Reader, results::quoted};
use crate::error::Result;

/// How far a packet's time and a check's may be apart, microseconds: both are of this machine's clock.
const SLACK_US: i64 = 20_000;

impl Reader {
    /// Finds them by the connection's ends and the time.
    pub(super) fn find_captured(&self, runs: &mut [CheckRun]) -> Result<()> {
        let mut rows = Vec::new();
        let (mut first_us, mut last_us) = (i64::MAX, i64::MIN);
        for (place, run) in runs.iter().enumerate() {
            let ends = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<SocketAddr>().ok());
            let (Some(client), Some(server)) = (ends(&run.local), ends(&run.remote)) else { continue };
            let (from_us, to_us) = (run.at_us - SLACK_US, run.at_us + run.total_us.unwrap_or(0) as i64 + SLACK_US);
            (first_us, last_us) = (first_us.min(from_us), last_us.max(to_us));
            let (client_ip, server_ip) = (client.ip().to_string(), server.ip().to_string());
            rows.push(format!(
                "({place}, {}, {}, {}, {}, {from_us}, {to_us})",
                quoted([client_ip.as_str()]),
                client.port(),
                quoted([server_ip.as_str()]),
                server.port()
            ));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let is_captured = format!(
            "SELECT EXISTS (SELECT 1 FROM raw.http_exchanges WHERE started_us BETWEEN {first_us} AND {last_us}) OR \
             EXISTS (SELECT 1 FROM raw.flows WHERE closed_us >= {first_us} AND opened_us <= {last_us})"
        );
        if !self.first(&is_captured, [], |row| row.get(0))?.unwrap_or(false) {
            return Ok(());
        }
        // Exchanges are there sooner than flows, which are only once they have ended.
        let sql = format!(
            "WITH t(place, client_ip, client_port, server_ip, server_port, from_us, to_us) AS (VALUES {})
             SELECT t.place::UINTEGER, x.flow_id, max(x.exchange_id), 0 AS rank FROM raw.http_exchanges x
             JOIN raw.peer_names c ON c.peer_id = x.client_peer JOIN raw.peer_names s ON s.peer_id = x.server_peer
             JOIN t ON t.client_ip = c.ip AND t.client_port = x.client_port AND t.server_ip = s.ip AND t.server_port = s.port
             WHERE x.started_us BETWEEN {first_us} AND {last_us} AND x.started_us BETWEEN t.from_us AND t.to_us GROUP BY 1, 2
             UNION ALL
             SELECT t.place::UINTEGER, f.flow_id, NULL, 1 FROM raw.flows f
             JOIN raw.peer_names c ON c.peer_id = f.client_peer JOIN raw.peer_names s ON s.peer_id = f.server_peer
             JOIN t ON t.client_ip = c.ip AND t.client_port = f.client_port AND t.server_ip = s.ip AND t.server_port = s.port
             WHERE f.closed_us >= {first_us} AND f.opened_us <= {last_us} AND f.opened_us <= t.to_us AND f.closed_us >= t.from_us
             ORDER BY rank",
            rows.join(", ")
        );
        let found = self
            .rows(&sql, [], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u64>(1)?, row.get::<_, Option<u64>>(2)?)))?;
        let mut by_place: HashMap<u32, (u64, Option<u64>)> = HashMap::new();
        for (place, flow_id, exchange_id) in found {
            by_place.entry(place).or_insert((flow_id, exchange_id));
        }
        for (place, (flow_id, exchange_id)) in by_place {
            if let Some(run) = runs.get_mut(place as usize) {
                (run.flow_id, run.exchange_id) = (Some(flow_id), exchange_id);
            }
        }
        Ok(())
    }
}
