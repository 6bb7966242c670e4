//! A connection that says nothing, in less room. Most of those that are held open at any time are such.

use super::connection::{Connection, Due};
use super::direction::{Direction, RestingEnd};
use super::round_trips::{RestingTrips, RoundTrips};
use super::stages::Stages;
use crate::app::RestingStream;
use crate::limits::Limits;
use crate::record::CloseReason;

/// What is kept of a connection that says nothing. Beginnings of its last segments are not: what comes again after all
/// was acknowledged and nothing came for so long is no race.
pub(crate) struct Resting {
    client: RestingEnd,
    server: RestingEnd,
    stages: Stages,
    round_trips: RestingTrips,
    conflict_told: bool,
    stream: RestingStream,
}

impl Connection {
    /// What must be kept of it while it says nothing; `None` while something is under way. It is empty then, and the rest is to be
    /// woken.
    pub(crate) fn at_rest(&mut self) -> Option<Resting> {
        if self.stages.closed.is_some() || self.stages.is_attempt() {
            return None;
        }
        let (client, server) = (self.client.at_rest()?, self.server.at_rest()?);
        let round_trips = self.round_trips.at_rest()?;
        let stream = RestingStream::of(&mut self.stream)?;
        let (stages, conflict_told) = (std::mem::take(&mut self.stages), self.conflict_told);
        Some(Resting { client, server, stages, round_trips, conflict_told, stream })
    }
}

impl Resting {
    /// The connection as it was.
    pub(crate) fn woken(self) -> Connection {
        Connection {
            client: Direction::woken(self.client),
            server: Direction::woken(self.server),
            stages: self.stages,
            round_trips: RoundTrips::woken(&self.round_trips),
            conflict_told: self.conflict_told,
            stream: self.stream.woken(),
        }
    }

    /// What happens next if no packet comes after `last_ns`.
    pub(crate) fn due(last_ns: i64, idle: bool, limits: &Limits) -> Due {
        let silence = Due::End { at_ns: last_ns.saturating_add(limits.tcp_end_ns), reason: CloseReason::Idle };
        let idle = (!idle).then_some(Due::Idle { at_ns: last_ns.saturating_add(limits.idle_ns) });
        [Some(silence), idle].into_iter().flatten().min_by_key(|due| due.at_ns()).unwrap_or(silence)
    }
}
