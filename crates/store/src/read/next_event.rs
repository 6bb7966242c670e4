//! The nearest event before or after an instant.

use wirereel_query::{
    answer::FoundEvent,
    question::{Direction, EventKind, NextEventQuestion, TimeRange},
    reel::{Incident, IncidentKind},
};

use super::{Reader, density::gaps, scope::Condition};
use crate::error::Result;

impl Reader {
    /// The nearest event of a kind, not at the instant itself. The filter counts for exchanges; connections, incidents and gaps match
    /// nothing.
    pub fn next_event(&self, question: &NextEventQuestion) -> Result<Option<FoundEvent>> {
        match question.kind {
            EventKind::Exchange | EventKind::Error => self.next_exchange(question),
            EventKind::Connection => self.next_of_connections(question, "kind IN ('refused', 'reset')"),
            EventKind::Connect => self.next_of_connections(question, "kind = 'connect'"),
            EventKind::Crash => {
                let incidents = self.all_incidents()?;
                Ok(nearest(question, incidents.iter().flat_map(borders)))
            }
            EventKind::Gap => Ok(nearest(question, self.gap_borders()?.into_iter())),
        }
    }

    fn next_of_connections(&self, question: &NextEventQuestion, kinds: &str) -> Result<Option<FoundEvent>> {
        let (beyond, way) = beyond(question, "e.happened_us");
        let sql = format!(
            "SELECT e.happened_us, e.kind, c.service, s.service FROM raw.flow_events e \
             JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer \
             WHERE e.{kinds} AND {beyond} ORDER BY e.happened_at {way} LIMIT 1"
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

    fn next_exchange(&self, question: &NextEventQuestion) -> Result<Option<FoundEvent>> {
        let mut condition = Condition::matching(&question.filter)?;
        if question.kind == EventKind::Error {
            condition.and("failed OR status >= 500");
        }
        let (beyond, way) = beyond(question, "started_us");
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

    /// Begin and end of every span inside the recording that nothing recorded, and of every source that lost packets.
    fn gap_borders(&self) -> Result<Vec<FoundEvent>> {
        let graph = self.graph()?;
        let Some(whole) = graph.whole() else { return Ok(Vec::new()) };
        let mut borders: Vec<FoundEvent> = gaps(&graph, whole)
            .into_iter()
            .flat_map(|gap| both(gap.range, format!("gap: {}", gap.reason), "recording goes on".into()))
            .collect();
        let sql = "SELECT epoch_ns(started_at) // 1000, epoch_ns(ended_at) // 1000 + 1, dropped, name FROM raw.sources \
                   WHERE dropped > 0 AND started_at IS NOT NULL";
        let sources = self.rows(sql, [], |row| {
            let range = TimeRange { from_us: row.get(0)?, to_us: row.get(1)? };
            let (dropped, name): (u64, String) = (row.get(2)?, row.get(3)?);
            Ok(both(range, format!("{dropped} packets dropped from here on ({name})"), format!("end of {name}")))
        })?;
        borders.extend(sources.into_iter().flatten());
        Ok(borders)
    }
}

/// The condition for what lies beyond the asked instant, and the order in which the nearest is first. Instants are shown in
/// microseconds, so everything inside the asked one is where the playhead already stands.
fn beyond(question: &NextEventQuestion, column: &str) -> (String, &'static str) {
    match question.direction {
        Direction::Forward => (format!("{column} >= {}", question.from_us.saturating_add(1)), "ASC"),
        Direction::Backward => (format!("{column} < {}", question.from_us), "DESC"),
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
