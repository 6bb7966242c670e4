//! A week of thirty websites, against a second model of the rules that shares no code with the machine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use wirereel_alerts::{AlertConfig, Event, Happening, Machine, Observation, Quiet, Reading};

use crate::{kills::Disk, play::SECOND};

const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// 2026-10-20T00:00:00Z, a Tuesday. On the Sunday, the 25th, clocks in Berlin are turned back at 01:00 UTC.
const BEGIN: i64 = 1_792_454_400 * SECOND;
const WEEK: i64 = 7 * 24 * HOUR;
const SITES: usize = 30;

/// xorshift64*: the same week every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as i64 % below
    }
}

/// What a group of sites is judged by: percent to open and to recover, frame, pending, keep-firing, outcomes that are enough.
#[derive(Clone, Copy)]
struct Terms {
    group: &'static str,
    percent: i64,
    recover: i64,
    frame: i64,
    pending: i64,
    keep: i64,
    enough: usize,
}

const TERMS: [Terms; 3] = [
    Terms { group: "plain", percent: 80, recover: 80, frame: 2 * MINUTE, pending: 0, keep: 0, enough: 3 },
    Terms { group: "calm", percent: 60, recover: 90, frame: 5 * MINUTE, pending: MINUTE, keep: 2 * MINUTE, enough: 4 },
    Terms { group: "slow", percent: 50, recover: 50, frame: 10 * MINUTE, pending: 90 * SECOND, keep: 0, enough: 5 },
];

fn terms(site: usize) -> Terms {
    TERMS[site % TERMS.len()]
}

fn name(site: usize) -> String {
    format!("{}-{site}", terms(site).group)
}

fn config() -> AlertConfig {
    let seconds = |nanos: i64| format!("{}s", nanos / SECOND);
    let rules: Vec<_> = TERMS
        .iter()
        .map(|terms| {
            let mut rule = json!({
                "id": terms.group, "subject": { "kind": "website", "names": [format!("{}-*", terms.group)] }, "metric": "up",
                "when": { "kind": "availability", "percent": terms.percent, "recover_percent": terms.recover,
                    "over": seconds(terms.frame), "min_records": terms.enough },
            });
            for (key, span) in [("for", terms.pending), ("keep_firing", terms.keep)] {
                if span > 0 {
                    rule[key] = seconds(span).into();
                }
            }
            rule
        })
        .collect();
    serde_json::from_value(json!({ "rules": rules, "maintenance": [
        // Every day at 01:30 in Berlin, for an hour and a half.
        { "name": "nightly", "subject": { "names": ["calm-*"] }, "time_zone": "Europe/Berlin",
            "when": { "kind": "cron", "cron": "30 1 * * *", "lasts": "90m" } },
        { "name": "sunday", "subject": { "names": ["plain-0", "plain-3"] }, "time_zone": "Europe/Berlin",
            "when": { "kind": "weekly", "days": ["sun"], "at": "02:15", "lasts": "2h" } },
        { "name": "move", "subject": { "names": ["slow-*"] },
            "when": { "kind": "once", "from": "2026-10-22T12:00:00Z", "until": "2026-10-22T15:00:00Z" } },
    ] }))
    .unwrap()
}

/// The same windows as instants, worked out by hand: Berlin is two hours ahead until the 25th, 01:00 UTC, and one hour after it.
fn maintained(site: usize) -> Vec<(i64, i64)> {
    let day = |day: i64| BEGIN + day * 24 * HOUR;
    match terms(site).group {
        // 01:30 is 23:30 UTC of the day before: also on the 25th itself, when the clock is not turned yet. From the 26th on it is 00:30 UTC.
        "calm" => (0..=6)
            .map(|night| if night <= 5 { day(night) - 30 * MINUTE } else { day(night) + 30 * MINUTE })
            .chain([day(7) + 30 * MINUTE])
            .map(|from| (from, from + 90 * MINUTE))
            .collect(),
        // 02:15 comes twice on the 25th; the first is 00:15 UTC.
        "plain" if site == 0 || site == 3 => vec![(day(5) + 15 * MINUTE, day(5) + 135 * MINUTE)],
        "slow" => vec![(day(2) + 12 * HOUR, day(2) + 15 * HOUR)],
        _ => Vec::new(),
    }
}

/// Every check of the week: when, of whom, whether it was good. While the workbench is off nothing is checked.
fn checks(dice: &mut Dice) -> Vec<(i64, usize, bool)> {
    let mut off: Vec<(i64, i64)> = Vec::new();
    for _ in 0..12 {
        let from = BEGIN + dice.roll(WEEK / SECOND) * SECOND;
        off.push((from, from + (1 + dice.roll(20)) * MINUTE));
    }
    let mut checks = Vec::new();
    for site in 0..SITES {
        let mut outages: Vec<(i64, i64)> = Vec::new();
        for _ in 0..14 + dice.roll(10) {
            let from = BEGIN + dice.roll(WEEK / SECOND) * SECOND;
            let longest = if dice.roll(4) == 0 { 20_000 } else { 900 };
            outages.push((from, from + (20 + dice.roll(longest)) * SECOND));
        }
        let every = (20 + dice.roll(30)) * SECOND;
        let mut at = BEGIN + dice.roll(every);
        while at < BEGIN + WEEK {
            let inside = |spans: &[(i64, i64)]| spans.iter().any(|(from, until)| (*from..*until).contains(&at));
            if !inside(&off) {
                // In an outage one check in eight is answered all the same; out of it one in fifty fails.
                let ok = if inside(&outages) { dice.roll(8) == 0 } else { dice.roll(50) != 0 };
                checks.push((at, site, ok));
            }
            at += every - SECOND + dice.roll(2 * SECOND);
        }
    }
    checks.sort_unstable();
    checks.dedup_by_key(|(at, site, _)| (*at, *site));
    checks
}

/// When something opens, ends or is held back, by site.
type Diary = BTreeSet<(i64, usize, &'static str)>;

#[derive(Clone, Copy, PartialEq)]
enum Said {
    Nothing,
    Bad,
    Between,
    Good,
}

/// The rules once more, over a list of stretches in which one thing holds.
fn model(site: usize, checks: &[(i64, bool)], diary: &mut Diary) {
    let Terms { percent, recover, frame, pending, keep, enough, .. } = terms(site);
    let windows = maintained(site);
    let slot = frame / 120;
    let ends = windows.iter().map(|window| window.1);
    // Stretches: from a check to the next, cut where the frame is empty and where a window ends.
    let mut stretches: Vec<(i64, i64, Said)> = Vec::new();
    for (place, &(at, _)) in checks.iter().enumerate() {
        let next = checks.get(place + 1).map_or(BEGIN + 2 * WEEK, |check| check.0);
        let fresh = ends.clone().filter(|end| *end <= at).max().unwrap_or(i64::MIN);
        let counts = |then: i64| then >= fresh && then.div_euclid(slot) > at.div_euclid(slot) - 120;
        let counted: Vec<bool> =
            checks[..=place].iter().rev().map_while(|(then, ok)| counts(*then).then_some(*ok)).collect();
        let (good, all) = (counted.iter().filter(|ok| **ok).count() as i64, counted.len() as i64);
        let said = if counted.len() < enough {
            Said::Nothing
        } else if good * 100 <= percent * all {
            Said::Bad
        } else if good * 100 > recover * all {
            Said::Good
        } else {
            Said::Between
        };
        let empty = (at.div_euclid(slot) + 120) * slot;
        let over = ends.clone().filter(|end| *end > at).min().unwrap_or(i64::MAX);
        let until = next.min(empty).min(over);
        stretches.push((at, until, said));
        if until < next {
            stretches.push((until, next, Said::Nothing));
        }
    }
    let is_maintained = |at: i64| windows.iter().any(|(from, until)| (*from..*until).contains(&at));
    let (mut open, mut held, mut bad, mut good) = (false, false, None, None);
    for (from, until, said) in stretches {
        if windows.iter().any(|window| window.1 == from) {
            (held, bad, good) = (false, None, None);
        }
        if open {
            good = (said == Said::Good).then(|| good.unwrap_or(from));
            if let Some(since) = good.filter(|since| since + keep < until) {
                diary.insert((since + keep, site, "resolved"));
                (open, good) = (false, None);
            }
        } else {
            held &= said != Said::Good;
            bad = (said == Said::Bad && !held).then(|| bad.unwrap_or(from));
            if let Some(since) = bad.filter(|since| since + pending < until) {
                bad = None;
                if is_maintained(since + pending) {
                    diary.insert((since + pending, site, "suppressed"));
                    held = true;
                } else {
                    diary.insert((since + pending, site, "opened"));
                    open = true;
                }
            }
        }
    }
}

fn wanted(checks: &[(i64, usize, bool)]) -> Diary {
    let mut diary = Diary::new();
    for site in 0..SITES {
        let own: Vec<_> = checks.iter().filter(|check| check.1 == site).map(|(at, _, ok)| (*at, *ok)).collect();
        model(site, &own, &mut diary);
    }
    diary
}

struct Run {
    machine: Machine,
    config: AlertConfig,
    names: Vec<String>,
    events: Vec<Event>,
}

impl Run {
    fn new() -> Self {
        let config = config();
        Self {
            machine: Machine::new(config.clone()).unwrap(),
            config,
            names: (0..SITES).map(name).collect(),
            events: Vec::new(),
        }
    }

    fn check(&mut self, (at_ns, site, ok): (i64, usize, bool)) {
        let reading = Reading::Outcomes { good: u64::from(ok), bad: u64::from(!ok) };
        let seen =
            Observation { kind: "website", name: &self.names[site], metric: "up", at_ns, every_ns: None, reading };
        self.machine.observe(&seen, &mut self.events);
    }

    /// What was said, each event once; the same id must be the same event.
    fn diary(&self) -> Diary {
        let mut unique: BTreeMap<&str, &Event> = BTreeMap::new();
        for event in &self.events {
            let before = unique.insert(&event.event_id, event);
            assert!(before.is_none_or(|before| before == event), "{before:?} {event:?}");
        }
        let place = |name: &str| name.split_once('-').unwrap().1.parse().unwrap();
        unique.values().map(|event| (event.at_ns, place(&event.alert.subject.name), event.what.word())).collect()
    }
}

#[test]
fn in_a_week_every_alert_opens_and_ends_at_the_instant_the_rule_says_and_no_other() {
    let checks = checks(&mut Dice(20_261_020));
    let wanted = wanted(&checks);
    let mut run = Run::new();
    let mut tick = BEGIN;
    for check in checks {
        while tick < check.0 {
            run.machine.tick(tick, &mut run.events);
            tick += 7 * SECOND;
        }
        run.check(check);
    }
    run.machine.tick(BEGIN + WEEK + HOUR, &mut run.events);
    assert_eq!(run.diary(), wanted);
    assert_eq!(run.events.len(), wanted.len(), "nothing is said twice");
    let count = |what: &str| wanted.iter().filter(|said| said.2 == what).count();
    // A week in which much happens, or it would prove little.
    assert!(
        count("opened") > 200 && count("resolved") > 190 && count("suppressed") > 10,
        "{} {} {}",
        count("opened"),
        count("resolved"),
        count("suppressed")
    );
    let in_maintenance = |event: &&Event| event.quiet == Some(Quiet::Maintenance) && event.what == Happening::Resolved;
    assert!(run.events.iter().filter(in_maintenance).count() > 2, "ends in maintenance are kept, not told");
}

#[test]
fn fifty_kills_in_the_week_double_nothing_and_lose_nothing() {
    let mut dice = Dice(7_777_777);
    let checks = checks(&mut Dice(20_261_020));
    let wanted = wanted(&checks);
    let mut kills: Vec<usize> = (0..50).map(|_| dice.roll(checks.len() as i64) as usize).collect();
    kills.sort_unstable();
    kills.dedup();
    assert!(kills.len() >= 49);
    let mut run = Run::new();
    let (mut disk, mut saved, mut stored, mut longest) = (Disk::default(), 0, 0, 0);
    for place in 0..checks.len() {
        run.check(checks[place]);
        if dice.roll(400) == 0 {
            // Records and events go to disk together.
            disk.save(&mut run.machine);
            (saved, stored) = (place + 1, run.events.len());
            longest = disk.longest().max(longest);
        }
        if kills.binary_search(&place).is_ok() {
            // Whether events after the last save had reached anybody is unknown: sometimes they had.
            if dice.roll(2) == 0 {
                run.events.truncate(stored);
            }
            run.machine = disk.restore(&run.config, checks[place].0);
            let too_early = dice.roll(200) as usize;
            for check in &checks[saved.saturating_sub(too_early)..=place] {
                run.check(*check);
            }
        }
    }
    run.machine.tick(BEGIN + WEEK + HOUR, &mut run.events);
    assert_eq!(run.diary(), wanted);
    assert!(longest < 4_096, "the longest record has {longest} bytes");
}
