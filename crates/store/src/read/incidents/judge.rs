//! From the calls to one service, in order of time, to what was wrong with it and when.

use wirereel_query::reel::IncidentKind;

use super::{
    calls::{Call, Outcome},
    scan::{self, Odds, Tally},
};

/// A crash is at least so many calls in a row without any answer: fewer are seen in healthy recordings, when a client gives up.
const LEAST_UNANSWERED: usize = 4;
/// And by chance so many in a row would come once in a hundred thousand times, at the share of unanswered calls around them: four are
/// enough between sixteen that were answered, (1/18)⁴, and seventeen where half of those around were.
const CRASH_CHANCE: f64 = 1e-5;
/// A failing or slow stretch has at least so many bad calls: fewer may have one cause that is none of the service, such as one visit or
/// one connection.
const LEAST_BAD: u64 = 4;
/// Calls on each side that the share around a run is taken from.
const AROUND: usize = 20;
/// Of a side with fewer calls nothing is learnt.
const LEAST_AROUND: u64 = 5;
/// In a failing stretch at least this share of the answers is bad.
pub(super) const FAILING_SHARE: f64 = 0.2;
/// In a slow stretch at least this share of the answers is slow: the faults that are known from practice make 60 % and more so.
pub(super) const SLOW_SHARE: f64 = 0.3;
/// A 503 says by itself that the service cannot serve (RFC 9110 §15.6.4), so one is enough where nothing better was heard from it for
/// this long. Services that answer more often have to say it more often.
const DECLARED_NS: i64 = 60_000_000_000;
/// And where the service says so otherwise hardly ever.
const DECLARED_SHARE: f64 = 0.02;

/// What is usual for the service over the whole recording.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usual {
    /// Calls, and those that were refused, failed or ended with 5xx.
    pub(super) errors: Tally,
    /// Answers, and those slower than `slow_us`.
    pub(super) slow: Tally,
    /// The share of errors, and of slow answers, in the middle bucket.
    pub(super) error_share: f64,
    pub(super) slow_share: f64,
}

/// Something wrong, as places in the list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: IncidentKind,
    /// The first and the last call that show it.
    pub(super) first: usize,
    pub(super) last: usize,
    /// The good answer that ends it, or what cut it off; `None` when neither came.
    pub(super) ended_ns: Option<i64>,
    /// Whether it was a good answer.
    pub(super) recovered: bool,
}

/// Everything that the calls show, in order of time. Findings do not overlap.
pub(super) fn judge(calls: &[Call], usual: &Usual) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut begin = 0;
    for (first, last) in crashes(calls) {
        judge_alive(calls, begin, first, usual, &mut findings);
        let ended_ns = calls[last + 1..].iter().find(|call| call.is_good()).and_then(|call| call.answered_ns);
        findings.push(Finding { kind: IncidentKind::Crash, first, last, ended_ns, recovered: ended_ns.is_some() });
        begin = last + 1;
    }
    judge_alive(calls, begin, calls.len(), usual, &mut findings);
    findings
}

/// Runs of calls without any answer that are no accident.
fn crashes(calls: &[Call]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut from = 0;
    while from < calls.len() {
        if !calls[from].is_dead() {
            from += 1;
            continue;
        }
        let to = (from..calls.len()).find(|place| !calls[*place].is_dead()).unwrap_or(calls.len());
        let share = share_around(&calls[from.saturating_sub(AROUND)..from], &calls[to..calls.len().min(to + AROUND)]);
        let length = to - from;
        let answers_otherwise = calls[..from].iter().chain(&calls[to..]).any(Call::is_good);
        if length >= LEAST_UNANSWERED
            && answers_otherwise
            && share.powi(i32::try_from(length).unwrap_or(i32::MAX)) <= CRASH_CHANCE
        {
            runs.push((from, to - 1));
        }
        from = to;
    }
    runs
}

/// The share of calls without any answer before and after a run: of both sides together, or that of the worse one.
fn share_around(before: &[Call], after: &[Call]) -> f64 {
    let dead =
        |side: &[Call]| Tally { bad: side.iter().filter(|call| call.is_dead()).count() as u64, all: side.len() as u64 };
    let mut both = dead(before);
    both.add(dead(after));
    let sides = [dead(before), dead(after)].into_iter().filter(|side| side.all >= LEAST_AROUND);
    sides.map(|side| side.bad as f64 / side.all as f64).fold(both.estimated(), f64::max)
}

/// Failing and slow stretches of calls `from..to`, which the service answers. What comes next cuts them off.
fn judge_alive(calls: &[Call], from: usize, to: usize, usual: &Usual, findings: &mut Vec<Finding>) {
    let part = &calls[from..to];
    let cut_ns = calls.get(to).map(|call| call.at_ns);
    let place = |kind, first: usize, last: usize, is_over: fn(&Call) -> bool| {
        let after = part[last + 1..].iter().find(|call| is_over(call)).and_then(|call| call.answered_ns);
        let (first, last) = (from + first, from + last);
        Finding { kind, first, last, ended_ns: after.or(cut_ns), recovered: after.is_some() }
    };
    let mut found: Vec<Finding> =
        bunches(part, |call| Some(call.is_own_error()), (usual.error_share, FAILING_SHARE), usual.errors)
            .into_iter()
            .map(|(first, last)| place(IncidentKind::Failing, first, last, Call::is_good))
            .collect();
    let overlaps =
        |found: &[Finding], new: &Finding| found.iter().any(|known| known.first <= new.last && new.first <= known.last);
    for (first, last) in declared(part, usual) {
        let new = place(IncidentKind::Failing, first, last, Call::is_good);
        if !overlaps(&found, &new) {
            found.push(new);
        }
    }
    let is_slow = |call: &Call| match call.outcome {
        Outcome::Answered => Some(call.slow),
        // A client that gave up waited for long, if its request did not get lost.
        Outcome::NoResponse => Some(call.own),
        _ => None,
    };
    for (first, last) in bunches(part, is_slow, (usual.slow_share, SLOW_SHARE), usual.slow) {
        let new = place(IncidentKind::Slow, first, last, |call| call.is_good() && !call.slow);
        if part[first..=last].iter().any(|call| call.slow) && !overlaps(&found, &new) {
            found.push(new);
        }
    }
    found.sort_unstable_by_key(|finding| finding.first);
    findings.append(&mut found);
}

/// The median time that good answers of calls took.
pub(super) fn median_us(calls: &[Call]) -> Option<u64> {
    let mut took: Vec<u64> = calls.iter().filter(|call| call.is_good()).map(|call| call.took_us).collect();
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

/// Stretches in which calls are bad more often than chance makes them, and in which at least this share of them is; calls that are `None`
/// are left out of account.
fn bunches(
    calls: &[Call],
    is_bad: impl Fn(&Call) -> Option<bool>,
    (usual_share, least_share): (f64, f64),
    usual: Tally,
) -> Vec<(usize, usize)> {
    let counted: Vec<(usize, Tally)> = calls
        .iter()
        .enumerate()
        .filter_map(|(place, call)| Some((place, Tally { bad: u64::from(is_bad(call)?), all: 1 })))
        .collect();
    let tallies: Vec<Tally> = counted.iter().map(|(_, tally)| *tally).collect();
    let is_enough = |part: Tally| part.bad >= LEAST_BAD && part.bad as f64 >= least_share * part.all as f64;
    scan::stretches(&tallies, Odds::new(usual_share, least_share), 0.0)
        .into_iter()
        .filter(|stretch| is_enough(stretch.tally) && scan::is_significant(stretch.tally, usual))
        .map(|stretch| (counted[stretch.from].0, counted[stretch.to - 1].0))
        .collect()
}

/// Runs of answers 503 with nothing better for [`DECLARED_NS`] around them.
fn declared(calls: &[Call], usual: &Usual) -> Vec<(usize, usize)> {
    let says_so = |call: &Call| call.outcome == Outcome::Error(503) && call.own;
    let mut runs = Vec::new();
    let mut from = 0;
    while from < calls.len() {
        if !says_so(&calls[from]) {
            from += 1;
            continue;
        }
        let to = (from..calls.len()).find(|place| !says_so(&calls[*place])).unwrap_or(calls.len());
        let before = calls[..from].iter().rev().find(|call| call.is_good()).and_then(|call| call.answered_ns);
        let after = calls[to..].iter().find(|call| call.is_good()).and_then(|call| call.answered_ns);
        let run = Tally { bad: (to - from) as u64, all: (to - from) as u64 };
        let rest = usual.errors.without(run);
        let alone = before.is_some_and(|before| after.unwrap_or(i64::MAX).saturating_sub(before) >= DECLARED_NS);
        if alone && rest.bad as f64 <= DECLARED_SHARE * rest.all as f64 {
            runs.push((from, to - 1));
        }
        from = to;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: i64 = 1_000_000_000;

    /// A call per second: `.` good, `s` slow, `5` 500, `3` 503, `r` refused, `x` reset, `n` no response, `p` passed on from another.
    fn calls(outcomes: &str) -> Vec<Call> {
        outcomes
            .bytes()
            .enumerate()
            .map(|(second, letter)| {
                let at_ns = second as i64 * SECOND_NS;
                let outcome = match letter {
                    b'5' | b'p' => Outcome::Error(500),
                    b'3' => Outcome::Error(503),
                    b'r' => Outcome::Refused,
                    b'x' => Outcome::Reset,
                    b'n' => Outcome::NoResponse,
                    _ => Outcome::Answered,
                };
                let answered = matches!(outcome, Outcome::Answered | Outcome::Error(_));
                Call {
                    at_ns,
                    answered_ns: answered.then_some(at_ns + 1),
                    took_us: if letter == b's' { 10 } else { 1 },
                    client: 1,
                    outcome,
                    own: letter != b'p',
                    slow: letter == b's',
                }
            })
            .collect()
    }

    /// What is found, as kind, first and last second, and second of the answer that ends it.
    fn found(outcomes: &str) -> Vec<(IncidentKind, usize, usize, Option<i64>)> {
        let calls = calls(outcomes);
        let tally = |is_bad: fn(&Call) -> bool| Tally {
            bad: calls.iter().filter(|call| is_bad(call)).count() as u64,
            all: calls.len() as u64,
        };
        let usual = Usual {
            errors: tally(|call| call.outcome != Outcome::Answered),
            slow: tally(|call| call.slow),
            ..Usual::default()
        };
        let told =
            |finding: Finding| (finding.kind, finding.first, finding.last, finding.ended_ns.map(|ns| ns / SECOND_NS));
        judge(&calls, &usual).into_iter().map(told).collect()
    }

    fn good(n: usize) -> String {
        ".".repeat(n)
    }

    #[test]
    fn a_service_that_answers_nothing_has_crashed_until_the_first_good_answer() {
        let crash = format!("{}nrrrrrrr.{}", good(60), good(60));
        assert_eq!(found(&crash), [(IncidentKind::Crash, 60, 67, Some(68))]);
        assert_eq!(found(&crash[..68]), [(IncidentKind::Crash, 60, 67, None)]);
        let hanging = format!("{}nnnnnn{}", good(60), good(60));
        assert_eq!(found(&hanging), [(IncidentKind::Crash, 60, 65, Some(66))]);
    }

    #[test]
    fn resets_between_good_answers_are_failing_and_no_crash() {
        let half = "xx.xxxx.x..x.xxx.x.xx.";
        let found = found(&format!("{}{half}{}", good(80), good(80)));
        assert_eq!(found, [(IncidentKind::Failing, 80, 100, Some(101))]);
    }

    #[test]
    fn what_is_passed_on_from_another_is_no_incident_of_the_service() {
        assert_eq!(found(&format!("{}{}{}", good(60), "p".repeat(20), good(60))), []);
        let own = format!("{}5555.5555{}", good(60), good(60));
        assert_eq!(found(&own), [(IncidentKind::Failing, 60, 68, Some(69))]);
    }

    #[test]
    fn slow_answers_that_bunch_are_slow_until_an_answer_comes_as_usual() {
        let slow = format!("{}ss.ns.ss.s{}", good(100), good(100));
        assert_eq!(found(&slow), [(IncidentKind::Slow, 100, 109, Some(110))]);
        assert_eq!(found(&format!("{}n.n{}", good(100), good(100))), [], "two lost requests");
    }

    #[test]
    fn a_crash_cuts_off_what_was_slow_before_it() {
        let both = format!("{}sss.ssss{}{}", good(80), "r".repeat(12), good(80));
        assert_eq!(found(&both), [(IncidentKind::Slow, 80, 87, Some(88)), (IncidentKind::Crash, 88, 99, Some(100))]);
        let calls = calls(&both);
        let usual = Usual { slow: Tally { bad: 7, all: 180 }, ..Usual::default() };
        let recovered: Vec<bool> = judge(&calls, &usual).iter().map(|finding| finding.recovered).collect();
        assert_eq!(recovered, [false, true], "it went over into the crash");
    }

    #[test]
    fn a_503_alone_counts_where_nothing_better_was_heard_for_long() {
        let mut calls = calls(&format!("{}3{}", good(60), good(60)));
        let usual = Usual { errors: Tally { bad: 1, all: 121 }, ..Usual::default() };
        assert_eq!(judge(&calls, &usual), []);
        for call in &mut calls[60..] {
            call.at_ns += 60 * SECOND_NS;
            call.answered_ns = Some(call.at_ns);
        }
        let kinds: Vec<_> = judge(&calls, &usual).into_iter().map(|finding| (finding.kind, finding.first)).collect();
        assert_eq!(kinds, [(IncidentKind::Failing, 60)]);
        calls[60].outcome = Outcome::Error(500);
        assert_eq!(judge(&calls, &usual), [], "any other error may be an accident");
    }

    #[test]
    fn scattered_accidents_are_no_incident() {
        assert_eq!(
            found(&format!("{}5{}5{}x{}n{}ss{}", good(50), good(70), good(40), good(60), good(30), good(50))),
            []
        );
        assert_eq!(found(""), []);
    }
}
