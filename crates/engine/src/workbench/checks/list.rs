//! All websites with their figures.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use wirereel_checks::{Check, Frame, stats::Times};
use wirereel_query::checks::{
    CheckFigures, CheckFrame, CheckPhases, CheckRun, WebsiteRow, WebsiteSort, WebsiteState, Websites, WebsitesQuestion,
};

use super::{Workbench, lock, now_us};
use crate::{
    EngineError, Workspace,
    checking::{Board, FrameNow, KIND, Site, Standing, figures, strip, width_us},
};

const MOST_ROWS: u32 = 200;

/// A website in the list, before its row is made.
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) check: Arc<Check>,
    pub(super) state: WebsiteState,
    pub(super) standing: Standing,
    /// What it is ordered by, where that is a figure.
    pub(super) figure: Option<f64>,
}

/// A row's figures as they are told now: everything but phases.
struct Shown {
    entry: Entry,
    figures: Vec<CheckFigures>,
}

impl Workbench {
    /// Websites as they are now, or were.
    ///
    /// # Errors
    /// When more than 200 rows are asked for, or what is stored cannot be read.
    pub fn websites(&self, question: &WebsitesQuestion, lane: Option<&str>) -> Result<Websites, EngineError> {
        if question.limit > MOST_ROWS {
            let limit = question.limit;
            return Err(EngineError::Capturing(format!("{limit} rows: allowed are {MOST_ROWS} at most.")));
        }
        if let Some(at_us) = question.at_us {
            return self.websites_at(question, at_us, lane);
        }
        let now_us = now_us();
        let mut board = lock(&self.checks.board);
        if board.sites().next().is_none() {
            // Nobody keeps it up.
            board.tell(now_us * 1_000);
        }
        let entries: Vec<Entry> = board.sites().map(|(name, site)| entry(name, site, question.sort, now_us)).collect();
        let (mut answer, page) = chosen(entries, question);
        answer.present = true;
        answer.at_us = now_us;
        answer.frames = board.frames().iter().map(|now| told_frame(now, true)).collect();
        answer.self_offline_since_us = board.offline_since_us();
        answer.problems = board.problems.iter().chain(&board.hindrance).cloned().collect();
        let frames: Vec<(i64, i64)> = board.frames().iter().map(FrameNow::range_us).collect();
        let shown: Vec<Shown> = page.into_iter().map(|entry| with_figures(&board, entry)).collect();
        drop(board);
        answer.down_rule = self.alerting().down_rule();
        answer.rows = self.rows(shown, &frames, lane)?;
        Ok(answer)
    }

    /// Adds what only single results tell.
    fn rows(
        &self,
        shown: Vec<Shown>,
        frames: &[(i64, i64)],
        lane: Option<&str>,
    ) -> Result<Vec<WebsiteRow>, EngineError> {
        let workspace = if shown.is_empty() { None } else { self.checked_into()? };
        let stored = match &workspace {
            Some(workspace) => stored(workspace, shown.iter().map(|shown| &shown.entry), frames, lane)?,
            None => Stored::default(),
        };
        let rows = shown.into_iter().map(|Shown { entry, mut figures }| {
            for (place, figures) in figures.iter_mut().enumerate() {
                figures.phases = stored.phases_of(&entry.name, place);
            }
            self.row(entry, figures, &stored)
        });
        Ok(rows.collect())
    }

    /// A website's row.
    pub(super) fn row(&self, entry: Entry, figures: Vec<CheckFigures>, stored: &Stored) -> WebsiteRow {
        let website = entry.check.website();
        WebsiteRow {
            website: entry.name.to_string(),
            url: website.url.clone(),
            interval_ms: website.interval.as_millis(),
            state: entry.state,
            since_us: entry.standing.since_us.filter(|_| tells_since(entry.state)),
            last: stored.last.get(&*entry.name).cloned(),
            figures,
            alert_id: self.alerting().open_alert_of(KIND, &entry.name),
        }
    }

    /// A website's row as it is now.
    pub(super) fn present_row(&self, name: &str, lane: Option<&str>) -> Result<WebsiteRow, EngineError> {
        let board = lock(&self.checks.board);
        let found = board.sites().find(|(other, _)| &***other == name);
        let (name, site) = found.ok_or_else(|| EngineError::NotFound(format!("The website {name:?}")))?;
        let shown = with_figures(&board, entry(name, site, WebsiteSort::Name, now_us()));
        let frames: Vec<(i64, i64)> = board.frames().iter().map(FrameNow::range_us).collect();
        drop(board);
        Ok(self.rows(vec![shown], &frames, lane)?.remove(0))
    }
}

/// Whether it is known since when a website is in a state.
pub(super) fn tells_since(state: WebsiteState) -> bool {
    matches!(state, WebsiteState::Up | WebsiteState::Down | WebsiteState::SelfOffline)
}

fn entry(name: &Arc<str>, site: &Site, sort: WebsiteSort, now_us: i64) -> Entry {
    let check = &site.listed.check;
    let figure =
        site.stats.glance(0).and_then(|(availability, response, ttfb)| figure(sort, availability, &response, &ttfb));
    Entry {
        name: Arc::clone(name),
        check: Arc::clone(check),
        state: site.standing.at(check, now_us),
        standing: site.standing,
        figure,
    }
}

/// What a website is ordered by.
pub(super) fn figure(sort: WebsiteSort, availability: Option<f64>, response: &Times, ttfb: &Times) -> Option<f64> {
    let greatest = |times: &Times| times.max_us.map(|us| us as f64);
    match sort {
        WebsiteSort::Name | WebsiteSort::State => None,
        WebsiteSort::Availability => availability,
        WebsiteSort::ResponseAvg => response.avg_us(),
        WebsiteSort::ResponseMax => greatest(response),
        WebsiteSort::TtfbAvg => ttfb.avg_us(),
        WebsiteSort::TtfbMax => greatest(ttfb),
    }
}

fn with_figures(board: &Board, entry: Entry) -> Shown {
    let interval_us = entry.check.website().interval.as_nanos() / 1_000;
    let told = board.site(&entry.name).map(|site| {
        let told = board.frames().iter().enumerate().map(|(place, now)| {
            let summary = site.stats.figures(place).unwrap_or_default();
            let (from_us, to_us) = now.range_us();
            let samples = site.stats.samples(place).map(|sample| (sample, 1));
            let marks = strip((from_us, to_us), width_us(to_us - from_us, interval_us), samples);
            figures(&summary, CheckPhases::default(), marks)
        });
        told.collect()
    });
    Shown { entry, figures: told.unwrap_or_default() }
}

pub(super) fn told_frame(now: &FrameNow, present: bool) -> CheckFrame {
    let Frame { past, every } = now.frame;
    let told_us = now.told_ns.div_euclid(1_000);
    CheckFrame {
        past_ms: past.as_millis(),
        every_ms: every.as_millis(),
        told_us,
        next_us: present.then(|| told_us + every.as_nanos() / 1_000),
    }
}

/// Counts all, and takes those that the question means, in its order.
pub(super) fn chosen(entries: Vec<Entry>, question: &WebsitesQuestion) -> (Websites, Vec<Entry>) {
    let count = |state| entries.iter().filter(|entry| entry.state == state).count() as u32;
    let mut answer = Websites {
        total: entries.len() as u32,
        down: count(WebsiteState::Down),
        up: count(WebsiteState::Up),
        unknown: count(WebsiteState::Unknown),
        paused: count(WebsiteState::Paused),
        self_offline: count(WebsiteState::SelfOffline),
        ..Websites::default()
    };
    let search = question.search.as_deref().map(str::to_lowercase).filter(|search| !search.is_empty());
    let is_meant = |entry: &Entry| {
        question.state.is_none_or(|state| entry.state == state)
            && search.as_ref().is_none_or(|search| {
                entry.name.to_lowercase().contains(search) || entry.check.website().url.to_lowercase().contains(search)
            })
    };
    let mut meant: Vec<Entry> = entries.into_iter().filter(is_meant).collect();
    answer.matching = meant.len() as u32;
    meant.sort_by(|one, other| {
        let way = |order: Ordering| if question.descending { order.reverse() } else { order };
        let order = match (question.sort, one.figure, other.figure) {
            (WebsiteSort::Name, ..) => way(one.name.cmp(&other.name)),
            (WebsiteSort::State, ..) => way(one.state.cmp(&other.state)),
            (_, Some(one), Some(other)) => way(one.total_cmp(&other)),
            // What has no figure comes last, whatever the way.
            (_, one, other) => other.is_some().cmp(&one.is_some()),
        };
        order.then_with(|| one.name.cmp(&other.name))
    });
    let page = meant.into_iter().skip(question.offset as usize).take(question.limit as usize).collect();
    (answer, page)
}

/// What rows need of single results.
#[derive(Default)]
pub(super) struct Stored {
    phases: HashMap<String, Vec<CheckPhases>>,
    last: HashMap<String, CheckRun>,
}

impl Stored {
    pub(super) fn phases_of(&self, name: &str, frame: usize) -> CheckPhases {
        self.phases.get(name).and_then(|phases| phases.get(frame)).copied().unwrap_or_default()
    }
}

/// Reads it, for all of them at once.
pub(super) fn stored<'a>(
    workspace: &Workspace,
    entries: impl Iterator<Item = &'a Entry> + Clone,
    frames: &[(i64, i64)],
    lane: Option<&str>,
) -> Result<Stored, EngineError> {
    let reader = workspace.reader(lane)?;
    let names: Vec<&str> = entries.clone().map(|entry| &*entry.name).collect();
    let last: Vec<(&str, i64)> = entries.filter_map(|entry| Some((&*entry.name, entry.standing.last_us?))).collect();
    let numbers: HashMap<i32, String> = reader.check_websites_named(&names)?.into_iter().collect();
    let phases = reader.check_phases(&names, frames)?;
    let phases = phases.into_iter().filter_map(|(number, phases)| Some((numbers.get(&number)?.clone(), phases)));
    let runs = reader.check_runs_at(&last)?.into_iter().map(|run| (run.website.clone(), run));
    Ok(Stored { phases: phases.collect(), last: runs.collect() })
}
