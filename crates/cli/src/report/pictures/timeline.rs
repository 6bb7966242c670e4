//! Requests and errors over the recording.

use anyhow::Result;
use wirereel_query::answer::Density;

use super::{
    WIDTH,
    canvas::{Ink, Side, picture},
};
use crate::report::figures::{Instant, rate};

const LEFT: i32 = 72;
const RIGHT: i32 = WIDTH as i32 - 8;
const TOP: i32 = 16;
/// Requests rise from here, errors hang from it.
const BASE: i32 = 132;
const BOTTOM: i32 = 176;
const HEIGHT: u32 = 204;

/// Seconds between ticks.
const STEPS_S: [i64; 21] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    14_400,
    21_600,
    43_200,
    DAY_S,
    2 * DAY_S,
    7 * DAY_S,
];

const DAY_S: i64 = 86_400;

/// Most ticks that do not crowd.
const MAX_TICKS: i64 = 11;

/// Draws the timeline; requests and errors each fill their height.
pub(in crate::report) fn timeline(density: &Density) -> Result<String> {
    picture(HEIGHT, "Requests and errors over time", |canvas| {
        let buckets = density.requests.len().max(1);
        let x = |bucket: usize| LEFT + ((RIGHT - LEFT) as usize * bucket / buckets) as i32;
        let at_us = |us: i64| {
            let length = (density.range.to_us - density.range.from_us).max(1) as f64;
            LEFT + ((us - density.range.from_us) as f64 / length * f64::from(RIGHT - LEFT)) as i32
        };
        for gap in &density.gaps {
            let (from, to) = (at_us(gap.range.from_us).max(LEFT), at_us(gap.range.to_us).min(RIGHT));
            canvas.fill((from, TOP), (to.max(from + 1), BOTTOM), Ink::Gap, 0.16)?;
            canvas.text(&gap.reason, (from, TOP - 8), Side::Left, 10.5, Ink::Text3)?;
        }
        for us in ticks(density.range.from_us, density.range.to_us) {
            let x = at_us(us.0);
            canvas.line(vec![(x, TOP), (x, BOTTOM)], Ink::Line, 0.6, 1)?;
            canvas.text(&us.1, (x, BOTTOM + 14), Side::Middle, 10.5, Ink::Text3)?;
        }
        let most_requests = density.requests.iter().copied().max().unwrap_or(0);
        let most_errors = density.errors.iter().copied().max().unwrap_or(0);
        for (bucket, (requests, errors)) in density.requests.iter().zip(&density.errors).enumerate() {
            let (from, to) = (x(bucket), x(bucket + 1).max(x(bucket) + 1));
            if *requests > 0 {
                canvas.fill(
                    (from, BASE - height(*requests, most_requests, BASE - TOP)),
                    (to, BASE),
                    Ink::Requests,
                    1.0,
                )?;
            }
            if *errors > 0 {
                canvas.fill(
                    (from, BASE + 1),
                    (to, BASE + 1 + height(*errors, most_errors, BOTTOM - BASE)),
                    Ink::Errors,
                    1.0,
                )?;
            }
        }
        canvas.line(vec![(LEFT, BASE), (RIGHT, BASE)], Ink::Text3, 1.0, 1)?;
        let per_s = |count: u32| rate(f64::from(count) / (density.bucket_us / 1e6).max(1e-6));
        canvas.text(&per_s(most_requests), (LEFT - 8, TOP + 5), Side::Right, 10.5, Ink::Text2)?;
        canvas.text("requests", (LEFT - 8, BASE - 8), Side::Right, 10.5, Ink::Text3)?;
        canvas.text("errors", (LEFT - 8, BASE + 10), Side::Right, 10.5, Ink::Text3)?;
        if most_errors > 0 {
            canvas.text(&per_s(most_errors), (LEFT - 8, BOTTOM - 4), Side::Right, 10.5, Ink::Errors)?;
        }
        Ok(())
    })
}

/// What is not nothing is at least a unit high.
fn height(count: u32, most: u32, full: i32) -> i32 {
    (f64::from(count) / f64::from(most.max(1)) * f64::from(full)).ceil() as i32
}

/// Round instants in the range with their labels: to the second, the minute or the day, as far as they differ in it.
fn ticks(from_us: i64, to_us: i64) -> Vec<(i64, String)> {
    let length_s = (to_us - from_us) / 1_000_000;
    let step_s = STEPS_S.into_iter().find(|step| length_s / step <= MAX_TICKS).unwrap_or(length_s / MAX_TICKS);
    let step_us = step_s * 1_000_000;
    let first = from_us.div_euclid(step_us) + 1;
    let labelled = |n: i64| {
        let instant = Instant::from_us(n * step_us);
        let label = match step_s {
            0..60 => instant.time(),
            60..DAY_S => instant.time_short(),
            _ => instant.date(),
        };
        (n * step_us, label)
    };
    (first..).map(labelled).take_while(|(us, _)| *us < to_us).collect()
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_round_and_few() {
        let labels = |from_s: i64, to_s: i64| {
            ticks(from_s * 1_000_000, to_s * 1_000_000).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(
            labels(50, 170),
            ["00:01:00", "00:01:15", "00:01:30", "00:01:45", "00:02:00", "00:02:15", "00:02:30", "00:02:45"]
        );
        assert_eq!(
            labels(3_500, 11_000),
            ["01:00", "01:15", "01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
        );
        assert_eq!(labels(0, 86_400), ["03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
        assert_eq!(labels(0, 3 * 86_400 + 1).last().map(String::as_str), Some("00:00"));
        assert_eq!(labels(0, 20 * 86_400).first().map(String::as_str), Some("1970-01-03"));
        assert_eq!(labels(5, 5), Vec::<String>::new());
    }
}
