//! A week of websites with outages, against a second model of the rule that shares nothing with it.

use std::collections::VecDeque;

use super::*;

const SITES: usize = 6;
const WEEK_S: i64 = 7 * 86_400;

/// Every check of the week in its order: second, site, good.
fn checks() -> (Vec<(i64, usize, bool)>, [i64; SITES]) {
    let (mut dice, mut checks) = (Dice(0x5eed), Vec::new());
    let mut intervals = [0; SITES];
    for (site, interval) in intervals.iter_mut().enumerate() {
        *interval = 20 + dice.roll(50);
        let outages: Vec<(i64, i64)> = (0..20)
            .map(|_| {
                let from = dice.roll(WEEK_S);
                let longest = if dice.roll(4) == 0 { 20_000 } else { 400 };
                (from, from + 5 + dice.roll(longest))
            })
            .collect();
        let mut at = dice.roll(*interval);
        while at < WEEK_S {
            let is_out = outages.iter().any(|(from, to)| (*from..*to).contains(&at));
            // Now and then one check fails though the site is well.
            checks.push((at, site, !is_out && dice.roll(50) > 0));
            at += *interval;
        }
    }
    checks.sort_unstable();
    (checks, intervals)
}

/// What the rule says in its own words: down when of the checks of the past two minutes, of which there are six or as many as fit, at most 80 %
/// were good; up when more were.
fn wanted(checks: &[(i64, usize, bool)], intervals: &[i64; SITES]) -> Vec<(String, i64, Option<i64>)> {
    let mut spans = Vec::new();
    for (site, interval) in intervals.iter().enumerate() {
        let mut frame: VecDeque<(i64, bool)> = VecDeque::new();
        let mut open: Option<i64> = None;
        for (at, _, good) in checks.iter().filter(|(_, of, _)| *of == site) {
            frame.push_back((*at, *good));
            frame.retain(|(then, _)| *then > at - 120);
            let good = frame.iter().filter(|(_, good)| *good).count();
            if (frame.len() as i64) < (120 / interval).min(6) {
                continue;
            }
            let is_down = good * 5 <= frame.len() * 4;
            match (open, is_down) {
                (None, true) => open = Some(*at),
                (Some(from), false) => {
                    spans.push((format!("site-{site}"), from, Some(*at)));
                    open = None;
                }
                _ => {}
            }
        }
        spans.extend(open.map(|from| (format!("site-{site}"), from, None)));
    }
    spans
}

#[test]
fn every_alert_of_a_week_opens_and_is_over_at_the_instant_the_rule_says_and_no_other_does() {
    let (checks, intervals) = checks();
    let mut play = Play::new(config(json!({ "targets": desktop() })));
    let mut last = 0;
    for (at, site, good) in &checks {
        let mut reading = check(&format!("site-{site}"), *at, *good);
        reading.every_ns = Some(intervals[*site] * SECOND);
        play.judge().hear(&[reading]);
        if at - last > 4 * 3_600 {
            last = *at;
            play.tick(*at);
            play.send_all(*at);
        }
    }
    play.tick(WEEK_S);
    play.send_all(WEEK_S);
    play.settle(WEEK_S);
    let mut found: Vec<_> = Vec::new();
    let sql = "SELECT subject, epoch_ns(opened_at) // 1000000000, epoch_ns(resolved_at) // 1000000000 FROM alerts";
    for row in play.store().reader(None).unwrap().sql(sql, 10_000).unwrap().rows {
        let second = |value: &Value| value.as_i64().map(|second| second - EPOCH / SECOND);
        found.push((row[0].as_str().unwrap().to_owned(), second(&row[1]).unwrap(), second(&row[2])));
    }
    found.sort();
    let mut wanted = wanted(&checks, &intervals);
    wanted.sort();
    assert!(wanted.len() > 100, "{} alerts", wanted.len());
    assert_eq!(found, wanted);
    let told = wanted.iter().map(|(_, _, to)| 1 + usize::from(to.is_some())).sum::<usize>();
    let ids: HashSet<_> = play.sent.iter().collect();
    assert_eq!((play.sent.len(), ids.len()), (told, told), "everything was told once");
}
