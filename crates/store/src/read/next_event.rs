//! The nearest event before or after an instant.

use wirereel_query::{
    answer::FoundEvent,
    question::{Direction, EventKind, NextEventQuestion},
};

use super::{
    Reader,
    nearby::{Rare, STEPS},
    scope::Condition,
};
use crate::error::Result;

impl Reader {
    /// The nearest event of a kind, not at the instant itself. The filter counts for exchanges; connections match nothing.
    pub fn next_event(&self, question: &NextEventQuestion) -> Result<Option<FoundEvent>> {
        match question.kind {
            EventKind::Connection => {
                let kinds = "'refused', 'reset'";
                self.step_by_step(question, Rare::BrokenConnection, |within| {
                    self.next_of_kinds(question, kinds, within)
                })
            }
            EventKind::Connect => {
                self.step_by_step(question, Rare::Connect, |within| self.next_of_kinds(question, "'connect'", within))
            }
            EventKind::Error => self.step_by_step(question, Rare::Error, |within| self.next_exchange(question, within)),
            _ => self.step_by_step(question, Rare::Exchange, |within| self.next_exchange(question, within)),
        }
    }

    /// Looks near the instant first and then farther away; a span is given by the condition on a column of microseconds.
    fn step_by_step(
        &self,
        question: &NextEventQuestion,
        kind: Rare,
        look: impl Fn(&Within) -> Result<Option<FoundEvent>>,
    ) -> Result<Option<FoundEvent>> {
        // Instants are shown in microseconds, so everything inside the asked one is where the playhead already stands.
        let beyond_us = match question.direction {
            Direction::Forward => question.from_us.saturating_add(1),
            Direction::Backward => question.from_us,
        };
        for buckets in STEPS {
            let Some((from_us, to_us)) = self.nearby(kind, beyond_us, question.direction, buckets)? else { break };
            let found = look(&Within { from_us, to_us })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        look(&match question.direction {
            Direction::Forward => Within { from_us: beyond_us, to_us: i64::MAX },
            Direction::Backward => Within { from_us: i64::MIN, to_us: beyond_us },
        })
    }

    fn next_of_kinds(&self, question: &NextEventQuestion, kinds: &str, within: &Within) -> Result<Option<FoundEvent>> {
        let sql = format!(
            "SELECT e.happened_us, e.kind, c.service, s.service FROM raw.flow_events e \
             JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer \
             WHERE e.kind IN ({kinds}) AND {} ORDER BY e.happened_at {} LIMIT 1",
            within.condition("e.happened_us"),
            way(question.direction)
        );
        self.first(&sql, [], |row| {
            let (kind, client, server): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let what = match kind.as_str() {
                "refused" => "connection refused",
                "reset" => "connection reset",
                _ => "connect",
            };
            Ok(FoundEvent { at_us: row.get(0)?, label: format!("{what}: {client} → {server}"), exchange_id: None })
        })
    }

    fn next_exchange(&self, question: &NextEventQuestion, within: &Within) -> Result<Option<FoundEvent>> {
        let mut condition = Condition::matching(&question.filter)?;
        if question.kind == EventKind::Error {
            condition.and("failed OR status >= 500");
        }
        condition.and(within.condition("started_us"));
        let way = way(question.direction);
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

/// A span, `from_us <= t < to_us`.
struct Within {
    from_us: i64,
    to_us: i64,
}

impl Within {
    fn condition(&self, column: &str) -> String {
        format!("{column} >= {} AND {column} < {}", self.from_us, self.to_us)
    }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "ASC",
        Direction::Backward => "DESC",
    }
}
