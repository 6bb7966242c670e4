//! Websites as they were: everything is made of stored results.

use std::{collections::HashMap, sync::Arc};

use wirereel_checks::{Check, Frame, Summary, stats::Sample};
use wirereel_query::checks::{CheckFigures, CheckPhases, WebsiteRow, Websites, WebsitesQuestion};
use wirereel_store::Reader;

use super::{
    Workbench,
    list::{Entry, Stored, chosen, figure, stored, told_frame},
    lock,
};
use crate::{
    EngineError,
    checking::{FrameNow, Standing, figures, range_us, sample_of, strip, width_us},
};

/// A website's results until an instant.
#[derive(Default)]
pub(super) struct Results {
    pub(super) samples: Vec<(Sample, u32)>,
    standing: Standing,
}

/// Reads results of websites by their names.
pub(super) fn results(
    reader: &Reader,
    names: &[&str],
    (from_us, to_us): (i64, i64),
) -> Result<HashMap<String, Results>, EngineError> {
    let known: HashMap<i32, String> = reader.check_websites_named(names)?.into_iter().collect();
    let mut found: HashMap<i32, Results> = HashMap::new();
    reader.check_samples(Some(names), from_us, to_us, |stored| {
        let sample = sample_of(stored);
        let results = found.entry(stored.website).or_default();
        results.standing.take(sample.state, stored.intended_us);
        results.samples.push((sample, stored.instants));
    })?;
    Ok(found.into_iter().filter_map(|(number, results)| Some((known.get(&number)?.clone(), results))).collect())
}

/// The sum of results in a time.
pub(super) fn summary(samples: &[(Sample, u32)], (from_us, to_us): (i64, i64)) -> Summary {
    let mut summary = Summary::default();
    for (sample, instants) in within(samples, (from_us, to_us)) {
        summary.add_sample(&sample, u64::from(instants));
    }
    summary
}

pub(super) fn within(samples: &[(Sample, u32)], (from_us, to_us): (i64, i64)) -> impl Iterator<Item = (Sample, u32)> {
    let (from_ms, to_ms) = (from_us.div_euclid(1_000), to_us.div_euclid(1_000));
    samples.iter().copied().filter(move |(sample, _)| (from_ms..to_ms).contains(&sample.at_ms))
}

impl Workbench {
    pub(super) fn websites_at(
        &self,
        question: &WebsitesQuestion,
        at_us: i64,
        lane: Option<&str>,
    ) -> Result<Websites, EngineError> {
        let board = lock(&self.checks.board);
        let listed: Vec<(Arc<str>, Arc<Check>)> =
            board.sites().map(|(name, site)| (Arc::clone(name), Arc::clone(&site.listed.check))).collect();
        let frames: Vec<FrameNow> =
            board.frames().iter().map(|now| FrameNow { told_ns: at_us.saturating_mul(1_000), ..*now }).collect();
        let problems = board.problems.clone();
        drop(board);
        let workspace = self.checked_into()?;
        let reader = workspace.as_ref().map(|workspace| workspace.reader(lane)).transpose()?;
        let mut found = HashMap::new();
        if let (Some(reader), Some(first)) = (&reader, frames.first()) {
            // Those that are checked seldom show nothing in a short frame; of them there is little to read.
            let longest = frames.iter().map(FrameNow::range_us).min().unwrap_or((at_us, at_us));
            let is_seldom = |check: &Check| check.website().interval > frames[0].frame.past;
            for (seldom, range) in [(false, first.range_us()), (true, longest)] {
                let names: Vec<&str> =
                    listed.iter().filter(|(_, check)| is_seldom(check) == seldom).map(|(name, _)| &**name).collect();
                if !names.is_empty() {
                    found.extend(results(reader, &names, range)?);
                }
            }
        }
        drop(reader);
        let entries: Vec<Entry> = listed
            .into_iter()
            .map(|(name, check)| {
                let results = found.get(&*name);
                let standing = results.map(|results| results.standing).unwrap_or_default();
                let of_first =
                    results.zip(frames.first()).map(|(results, now)| summary(&results.samples, now.range_us()));
                let figure =
                    of_first.and_then(|sum| figure(question.sort, sum.availability(), &sum.responses, &sum.ttfb));
                Entry { state: standing.at(&check, at_us), name, check, standing, figure }
            })
            .collect();
        let (mut answer, page) = chosen(entries, question);
        answer.at_us = at_us;
        answer.frames = frames.iter().map(|now| told_frame(now, false)).collect();
        answer.down_rule = self.alerting().down_rule();
        answer.problems = problems;
        let asked: Vec<Frame> = frames.iter().map(|now| now.frame).collect();
        answer.rows = self.past_rows(page, &asked, at_us, lane)?;
        Ok(answer)
    }

    /// A website's row as it was.
    pub(super) fn past_row(&self, name: &str, at_us: i64, lane: Option<&str>) -> Result<WebsiteRow, EngineError> {
        let board = lock(&self.checks.board);
        let site = board.site(name).ok_or_else(|| EngineError::NotFound(format!("The website {name:?}")))?;
        let check = Arc::clone(&site.listed.check);
        let frames: Vec<Frame> = board.frames().iter().map(|now| now.frame).collect();
        drop(board);
        let entry = Entry {
            name: name.into(),
            state: Standing::default().at(&check, at_us),
            check,
            standing: Standing::default(),
            figure: None,
        };
        Ok(self.past_rows(vec![entry], &frames, at_us, lane)?.remove(0))
    }

    fn past_rows(
        &self,
        mut page: Vec<Entry>,
        frames: &[Frame],
        at_us: i64,
        lane: Option<&str>,
    ) -> Result<Vec<WebsiteRow>, EngineError> {
        let ranges: Vec<(i64, i64)> = frames.iter().map(|frame| range_us(*frame, at_us)).collect();
        let longest = ranges.iter().copied().min().unwrap_or((at_us, at_us));
        let (mut found, mut extra) = (HashMap::new(), Stored::default());
        if let Some(workspace) = self.checked_into()?.filter(|_| !page.is_empty()) {
            let names: Vec<String> = page.iter().map(|entry| entry.name.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let reader = workspace.reader(lane)?;
            found = results(&reader, &names, longest)?;
            drop(reader);
            for entry in &mut page {
                if let Some(results) = found.get(&*entry.name) {
                    entry.standing = results.standing;
                    entry.state = entry.standing.at(&entry.check, at_us);
                }
            }
            extra = stored(&workspace, page.iter(), &ranges, lane)?;
        }
        let rows = page.into_iter().map(|entry| {
            let samples = found.get(&*entry.name).map(|results| &results.samples[..]).unwrap_or_default();
            let interval_us = entry.check.website().interval.as_nanos() / 1_000;
            let told = ranges.iter().enumerate();
            let told =
                told.map(|(place, range)| told_of(samples, *range, interval_us, extra.phases_of(&entry.name, place)));
            let told = told.collect();
            self.row(entry, told, &extra)
        });
        Ok(rows.collect())
    }
}

/// The figures of a time.
pub(super) fn told_of(
    samples: &[(Sample, u32)],
    range: (i64, i64),
    interval_us: i64,
    phases: CheckPhases,
) -> CheckFigures {
    let marks = strip(range, width_us(range.1 - range.0, interval_us), within(samples, range));
    figures(&summary(samples, range), phases, marks)
}
