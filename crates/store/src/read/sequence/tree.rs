//! What caused what: the parent of a call is the call that its client was answering at the time.

use std::{cmp::Reverse, collections::HashMap};

/// An exchange as the tree needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) id: u64,
    pub(super) client: i32,
    pub(super) server: i32,
    pub(super) from_ns: i64,
    /// Last byte of the response; `None` without one.
    pub(super) to_ns: Option<i64>,
    pub(super) trace: Option<String>,
    pub(super) identity: Option<String>,
    pub(super) origin: Option<String>,
}

/// How long a service may go on working for a request that was never answered.
pub(super) const WORKED_NS: i64 = 30_000_000_000;

impl Span {
    /// Until when the server may have made calls for it.
    fn ends_ns(&self) -> i64 {
        self.to_ns.unwrap_or(self.from_ns.saturating_add(WORKED_NS))
    }

    fn has_same_trace(&self, other: &Self) -> bool {
        self.trace.is_some() && self.trace == other.trace
    }

    /// Whether a call can have been made for this one. Within a trace it is enough that this one began before: services also make calls
    /// that they do not wait for, and some when they have answered. What has no trace may have begun one, when its time holds the
    /// first call of it. Of two traces, one caused nothing in the other.
    fn may_have_caused(&self, call: &Self, first: &Self) -> bool {
        self.id != call.id
            && self.server == call.client
            && match (&self.trace, &call.trace) {
                (Some(ours), Some(its)) => ours == its && self.from_ns <= call.from_ns,
                _ => self.encloses(first),
            }
    }

    fn encloses(&self, call: &Self) -> bool {
        self.from_ns <= call.from_ns && call.to_ns.unwrap_or(call.from_ns) <= self.ends_ns()
    }

    /// How well it fits as the cause of a call: the same trace, around it in time, the same person or first client, then the
    /// one that began last before it, and the tightest of these.
    fn fit(&self, call: &Self) -> (bool, bool, u8, i64, Reverse<i64>) {
        let same = |ours: &Option<String>, its: &Option<String>| u8::from(ours.is_some() && ours == its);
        let person = same(&self.identity, &call.identity) + same(&self.origin, &call.origin);
        let length_ns = self.ends_ns() - self.from_ns;
        (self.has_same_trace(call), self.encloses(call), person, self.from_ns, Reverse(length_ns))
    }
}

/// The cause of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) parent: u64,
    /// Found by time and place alone.
    pub(super) inferred: bool,
}

/// The first call that each service made in each trace.
#[derive(Debug, Default)]
pub(super) struct Firsts(HashMap<(String, i32), Span>);

impl Firsts {
    pub(super) fn add(&mut self, call: &Span) {
        if let Some(trace) = &call.trace {
            let first = self.0.entry((trace.clone(), call.client)).or_insert_with(|| call.clone());
            if call.from_ns < first.from_ns {
                *first = call.clone();
            }
        }
    }

    pub(super) fn of(calls: &[Span]) -> Self {
        let mut firsts = Self::default();
        calls.iter().for_each(|call| firsts.add(call));
        firsts
    }

    /// The first call of its trace by the same service; without a trace it is the first itself.
    pub(super) fn first_of<'a>(&'a self, call: &'a Span) -> &'a Span {
        let key = call.trace.as_ref().map(|trace| (trace.clone(), call.client));
        key.and_then(|key| self.0.get(&key)).unwrap_or(call)
    }

    /// The best cause of a call among candidates.
    pub(super) fn cause<'a>(&self, call: &Span, candidates: impl IntoIterator<Item = &'a Span>) -> Option<Cause> {
        let first = self.first_of(call);
        let causes = candidates.into_iter().filter(|candidate| candidate.may_have_caused(call, first));
        let best = causes.max_by_key(|candidate| {
            (candidate.fit(if candidate.has_same_trace(call) { call } else { first }), Reverse(candidate.id))
        })?;
        Some(Cause { parent: best.id, inferred: !best.has_same_trace(call) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause<'a>(call: &Span, candidates: impl IntoIterator<Item = &'a Span>) -> Option<Cause> {
        Firsts::of(std::slice::from_ref(call)).cause(call, candidates)
    }

    fn span(id: u64, client: i32, server: i32, from_ns: i64, to_ns: i64) -> Span {
        Span { id, client, server, from_ns, to_ns: Some(to_ns), ..Span::default() }
    }

    fn inferred(parent: u64) -> Option<Cause> {
        Some(Cause { parent, inferred: true })
    }

    #[test]
    fn the_nearest_call_to_the_client_around_it_is_the_cause() {
        let outer = span(1, 9, 1, 0, 100);
        let inner = span(2, 9, 1, 10, 60);
        let elsewhere = span(3, 9, 2, 20, 40);
        let call = span(4, 1, 5, 30, 40);
        assert_eq!(cause(&call, [&outer, &inner, &elsewhere, &call]), inferred(2));
        assert_eq!(cause(&span(4, 1, 5, 55, 61), [&outer, &inner]), inferred(1), "it outlasts the inner one");
        assert_eq!(cause(&call, [&span(6, 9, 1, 25, 90), &inner]), inferred(6), "it began last");
        assert_eq!(cause(&span(4, 1, 5, 101, 102), [&outer, &inner]), None);
    }

    #[test]
    fn the_same_person_counts_more_than_tightness() {
        let ada = |span: Span| Span { identity: Some("ada".into()), ..span };
        let call = ada(span(4, 1, 5, 30, 40));
        assert_eq!(cause(&call, [&ada(span(1, 9, 1, 0, 100)), &span(2, 9, 1, 10, 60)]), inferred(1));
    }

    #[test]
    fn a_trace_decides_and_nothing_is_inferred_across_traces() {
        let of = |trace: &str, span: Span| Span { trace: Some(trace.into()), ..span };
        let (ours, other) = (of("a", span(1, 9, 1, 0, 50)), of("b", span(2, 9, 1, 10, 60)));
        let unfinished = of("a", span(4, 1, 5, 60, 900));
        assert_eq!(cause(&unfinished, [&ours, &other]), Some(Cause { parent: 1, inferred: false }));
        assert_eq!(cause(&unfinished, [&other]), None);
        let customers = span(3, 8, 1, 0, 1_000);
        assert_eq!(cause(&unfinished, [&other, &customers]), inferred(3), "the entry point begins the trace");
        let earlier = of("a", span(5, 1, 5, 10, 20));
        let firsts = Firsts::of(&[unfinished.clone(), earlier]);
        let (begun, later) = (span(6, 8, 1, 5, 25), span(7, 8, 1, 50, 2_000));
        assert_eq!(firsts.cause(&unfinished, [&begun, &later]), inferred(6), "the trace is older than the tighter one");
    }

    #[test]
    fn what_was_never_answered_may_have_caused_calls_for_a_while() {
        let unanswered = Span { to_ns: None, ..span(1, 9, 1, 0, 0) };
        assert_eq!(cause(&span(4, 1, 5, 30, 40), [&unanswered]), inferred(1));
        assert_eq!(cause(&span(4, 1, 5, WORKED_NS + 1, WORKED_NS + 2), [&unanswered]), None);
    }
}
