//! One website over a time, and single checks.

use std::sync::Arc;

use serde_json::Value;
use wirereel_checks::{
    State,
    stats::{RollUp, Sample},
};
use wirereel_query::{
    checks::{AvailabilityPoint, CheckHeat, CheckRuns, CheckRunsQuestion, WebsiteDetail, WebsiteQuestion},
    question::TimeRange,
};

use super::{
    Workbench,
    editing::written_websites,
    lock, now_us,
    past::{results, told_of},
};
use crate::{
    EngineError,
    checking::{hour_summary, periods},
};

const MOST_POINTS: u32 = 600;
const LONGEST_US: i64 = 31 * 86_400_000_000;
/// Hours are kept for so long.
const HOURS_US: i64 = 400 * 86_400_000_000;
/// Of the curve where no rule says otherwise: the default of rules about websites.
const OVER_US: i64 = 120_000_000;
/// Upper borders of the heat map's bands: 1, 2 and 5 in each power of ten, from a millisecond to ten seconds, and half a minute.
const BORDERS_US: [u64; 14] = [
    1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
    10_000_000, 30_000_000,
];

impl Workbench {
    /// One website in depth.
    ///
    /// # Errors
    /// When there is no such website, the range is empty or too long, too many points are asked for, or what is stored cannot be read.
    pub fn website(&self, question: &WebsiteQuestion, lane: Option<&str>) -> Result<WebsiteDetail, EngineError> {
        let WebsiteQuestion { website, range, at_us, points } = question;
        if *points > MOST_POINTS {
            return Err(EngineError::Capturing(format!("{points} points: allowed are {MOST_POINTS} at most.")));
        }
        let row = match at_us {
            None => self.present_row(website, lane)?,
            Some(at_us) => self.past_row(website, *at_us, lane)?,
        };
        let until_us = at_us.unwrap_or_else(now_us);
        let range = match range {
            Some(range) => *range,
            None => {
                let longest = lock(&self.checks.board).frames().iter().map(|now| now.frame.past).max();
                let past_us = longest.map_or(OVER_US, |past| past.as_nanos() / 1_000);
                TimeRange { from_us: until_us.saturating_sub(past_us), to_us: until_us }
            }
        };
        let length_us = range.to_us.saturating_sub(range.from_us);
        if length_us <= 0 || length_us > LONGEST_US {
            return Err(EngineError::Capturing("The range is empty, or longer than 31 days.".into()));
        }
        let rule = self.alerting().down_rule();
        let over_us = rule.map_or(OVER_US, |rule| i64::try_from(rule.over_ms).unwrap_or(i64::MAX / 2_000) * 1_000);
        let mut detail = WebsiteDetail {
            config: self.written(website)?.unwrap_or(Value::Null),
            range: Some(range),
            row,
            ..WebsiteDetail::default()
        };
        let Some(workspace) = self.checked_into()? else { return Ok(detail) };
        let reader = workspace.reader(lane)?;
        let name = [website.as_str()];
        let mut found = results(&reader, &name, (range.from_us.saturating_sub(over_us), range.to_us))?;
        let samples = found.remove(website).unwrap_or_default().samples;
        let span = (range.from_us, range.to_us);
        let phases =
            reader.check_phases(&name, &[span])?.into_values().next().and_then(|phases| phases.first().copied());
        let interval_us = i64::try_from(detail.row.interval_ms).unwrap_or(i64::MAX / 1_000) * 1_000;
        detail.figures = told_of(&samples, span, interval_us, phases.unwrap_or_default());
        detail.curve = curve(&samples, span, over_us, *points);
        detail.heat = heat(&samples, span, *points);
        let mut hours: Vec<_> = reader
            .check_hours(website, until_us.saturating_sub(HOURS_US))?
            .iter()
            .map(|hour| (hour.hour_s * 1_000, hour_summary(hour)))
            .collect();
        drop(reader);
        if let Some(site) = lock(&self.checks.board).site(website) {
            hours.extend(site.hours().iter().map(|RollUp { begin_ms, summary }| (*begin_ms, summary.clone())));
        }
        hours.retain(|(begin_ms, _)| begin_ms * 1_000 < until_us);
        let told = periods(hours, until_us);
        (detail.days, detail.weeks, detail.months) = (told.days, told.weeks, told.months);
        Ok(detail)
    }

    /// A website as it is written in the file.
    fn written(&self, name: &str) -> Result<Option<Value>, EngineError> {
        Ok(written_websites(&self.home)?.into_iter().find(|written| super::editing::name_of(written) == Some(name)))
    }

    /// Single checks, latest first.
    ///
    /// # Errors
    /// When more than 500 are asked for, nothing was ever known of the website, or they cannot be read.
    pub fn check_runs(&self, question: &CheckRunsQuestion, lane: Option<&str>) -> Result<CheckRuns, EngineError> {
        let runs = match self.checked_into()? {
            Some(workspace) => workspace.reader(lane)?.check_runs(question)?,
            None => CheckRuns::default(),
        };
        match &question.website {
            // One that was taken out long ago is like one that never was.
            Some(name) if runs.total == 0 && lock(&self.checks.board).site(name).is_none() => {
                self.knows_results_of(name).then_some(runs).ok_or_else(|| no_such(name))
            }
            _ => Ok(runs),
        }
    }

    fn knows_results_of(&self, name: &str) -> bool {
        let known = |workspace: Arc<crate::Workspace>| {
            Ok::<_, EngineError>(!workspace.reader(None)?.check_websites_named(&[name])?.is_empty())
        };
        self.checked_into().ok().flatten().is_some_and(|workspace| known(workspace).unwrap_or(false))
    }
}

fn no_such(name: &str) -> EngineError {
    EngineError::NotFound(format!("The website {name:?}"))
}

/// Availability over the past so and so long at each of some points.
fn curve(samples: &[(Sample, u32)], (from_us, to_us): (i64, i64), over_us: i64, points: u32) -> Vec<AvailabilityPoint> {
    let counted: Vec<(i64, bool)> = samples
        .iter()
        .filter(|(sample, _)| matches!(sample.state, State::Up | State::Down))
        .map(|(sample, _)| (sample.at_ms * 1_000, sample.state == State::Up))
        .collect();
    let (mut begin, mut end) = (0, 0);
    let (mut up, mut all) = (0_u64, 0_u64);
    let point = |number: u32| {
        let at_us = from_us + ((to_us - from_us) as i128 * i128::from(number + 1) / i128::from(points)) as i64;
        while let Some((when_us, is_up)) = counted.get(end).filter(|(when_us, _)| *when_us <= at_us) {
            debug_assert!(*when_us <= at_us);
            (up, all, end) = (up + u64::from(*is_up), all + 1, end + 1);
        }
        while let Some((_, is_up)) =
            counted.get(begin).filter(|(when_us, _)| begin < end && *when_us <= at_us - over_us)
        {
            (up, all, begin) = (up - u64::from(*is_up), all - 1, begin + 1);
        }
        AvailabilityPoint { at_us, availability: (all > 0).then(|| up as f64 / all as f64) }
    };
    (0..points).map(point).collect()
}

/// Response times by when and by how long.
fn heat(samples: &[(Sample, u32)], (from_us, to_us): (i64, i64), points: u32) -> CheckHeat {
    if points == 0 {
        return CheckHeat::default();
    }
    let step_us = ((to_us - from_us) + i64::from(points) - 1) / i64::from(points);
    let columns = ((to_us - from_us) + step_us - 1) / step_us;
    let bands = BORDERS_US.len() + 1;
    let mut heat = CheckHeat {
        begin_us: from_us,
        step_us,
        columns: columns as u32,
        borders_us: BORDERS_US.to_vec(),
        counts: vec![0; columns as usize * bands],
        failures: vec![0; columns as usize],
        means_us: vec![None; columns as usize],
    };
    let mut ups = vec![(0_u64, 0_u32); columns as usize];
    for (sample, _) in samples {
        let Ok(column) = usize::try_from((sample.at_ms * 1_000 - from_us).div_euclid(step_us)) else { continue };
        if column >= heat.failures.len() {
            continue;
        }
        if sample.state == State::Down {
            heat.failures[column] += 1;
        }
        if let Some(us) = sample.response_us {
            let band = BORDERS_US.partition_point(|border| *border < u64::from(us));
            heat.counts[column * bands + band] += 1;
            if sample.state == State::Up {
                let (sum_us, count) = &mut ups[column];
                (*sum_us, *count) = (*sum_us + u64::from(us), *count + 1);
            }
        }
    }
    let means = ups.into_iter().map(|(sum_us, count)| (count > 0).then(|| sum_us as f64 / f64::from(count)));
    heat.means_us = means.collect();
    heat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(s: i64, state: State, us: u32) -> (Sample, u32) {
        (Sample { at_ms: s * 1_000, state, response_us: Some(us), ttfb_us: None, outcome: None }, 1)
    }

    #[test]
    fn the_curve_is_availability_over_the_time_before_each_point() {
        let second = 1_000_000;
        let samples: Vec<_> =
            (0..20).map(|s| sample(s, if (10..14).contains(&s) { State::Down } else { State::Up }, 1)).collect();
        let told = curve(&samples, (4 * second, 20 * second), 4 * second, 4);
        let told: Vec<_> = told.iter().map(|point| (point.at_us / second, point.availability)).collect();
        assert_eq!(told, [(8, Some(1.0)), (12, Some(0.25)), (16, Some(0.75)), (20, Some(1.0))]);
        assert_eq!(curve(&[], (0, second), second, 1)[0].availability, None);
    }

    #[test]
    fn the_heat_map_counts_every_answer_in_its_band_and_failures_beside() {
        let second = 1_000_000;
        let samples = [
            sample(0, State::Up, 900),
            sample(1, State::Up, 1_001),
            sample(9, State::Down, 40_000_000),
            sample(10, State::Up, 1),
        ];
        let heat = heat(&samples, (0, 10 * second), 5);
        assert_eq!((heat.columns, heat.step_us, heat.failures.clone()), (5, 2 * second, vec![0, 0, 0, 0, 1]));
        let bands = heat.borders_us.len() + 1;
        let full: Vec<_> = heat
            .counts
            .iter()
            .enumerate()
            .filter(|(_, n)| **n > 0)
            .map(|(at, n)| (at / bands, at % bands, *n))
            .collect();
        assert_eq!(full, [(0, 0, 1), (0, 1, 1), (4, 14, 1)]);
        assert_eq!(heat.means_us, [Some(950.5), None, None, None, None], "what failed has no response time");
    }
}
