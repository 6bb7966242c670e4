//! Exchanges of a call tree, level by level, with those that compete for being their cause.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    super::{Reader, scope::Condition},
    tree::{Cause, Firsts, Span, WORKED_NS},
};
use crate::error::Result;

/// Levels of a tree, up and down: deeper ones are loops.
const MOST_LEVELS: usize = 16;
/// Exchanges read for a level, and competitors of theirs.
const MOST_OF_LEVEL: u32 = 5_000;
/// How long before a call its cause may have begun: longer ones are streams, not causes.
const CAUSE_BEGAN_NS: i64 = 120_000_000_000;

/// Traces that the rest is looked for of.
const MOST_TRACES: usize = 20;

/// An exchange with what is shown of it.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    pub(super) span: Span,
    pub(super) flow_id: u64,
    pub(super) client: String,
    pub(super) server: String,
    pub(super) response_ns: Option<i64>,
    pub(super) finished_ns: i64,
    pub(super) label: String,
    pub(super) status: Option<u16>,
    pub(super) failed: bool,
    pub(super) error: Option<String>,
}

impl Reader {
    /// Exchanges of a condition, the earliest ones.
    pub(super) fn gather(&self, condition: &Condition, limit: u32) -> Result<Vec<Gathered>> {
        let sql = format!(
            "SELECT exchange_id, flow_id, client_id, server_id, client_service, server_service, epoch_ns(started_at), \
             epoch_ns(response_at), epoch_ns(finished_at), method, path, status, raw.is_error(outcome), error, \
             trace_id, identity, origin_ip FROM raw.exchanges WHERE {} ORDER BY started_us, exchange_id LIMIT {limit}",
            condition.sql()
        );
        self.rows(&sql, condition.bound(), |row| {
            let label: [Option<String>; 2] = [row.get(9)?, row.get(10)?];
            let (response_ns, finished_ns): (Option<i64>, i64) = (row.get(7)?, row.get(8)?);
            Ok(Gathered {
                span: Span {
                    id: row.get(0)?,
                    client: row.get(2)?,
                    server: row.get(3)?,
                    from_ns: row.get(6)?,
                    to_ns: response_ns.map(|_| finished_ns),
                    trace: row.get(14)?,
                    identity: row.get(15)?,
                    origin: row.get(16)?,
                },
                flow_id: row.get(1)?,
                client: row.get(4)?,
                server: row.get(5)?,
                response_ns,
                finished_ns,
                label: label.into_iter().flatten().collect::<Vec<_>>().join(" "),
                status: row.get(11)?,
                failed: row.get(12)?,
                error: row.get(13)?,
            })
        })
    }

    /// An exchange and its causes, the first one last.
    pub(super) fn ancestors(&self, asked: Gathered) -> Result<(Vec<Gathered>, HashMap<u64, Cause>)> {
        let (mut found, mut causes) = (vec![asked], HashMap::new());
        while let Some(call) = found.last().filter(|_| found.len() < MOST_LEVELS) {
            let call = call.span.clone();
            let firsts = self.firsts(std::slice::from_ref(&call))?;
            let from_ns = firsts.first_of(&call).from_ns;
            let rivals = self.competitors(&HashSet::from([call.client]), from_ns, call.from_ns)?;
            let Some(cause) = firsts.cause(&call, rivals.iter().map(|one| &one.span)) else { break };
            causes.insert(call.id, cause);
            let Some(parent) = rivals.into_iter().find(|one| one.span.id == cause.parent) else { break };
            if found.iter().any(|known| known.span.id == parent.span.id) {
                break;
            }
            found.push(parent);
        }
        Ok((found, causes))
    }

    /// Adds what the first cause caused, and so on, until there are more than so many.
    pub(super) fn add_descendants(
        &self,
        found: &mut Vec<Gathered>,
        causes: &mut HashMap<u64, Cause>,
        limit: usize,
    ) -> Result<()> {
        let mut level: Vec<Span> = found.last().map(|first| first.span.clone()).into_iter().collect();
        for _ in 0..MOST_LEVELS {
            let Some(from_ns) = level.iter().map(|span| span.from_ns).min() else { break };
            let until_ns = |span: &Span| span.to_ns.unwrap_or(span.from_ns + WORKED_NS);
            let to_ns = level.iter().map(until_ns).max().unwrap_or(from_ns);
            let servers: HashSet<i32> = level.iter().map(|span| span.server).collect();
            let calls = self.made_by(&servers, from_ns, to_ns)?;
            if calls.is_empty() {
                break;
            }
            let firsts = self.firsts(&calls.iter().map(|call| call.span.clone()).collect::<Vec<_>>())?;
            let rivals = self.competitors(&servers, from_ns, to_ns)?;
            let known: HashSet<u64> = level.iter().map(|span| span.id).collect();
            let mut next = Vec::new();
            for call in calls {
                let Some(cause) = firsts.cause(&call.span, rivals.iter().map(|one| &one.span)) else { continue };
                if !known.contains(&cause.parent) {
                    continue;
                }
                next.push(call.span.clone());
                causes.insert(call.span.id, cause);
                if found.iter().all(|one| one.span.id != call.span.id) {
                    found.push(call);
                }
            }
            if found.len() > limit {
                break;
            }
            level = next;
        }
        Ok(())
    }

    /// Adds what else belongs to the traces that were met: calls that nobody waited for.
    pub(super) fn add_rest_of_traces(&self, found: &mut Vec<Gathered>, causes: &mut HashMap<u64, Cause>) -> Result<()> {
        let traces: BTreeSet<&String> = found.iter().filter_map(|one| one.span.trace.as_ref()).collect();
        let (from_ns, to_ns) =
            (found.iter().map(|one| one.span.from_ns).min(), found.iter().map(|one| one.finished_ns).max());
        let (Some(from_ns), Some(to_ns)) = (from_ns, to_ns) else { return Ok(()) };
        let mut condition = Condition::default();
        condition.and(began(from_ns, to_ns.saturating_add(WORKED_NS)));
        let any: Vec<&str> = traces.iter().take(MOST_TRACES).map(|trace| trace.as_str()).collect();
        if any.is_empty() {
            return Ok(());
        }
        condition.and_any("trace_id", &any);
        let known: HashSet<u64> = found.iter().map(|one| one.span.id).collect();
        let rest = self.gather(&condition, MOST_OF_LEVEL)?;
        found.extend(rest.into_iter().filter(|one| !known.contains(&one.span.id)));
        let spans: Vec<Span> = found.iter().map(|one| one.span.clone()).collect();
        let firsts = Firsts::of(&spans);
        let rest = spans.iter().filter(|span| !known.contains(&span.id));
        let causes_of_rest: Vec<(u64, Cause)> =
            rest.filter_map(|span| Some((span.id, firsts.cause(span, &spans)?))).collect();
        causes.extend(causes_of_rest);
        Ok(())
    }

    /// The first call of each trace and service among these, which may lie before them.
    fn firsts(&self, calls: &[Span]) -> Result<Firsts> {
        let mut firsts = Firsts::of(calls);
        let traces: BTreeSet<&str> = calls.iter().filter_map(|call| call.trace.as_deref()).collect();
        let (from_ns, to_ns) =
            (calls.iter().map(|call| call.from_ns).min(), calls.iter().map(|call| call.from_ns).max());
        let (Some(from_ns), Some(to_ns)) = (from_ns, to_ns) else { return Ok(firsts) };
        if !traces.is_empty() {
            let clients: HashSet<i32> = calls.iter().map(|call| call.client).collect();
            let mut condition = Condition::default();
            condition.and(format!("client_id IN ({})", listed(&clients)));
            condition.and(began(from_ns.saturating_sub(CAUSE_BEGAN_NS), to_ns));
            condition.and_any("trace_id", &traces.into_iter().collect::<Vec<_>>());
            self.gather(&condition, MOST_OF_LEVEL)?.iter().for_each(|one| firsts.add(&one.span));
        }
        Ok(firsts)
    }

    /// Calls that services began in a span.
    fn made_by(&self, clients: &HashSet<i32>, from_ns: i64, to_ns: i64) -> Result<Vec<Gathered>> {
        let mut condition = Condition::default();
        condition.and(format!("client_id IN ({})", listed(clients)));
        condition.and(began(from_ns, to_ns));
        self.gather(&condition, MOST_OF_LEVEL)
    }

    /// Calls to services that were under way at some time of a span.
    fn competitors(&self, servers: &HashSet<i32>, from_ns: i64, to_ns: i64) -> Result<Vec<Gathered>> {
        let mut condition = Condition::default();
        condition.and(format!("server_id IN ({})", listed(servers)));
        condition.and(began(from_ns.saturating_sub(CAUSE_BEGAN_NS), to_ns));
        condition.and(format!(
            "finished_at >= make_timestamp_ns({from_ns}) OR (response_us IS NULL AND started_us >= {})",
            from_ns.saturating_sub(WORKED_NS).div_euclid(1_000)
        ));
        self.gather(&condition, MOST_OF_LEVEL)
    }
}

fn listed(services: &HashSet<i32>) -> String {
    let numbers: Vec<String> = services.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

fn began(from_ns: i64, to_ns: i64) -> String {
    format!("started_us >= {} AND started_us <= {}", from_ns.div_euclid(1_000), to_ns.div_euclid(1_000))
}
