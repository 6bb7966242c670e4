//! Exchanges that belong together: of a call tree, a trace, an identity or a connection.

mod gather;
mod tree;

use std::collections::HashMap;

use wirereel_query::{
    question::TimeRange,
    reel::{Sequence, SequenceOf, SequenceQuestion, SequenceSpan},
};

use super::{Reader, scope::Condition};
use crate::error::{Result, StoreError};

use gather::Gathered;
use tree::{Cause, Firsts};

/// Most exchanges of an answer.
const MOST_SPANS: u32 = 500;

impl Reader {
    /// The exchanges, each with the one that it was made for.
    ///
    /// # Errors
    /// `BadQuestion` for a limit beyond 1 to 500, `NotFound` for an exchange, a trace or a connection that does not exist.
    pub fn sequence(&self, question: &SequenceQuestion) -> Result<Sequence> {
        let SequenceQuestion { of, range, limit } = question;
        if !(1..=MOST_SPANS).contains(limit) {
            return Err(StoreError::BadQuestion(format!("{limit} exchanges: allowed are 1 to {MOST_SPANS}")));
        }
        let mut condition = Condition::default();
        let missing = match of {
            SequenceOf::Exchange { exchange_id } => return self.call_tree(*exchange_id, *limit),
            SequenceOf::Trace { trace_id } => {
                condition.and_equals("trace_id", &trace_id.to_ascii_lowercase());
                Some(format!("trace {trace_id}"))
            }
            SequenceOf::Identity { identity } => {
                condition.and_equals("identity", identity);
                None
            }
            SequenceOf::Flow { flow_id } => {
                condition.and(format!("flow_id = {flow_id}"));
                Some(format!("flow {flow_id} with exchanges"))
            }
        };
        if let Some(range) = range.filter(|_| !matches!(of, SequenceOf::Trace { .. })) {
            condition.started_in(range);
        }
        let total = self.count_exchanges(&condition)?;
        if let Some(missing) = missing.filter(|_| total == 0) {
            return Err(StoreError::NotFound(missing));
        }
        let gathered = self.gather(&condition, *limit)?;
        let spans: Vec<_> = gathered.iter().map(|one| one.span.clone()).collect();
        let firsts = Firsts::of(&spans);
        let causes = spans.iter().filter_map(|span| Some((span.id, firsts.cause(span, &spans)?))).collect();
        Ok(told(gathered, &causes, total))
    }

    fn count_exchanges(&self, condition: &Condition) -> Result<u64> {
        let sql = format!("SELECT count(*)::UBIGINT FROM raw.exchanges WHERE {}", condition.sql());
        Ok(self.first(&sql, condition.bound(), |row| row.get(0))?.unwrap_or(0))
    }

    /// The tree an exchange is in: what it was made for, up to the first cause, and all that these caused.
    fn call_tree(&self, exchange_id: u64, limit: u32) -> Result<Sequence> {
        let mut condition = Condition::default();
        condition.and(format!("exchange_id = {exchange_id}"));
        let asked = self.gather(&condition, 1)?.pop();
        let asked = asked.ok_or_else(|| StoreError::NotFound(format!("exchange {exchange_id}")))?;
        let (mut found, mut causes) = self.ancestors(asked)?;
        self.add_descendants(&mut found, &mut causes, limit as usize)?;
        self.add_rest_of_traces(&mut found, &mut causes)?;
        found.sort_by_key(|one| (one.span.from_ns, one.span.id));
        let total = found.len() as u64;
        found.truncate(limit as usize);
        Ok(told(found, &causes, total))
    }
}

/// The answer. A parent that is not listed is none.
fn told(mut gathered: Vec<Gathered>, causes: &HashMap<u64, Cause>, total: u64) -> Sequence {
    let listed: HashMap<u64, Option<Cause>> =
        gathered.iter().map(|one| one.span.id).map(|id| (id, causes.get(&id).copied())).collect();
    let cause_of = |id: u64| listed.get(&id).copied().flatten().filter(|cause| listed.contains_key(&cause.parent));
    let depth_of = |id: u64| {
        // A call is never the cause of what began before it, so this ends; the bound is for clocks that ran backwards.
        let steps = std::iter::successors(cause_of(id), |cause| cause_of(cause.parent));
        u32::try_from(steps.take(listed.len()).count()).unwrap_or(u32::MAX)
    };
    gathered.sort_by_key(|one| (one.span.from_ns, depth_of(one.span.id), one.span.id));
    let mut participants: Vec<String> = Vec::new();
    for name in gathered.iter().flat_map(|one| [&one.client, &one.server]) {
        if !participants.contains(name) {
            participants.push(name.clone());
        }
    }
    let traces: Vec<&String> = gathered.iter().filter_map(|one| one.span.trace.as_ref()).collect();
    let trace_id =
        traces.first().filter(|first| traces.iter().all(|trace| trace == *first)).map(|trace| (*trace).clone());
    let range = TimeRange {
        from_us: gathered.iter().map(|one| one.span.from_ns.div_euclid(1_000)).min().unwrap_or(0),
        to_us: gathered.iter().map(|one| one.finished_ns.div_euclid(1_000) + 1).max().unwrap_or(0),
    };
    let spans = gathered
        .iter()
        .map(|one| {
            let cause = cause_of(one.span.id);
            SequenceSpan {
                exchange_id: one.span.id,
                flow_id: one.flow_id,
                client: one.client.clone(),
                server: one.server.clone(),
                started_us: one.span.from_ns.div_euclid(1_000),
                response_us: one.response_ns.map(|ns| ns.div_euclid(1_000)),
                finished_us: one.finished_ns.div_euclid(1_000),
                label: one.label.clone(),
                status: one.status,
                failed: one.failed,
                error: one.error.clone(),
                parent: cause.map(|cause| cause.parent),
                inferred: cause.is_some_and(|cause| cause.inferred),
                depth: depth_of(one.span.id),
            }
        })
        .collect();
    Sequence { range, participants, spans, trace_id, total }
}
