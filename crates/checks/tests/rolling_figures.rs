//! Rolling figures are those that counting from scratch gives.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use proptest::prelude::*;
use wirereel_checks::{
    CheckResult, Failure, Frame, Measurement, Phase, Phases, RollingStats, State, Summary,
    config::Span,
    stats::{OpenHours, RollUp, Width, roll_up},
};

const SECOND: i64 = 1_000_000_000;
const BEGIN_NS: i64 = 1_790_000_000_000_000_000;

fn result(after_ms: i64, state: State, response_us: u64, ttfb_us: u64, status: u16) -> CheckResult {
    let failure = match (state, status) {
        (State::Down, 0) => Some(Failure::Timeout { phase: Phase::Ttfb, after_ms: 10_000 }),
        (State::Down, found) => Some(Failure::Status { found, expected: "200".into() }),
        _ => None,
    };
    let measured = matches!(state, State::Up | State::Down).then(|| Measurement {
        failure,
        total_us: response_us,
        phases: Phases { ttfb_us: (status != 0).then_some(ttfb_us), ..Phases::default() },
        status: (status != 0).then_some(status),
        ..Measurement::default()
    });
    CheckResult {
        website: "site".into(),
        intended_at_ns: BEGIN_NS + after_ms * 1_000_000,
        at_ns: BEGIN_NS + after_ms * 1_000_000,
        instants: 1,
        state,
        reason: None,
        measured,
    }
}

fn any_result() -> impl Strategy<Value = (i64, i64, CheckResult)> {
    let state = prop_oneof![6 => Just(State::Up), 3 => Just(State::Down), 1 => Just(State::Overrun), 1 => Just(State::SelfOffline)];
    // How long after the one before it comes, and how much before that it was intended.
    (
        0..40_000_i64,
        prop_oneof![5 => Just(0_i64), 1 => 0..200_000_i64],
        state,
        0..9_000_000_u64,
        0..5_000_u64,
        prop::sample::select(vec![0, 200, 204, 404, 503]),
    )
        .prop_map(|(step, late, state, response, ttfb, status)| (step, late, result(0, state, response, ttfb, status)))
}

/// Counts everything of the frame anew.
fn from_scratch(all: &[CheckResult], frame: Frame, now_ns: i64) -> Summary {
    let mut summary = Summary::default();
    let from_ms = now_ns / 1_000_000 - frame.past.as_millis() as i64;
    all.iter().filter(|result| result.intended_at_ns / 1_000_000 > from_ms).for_each(|result| summary.add(result));
    summary
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn rolling_figures_are_those_from_scratch(
        results in prop::collection::vec(any_result(), 1..120),
        past in prop::collection::vec(10..900_u64, 1..4),
    ) {
        let frames: Vec<Frame> = past.iter().map(|past| Frame { past: Span::from_secs(*past), every: Span::from_secs(1) }).collect();
        let mut rolling = RollingStats::new(&frames);
        let mut all = Vec::new();
        let mut now_ns = BEGIN_NS;
        for (step_ms, late_ms, mut result) in results {
            now_ns += step_ms * 1_000_000;
            result.intended_at_ns = now_ns - late_ms * 1_000_000;
            rolling.advance(now_ns);
            rolling.record(&result);
            all.push(result);
            for (place, frame) in frames.iter().enumerate() {
                prop_assert_eq!(rolling.figures(place).unwrap(), from_scratch(&all, *frame, now_ns));
            }
        }
        rolling.advance(now_ns + 901 * SECOND);
        prop_assert!(rolling.is_empty());
        prop_assert_eq!(rolling.figures(0).unwrap(), Summary::default());
    }

    #[test]
    fn hours_and_days_are_those_of_all_results(results in prop::collection::vec((0..5 * 86_400_000_i64, 0..9_000_000_u64), 1..200)) {
        let state = |us: u64| if us.is_multiple_of(5) { State::Down } else { State::Up };
        let mut all: Vec<CheckResult> =
            results.iter().map(|(after, us)| result(*after, state(*us), *us, us / 2, 200)).collect();
        all.sort_by_key(|result| result.intended_at_ns);
        let (mut open, mut hours, mut whole) = (OpenHours::default(), Vec::new(), Summary::default());
        for result in &all {
            hours.extend(open.close(result.intended_at_ns));
            prop_assert!(open.record(result));
            whole.add(result);
        }
        hours.extend(open.close(BEGIN_NS + 9 * 86_400 * SECOND));
        prop_assert!(open.open().is_empty());
        prop_assert!(hours.windows(2).all(|pair| pair[0].begin_ms < pair[1].begin_ms));
        let days = roll_up(Width::Day, hours);
        prop_assert!(days.len() <= 6);
        let mut of_days = Summary::default();
        days.iter().for_each(|RollUp { summary, .. }| of_days.merge(summary));
        prop_assert_eq!(of_days, whole);
    }
}

fn named(figures: &Summary) -> Vec<(String, u32, bool)> {
    figures.outcomes.iter().map(|(outcome, n)| (outcome.name().into_owned(), *n, outcome.is_failure())).collect()
}

#[test]
fn a_frame_is_told_at_its_own_time_and_what_is_later_waits() {
    let mut stats = RollingStats::new(&Frame::DEFAULTS);
    let at = |s: i64| BEGIN_NS + s * SECOND;
    for s in 0..100 {
        stats.record(&result(s * 10_000, State::Up, 1_000, 500, 200));
        if s % 6 == 0 {
            stats.tell(0, at(s * 10 + 5));
        }
    }
    let up = |stats: &RollingStats, frame| stats.figures(frame).unwrap().up;
    assert_eq!((up(&stats, 0), up(&stats, 1)), (60, 0), "told at 965 s: of 365 s to 965 s");
    assert_eq!(stats.samples(0).map(|sample| sample.at_ms).max(), Some(at(960) / 1_000_000));
    stats.record(&result(400_500, State::Down, 1_000, 500, 503));
    assert_eq!(stats.figures(0).unwrap().down, 1, "late, and still of the frame");
    stats.tell(1, at(990));
    assert_eq!((up(&stats, 0), up(&stats, 1)), (60, 100));
}

#[test]
fn what_tells_nothing_about_the_website_is_no_part_of_its_availability() {
    let mut stats = RollingStats::new(&Frame::DEFAULTS);
    for (n, state) in
        [State::Up, State::Up, State::Up, State::Down, State::Overrun, State::SelfOffline].into_iter().enumerate()
    {
        stats.record(&result(n as i64 * 10_000, state, 1_000 * (n as u64 + 1), 500, 200));
    }
    let mut night = result(60_000, State::SelfOffline, 0, 0, 0);
    night.instants = 5;
    stats.record(&night);
    assert_eq!(stats.figures(0).unwrap(), Summary::default(), "nothing was told yet");
    stats.tell(0, BEGIN_NS + 60 * SECOND);
    let figures = stats.figures(0).unwrap();
    assert_eq!((figures.availability(), figures.overruns, figures.self_offline), (Some(0.75), 1, 6));
    assert_eq!((figures.responses.avg_us(), figures.responses.max_us), (Some(2_500.0), Some(4_000)));
    assert_eq!(
        (figures.ttfb.avg_us(), named(&figures)),
        (Some(500.0), vec![("200".into(), 3, false), ("200".into(), 1, true)])
    );
    assert_eq!(Summary::default().availability(), None);
}

#[test]
fn a_late_result_finds_its_hour_and_one_that_is_too_late_is_refused() {
    let hour_ms = 3_600_000;
    let mut open = OpenHours::default();
    let begin_ms = Width::Hour.begin_ms(BEGIN_NS / 1_000_000);
    let at = |ms: i64| result(begin_ms + ms - BEGIN_NS / 1_000_000, State::Up, 1, 1, 200);
    assert!(open.record(&at(hour_ms - 1)) && open.record(&at(hour_ms)) && open.record(&at(hour_ms - 5)));
    assert!(
        open.close((begin_ms + hour_ms + 599_999) * 1_000_000).is_empty(),
        "a check of the hour before may still run"
    );
    let closed = open.close((begin_ms + hour_ms + 600_000) * 1_000_000);
    assert_eq!((closed.len(), closed[0].summary.up, open.open().len()), (1, 2, 1));
    assert!(!open.record(&at(hour_ms - 2)));
}

#[test]
fn frames_are_told_at_whole_steps_and_say_what_is_wrong_with_them() {
    let frame = Frame::DEFAULTS[0];
    assert!(!frame.is_due(10 * SECOND, 19 * SECOND) && frame.is_due(19 * SECOND, 20 * SECOND));
    assert!(Frame::DEFAULTS.iter().all(|frame| frame.problems().is_empty()));
    let wrong = Frame { past: Span::from_secs(90_000), every: Span::from_millis(10) };
    let told: Vec<String> = wrong.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["past: \"25h\" is not a duration from 10s to 1d", "every: \"10ms\" is not a duration from 1s to 25h"]
    );
}
