//! The nearest event before or after an instant.

use wirereel_query::{
    answer::FoundEvent,
    question::{Direction, EventKind, NextEventQuestion, TimeRange},
    reel::{Incident, IncidentKind},
};

use super::{
    Reader,
    density::gaps,
    nearby::{Rare, STEPS},
    scope::Condition,
};
use crate::error::Result;

/// Parts of the recording inside of which drops are one.
const STRETCHES_OF_DROPS: u32 = 4_000;

impl Reader {
    /// The nearest event of a kind, not at the instant itself. The filter counts for exchanges; connections, incidents, gaps and alerts match
    /// nothing.
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
            EventKind::Exchange => {
                self.step_by_step(question, Rare::Exchange, |within| self.next_exchange(question, within))
            }
            EventKind::Crash => {
                let incidents = self.all_incidents()?;
                Ok(nearest(question, incidents.iter().flat_map(borders)))
            }
            EventKind::Gap => Ok(nearest(question, self.gap_borders()?.into_iter())),
            EventKind::Alert => self.next_alert(question),
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
            condition.and("raw.is_error(outcome)");
        }
        condition.and(within.condition("started_us"));
        let way = way(question.direction);
        if question.filter.trim().is_empty() {
            // Found without its texts, which lie in as many pages as there are, and then looked up alone.
            let sql = format!(
                "SELECT exchange_id, started_us FROM raw.http_exchanges WHERE {} \
                 ORDER BY started_us {way}, started_rest {way}, exchange_id {way} LIMIT 1",
                condition.sql()
            );
            let found: Option<(u64, i64)> =
                self.first(&sql, condition.bound(), |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((exchange_id, started_us)) = found else { return Ok(None) };
            condition = Condition::matching("")?;
            condition.and(format!("exchange_id = {exchange_id} AND started_us = {started_us}"));
        }
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

    /// Begin and end of every span inside the recording that nothing recorded, and of every source that lost packets.
    fn gap_borders(&self) -> Result<Vec<FoundEvent>> {
        let graph = self.graph()?;
        let Some(whole) = graph.whole() else { return Ok(Vec::new()) };
        let mut borders: Vec<FoundEvent> = gaps(&graph, whole)
            .into_iter()
            .flat_map(|gap| both(gap.range, format!("gap: {}", gap.reason), "recording goes on".into()))
            .collect();
        for drop in self.drops(whole, STRETCHES_OF_DROPS)? {
            borders.extend(both(
                drop.range,
                format!("{} packets dropped", drop.lost_packets),
                "no more dropped".into(),
            ));
        }
        // Where nobody counted by the second, all of the source may lack some.
        let sql = "SELECT epoch_ns(started_at) // 1000, epoch_ns(ended_at) // 1000 + 1, dropped, name FROM raw.sources \
                   WHERE dropped > 0 AND source_id NOT IN (SELECT source_id FROM raw.lost_packets)";
        let sources = self.rows(sql, [], |row| {
            let (dropped, name): (u64, String) = (row.get(2)?, row.get(3)?);
            let range = Option::zip(row.get(0)?, row.get(1)?).map(|(from_us, to_us)| TimeRange { from_us, to_us });
            let said = format!("{dropped} packets dropped from here on ({name})");
            Ok(range.map(|range| both(range, said, format!("end of {name}"))))
        })?;
        borders.extend(sources.into_iter().flatten().flatten());
        Ok(borders)
    }
}

/// The nearest of a few events.
fn nearest(question: &NextEventQuestion, events: impl Iterator<Item = FoundEvent>) -> Option<FoundEvent> {
    match question.direction {
        Direction::Forward => events.filter(|event| event.at_us > question.from_us).min_by_key(|event| event.at_us),
        Direction::Backward => events.filter(|event| event.at_us < question.from_us).max_by_key(|event| event.at_us),
    }
}

fn both(range: TimeRange, begin: String, end: String) -> [FoundEvent; 2] {
    let event = |at_us, label| FoundEvent { at_us, label, exchange_id: None };
    [event(range.from_us, begin), event(range.to_us, end)]
}

/// Begin and end of an incident; one that the recording ends in has no end.
fn borders(incident: &Incident) -> Vec<FoundEvent> {
    let Incident { service, first_sign, .. } = incident;
    let (begin, end) = match incident.kind {
        IncidentKind::Crash => (format!("{service} stops answering: {first_sign}"), format!("{service} answers again")),
        IncidentKind::Failing => {
            (format!("{service} begins to fail: {first_sign}"), format!("{service} has recovered"))
        }
        IncidentKind::Slow => (format!("{service} becomes slow"), format!("{service} is as fast as before")),
    };
    let mut borders = Vec::from(both(incident.range, begin, end));
    borders.truncate(if incident.recovered { 2 } else { 1 });
    borders
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
