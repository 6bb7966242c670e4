//! Single events of a short range in the order in which they happened: what replay shows on the edges.

use duckdb::{Params, Row};
use wirereel_query::{
    question::TimeRange,
    reel::{Passing, PassingEvent, PassingKind, PassingQuestion},
};

use super::{Reader, scope::Condition};
use crate::error::{Result, StoreError};

/// Most events of an answer.
const MOST_EVENTS: u32 = 2_000;

/// Where an event stands among all: by nanosecond; within one connection in the order of its life, since packets of one
/// instant keep it; connections of one instant in the order in which they were opened.
type Place = (i64, u64, u64);

/// The step of a connection's life that a lifecycle event is. Exchanges lie between, two steps each: request and response.
const STEPS: &str = "CASE e.kind WHEN 'connect' THEN 0 WHEN 'accept' THEN 1 WHEN 'refused' THEN 2 WHEN 'established' THEN 3 \
    ELSE 18446744073709551615 END::UBIGINT";

impl Reader {
    /// The earliest events of a range.
    ///
    /// A request whose response never came has failed with its request; one with a response fails, if at all, with that. A
    /// connection that is counted in again after a long silence (`resume`) is no event on the edge: its next packet is.
    ///
    /// # Errors
    /// `BadFilter`, and `BadQuestion` for a limit beyond 1 to 2,000.
    pub fn passing(&self, question: &PassingQuestion) -> Result<Passing> {
        let PassingQuestion { range, filter, limit } = question;
        if !(1..=MOST_EVENTS).contains(limit) {
            return Err(StoreError::BadQuestion(format!("{limit} events: allowed are 1 to {MOST_EVENTS}")));
        }
        let condition = Condition::matching(filter)?;
        let mut events = Vec::new();
        if !condition.is_filtered() {
            events.extend(self.lifecycle(*range, *limit)?);
        }
        for side in [PassingKind::Request, PassingKind::Response] {
            events.extend(self.messages(side, *range, &condition, *limit)?);
        }
        events.sort_unstable_by_key(|(place, event)| (*place, event.kind));
        Ok(cut(*range, events.into_iter().map(|(_, event)| event).collect(), *limit as usize))
    }

    /// Events of connections, one more than asked for.
    fn lifecycle(&self, range: TimeRange, limit: u32) -> Result<Vec<(Place, PassingEvent)>> {
        let sql = format!(
            "SELECT epoch_ns(e.happened_at), e.flow_id, {STEPS}, e.kind, c.service, s.service FROM raw.flow_events e \
             JOIN raw.peer_names c ON c.peer_id = e.client_peer JOIN raw.peer_names s ON s.peer_id = e.server_peer \
             WHERE {} AND e.kind <> 'resume' ORDER BY 1, 2, 3 LIMIT {}",
            within("e.happened_us", range),
            limit + 1
        );
        self.rows(&sql, [], |row| {
            let kind: String = row.get(3)?;
            let kind = kind_of_event(&kind);
            event(row, kind, [4, 5], |event| event.failed = matches!(kind, PassingKind::Refused | PassingKind::Reset))
        })
    }

    /// Requests or responses, one more than asked for.
    fn messages(
        &self,
        side: PassingKind,
        range: TimeRange,
        condition: &Condition,
        limit: u32,
    ) -> Result<Vec<(Place, PassingEvent)>> {
        let (at, step) = match side {
            PassingKind::Response => ("response", 5),
            _ => ("started", 4),
        };
        let mut condition = condition.clone();
        condition.and(within(&format!("{at}_us"), range));
        let sql = format!(
            "SELECT epoch_ns({at}_at), flow_id, ordinal::UBIGINT * 2 + {step}, client_service, server_service, exchange_id, \
             method, path, status, raw.is_error(outcome), response_us IS NULL \
             FROM raw.exchanges WHERE {} ORDER BY 1, 2, 3 LIMIT {}",
            condition.sql(),
            limit + 1
        );
        self.messages_of(&sql, condition.bound(), side)
    }

    fn messages_of(&self, sql: &str, params: impl Params, side: PassingKind) -> Result<Vec<(Place, PassingEvent)>> {
        self.rows(sql, params, |row| {
            let label: [Option<String>; 2] = [row.get(6)?, row.get(7)?];
            let (id, status, failed, alone) =
                (row.get(5)?, row.get(8)?, row.get::<_, bool>(9)?, row.get::<_, bool>(10)?);
            event(row, side, [3, 4], |event| {
                event.exchange_id = Some(id);
                event.label = Some(label.into_iter().flatten().collect::<Vec<_>>().join(" "));
                if side == PassingKind::Response {
                    (event.status, event.failed) = (status, failed);
                } else {
                    event.failed = failed && alone;
                }
            })
        })
    }
}

/// An event from a row that begins with its place.
fn event(
    row: &Row<'_>,
    kind: PassingKind,
    [client, server]: [usize; 2],
    more: impl FnOnce(&mut PassingEvent),
) -> duckdb::Result<(Place, PassingEvent)> {
    let place: Place = (row.get(0)?, row.get(1)?, row.get(2)?);
    let mut event = PassingEvent {
        at_us: place.0.div_euclid(1_000),
        kind,
        client: row.get(client)?,
        server: row.get(server)?,
        flow_id: place.1,
        exchange_id: None,
        label: None,
        status: None,
        failed: false,
    };
    more(&mut event);
    Ok((place, event))
}

/// What the view `flow_events` calls a kind.
fn kind_of_event(name: &str) -> PassingKind {
    match name {
        "connect" => PassingKind::Connect,
        "accept" => PassingKind::Accept,
        "established" => PassingKind::Established,
        "refused" => PassingKind::Refused,
        "close" => PassingKind::Close,
        "reset" => PassingKind::Reset,
        _ => PassingKind::Idle,
    }
}

fn within(at_us: &str, range: TimeRange) -> String {
    format!("{at_us} >= {} AND {at_us} < {}", range.from_us, range.to_us)
}

/// Ends a list at its limit, and at a whole microsecond: whoever asks on from `complete_to_us` gets nothing twice and misses
/// nothing. Only where one microsecond alone holds more than the limit, a part of it is listed.
fn cut(range: TimeRange, mut events: Vec<PassingEvent>, limit: usize) -> Passing {
    let mut complete_to_us = range.to_us;
    let truncated = events.len() > limit;
    if truncated {
        complete_to_us = events[limit].at_us;
        let whole = events.partition_point(|event| event.at_us < complete_to_us);
        events.truncate(if whole == 0 { limit } else { whole });
    }
    Passing { range, events, truncated, complete_to_us }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_us: i64) -> PassingEvent {
        PassingEvent {
            at_us,
            kind: PassingKind::Request,
            client: "a".into(),
            server: "b".into(),
            flow_id: 1,
            exchange_id: Some(1),
            label: None,
            status: None,
            failed: false,
        }
    }

    #[test]
    fn a_list_ends_before_the_microsecond_that_it_cannot_list_whole() {
        let range = TimeRange { from_us: 0, to_us: 100 };
        let told = |instants: &[i64], limit| {
            let passing = cut(range, instants.iter().copied().map(at).collect(), limit);
            (passing.events.len(), passing.truncated, passing.complete_to_us)
        };
        assert_eq!(told(&[1, 2, 3], 3), (3, false, 100));
        assert_eq!(told(&[1, 2, 3, 4], 3), (3, true, 4));
        assert_eq!(told(&[1, 2, 3, 3], 3), (2, true, 3));
        assert_eq!(told(&[3, 3, 3, 3], 3), (3, true, 3));
    }
}
