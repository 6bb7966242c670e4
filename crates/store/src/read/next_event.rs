//! The nearest event before or after an instant.

use wirereel_query::{
    answer::FoundEvent,
    question::{Direction, EventKind, NextEventQuestion},
};

use super::{Reader, scope::Condition};
use crate::error::Result;

impl Reader {
    /// The nearest event of a kind, not at the instant itself. The filter counts for exchanges; connections match nothing.
    pub fn next_event(&self, question: &NextEventQuestion) -> Result<Option<FoundEvent>> {
        // Instants are shown in microseconds, so everything inside the asked one is where the playhead already stands.
        let beyond = |column: &str| match question.direction {
            Direction::Forward => (format!("{column} >= {}", question.from_us.saturating_add(1)), "ASC"),
            Direction::Backward => (format!("{column} < {}", question.from_us), "DESC"),
        };
        if question.kind == EventKind::Connection {
            let (beyond, way) = beyond("e.happened_us");
            let sql = format!(
                "SELECT e.happened_us, e.kind, c.service, s.service FROM raw.flow_events e \
                 JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer \
                 WHERE e.kind IN ('refused', 'reset') AND {beyond} ORDER BY e.happened_at {way} LIMIT 1"
            );
            return self.first(&sql, [], |row| {
                let (kind, client, server): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
                let what = if kind == "refused" { "connection refused" } else { "connection reset" };
                Ok(FoundEvent {
                    at_us: row.get(0)?, label: format!("{what}: {client} → {server}"), exchange_id: None
                })
            });
        }
        let mut condition = Condition::matching(&question.filter)?;
        if question.kind == EventKind::Error {
            condition.and("failed OR status >= 500");
        }
        let (beyond, way) = beyond("started_us");
        condition.and(beyond);
        let sql = format!(
            "SELECT started_us, exchange_id, method, path, status, error, server_service FROM raw.exchanges \
             WHERE {} ORDER BY started_at {way}, exchange_id {way} LIMIT 1",
            condition.sql()
        );
        self.first(&sql, condition.bound(), |row| {
            let (method, path): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            let (status, error): (Option<u16>, Option<String>) = (row.get(4)?, row.get(5)?);
            let outcome = status.map(|status| status.to_string()).or(error).unwrap_or_else(|| "no response".into());
            let server: String = row.get(6)?;
            let request = [method, path].into_iter().flatten().collect::<Vec<_>>().join(" ");
            Ok(FoundEvent {
                at_us: row.get(0)?,
                label: format!("{request} → {outcome} ({server})").trim_start().to_owned(),
                exchange_id: Some(row.get(1)?),
            })
        })
    }
}
