//! All probes with their figures, and what lies between their regions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use wirereel_probes::{State, config::Mode, discovery::Target};
use wirereel_query::{
    checks::WebsiteState,
    probes::{HopReported, ProbeFigures, ProbeRow, ProbeRun, Probes, ProbesQuestion, RegionCell},
};

use super::{Workbench, lock, no_such, now_us};
use crate::{
    EngineError, Workspace,
    checking::Standing,
    probing::{Board, HELD_US, KIND, ReadyProbe, Sample, Site, figures, percentiles, sample_of, shown, state_at},
};

const DEFAULT_PAST_MS: u64 = 600_000;
const LONGEST_PAST_MS: u64 = 86_400_000;

/// A probe with its results of a time.
pub(super) struct Entry {
    pub(super) ready: Arc<ReadyProbe>,
    state: WebsiteState,
    standing: Standing,
    samples: Vec<Sample>,
    /// What a source found.
    target: Option<Arc<Target>>,
}

impl Workbench {
    /// Probes as they are now, or were.
    ///
    /// # Errors
    /// When figures of more than a day are asked for, or what is stored cannot be read.
    pub fn probes(&self, question: &ProbesQuestion, lane: Option<&str>) -> Result<Probes, EngineError> {
        let past_ms = question.past_ms.unwrap_or(DEFAULT_PAST_MS).max(1);
        if past_ms > LONGEST_PAST_MS {
            return Err(EngineError::Capturing("Figures are of a day at most.".into()));
        }
        let now_us = now_us();
        let at_us = question.at_us.unwrap_or(now_us);
        let range = range_us(at_us, past_ms);
        let mut answer = Probes { present: question.at_us.is_none(), at_us, past_ms, ..Probes::default() };
        let mut entries = {
            let board = lock(&self.probes.board);
            answer.problems = board.problems.iter().chain(&board.hindrance).cloned().collect();
            board.sites().map(|(_, site)| Entry::new(&board, site, now_us)).collect::<Vec<_>>()
        };
        let workspace = if entries.is_empty() { None } else { self.probed_into()? };
        // What is held in memory is all there is to know of the past minutes.
        let is_held = answer.present && range.0 >= now_us - HELD_US;
        if let (Some(workspace), false) = (&workspace, is_held) {
            read_samples(workspace, &mut entries, range, lane)?;
            if !answer.present {
                entries.iter_mut().for_each(|entry| entry.is_of(at_us));
            }
        }
        answer.total = entries.len() as u32;
        answer.down = entries.iter().filter(|entry| entry.state == WebsiteState::Down).count() as u32;
        if let Some(search) = question.search.as_deref().map(str::to_lowercase).filter(|search| !search.is_empty()) {
            entries.retain(|entry| entry.has(&search));
        }
        entries.sort_by(|one, other| {
            one.state.cmp(&other.state).then_with(|| one.ready.probe.name.cmp(&other.ready.probe.name))
        });
        answer.matrix = matrix(&entries, range);
        let last = match &workspace {
            Some(workspace) => last_runs(workspace, &entries, lane)?,
            None => HashMap::new(),
        };
        answer.rows = entries.iter().map(|entry| self.probe_row(entry, range, &last)).collect();
        Ok(answer)
    }

    /// A probe's row as it is now, with figures of the past ten minutes.
    pub(super) fn present_probe(
        &self,
        name: &str,
        lane: Option<&str>,
    ) -> Result<(ProbeRow, Arc<ReadyProbe>), EngineError> {
        let now_us = now_us();
        let entry = {
            let board = lock(&self.probes.board);
            let site = board.site(name).ok_or_else(|| no_such(name))?;
            Entry::new(&board, site, now_us)
        };
        let last = match self.probed_into()? {
            Some(workspace) => last_runs(&workspace, std::slice::from_ref(&entry), lane)?,
            None => HashMap::new(),
        };
        Ok((self.probe_row(&entry, range_us(now_us, DEFAULT_PAST_MS), &last), entry.ready))
    }

    fn probe_row(&self, entry: &Entry, range: (i64, i64), last: &HashMap<String, ProbeRun>) -> ProbeRow {
        let probe = &entry.ready.probe;
        let last = last.get(&probe.name).cloned();
        let hops = last.as_ref().map(|run| run.hops.as_slice()).unwrap_or_default();
        let told = hops.iter().filter(|hop| hop.reported != HopReported::Opaque).count();
        let tells_since = matches!(entry.state, WebsiteState::Up | WebsiteState::Down | WebsiteState::SelfOffline);
        ProbeRow {
            probe: probe.name.clone(),
            target: probe.target.clone(),
            white_box: probe.mode == Mode::WhiteBox,
            from_region: probe.from.clone(),
            to_region: probe.to.region.clone(),
            to_service: probe.to.service.clone(),
            interval_ms: probe.interval.as_millis(),
            state: entry.state,
            since_us: entry.standing.since_us.filter(|_| tells_since),
            hops: hops.len().max(probe.path.len()) as u32,
            hops_told: told as u32,
            figures: entry.figures(range),
            alert_id: self.alerting().open_alert_of(KIND, &probe.name),
            last,
            found: entry.target.as_deref().map(shown),
        }
    }
}

impl Entry {
    fn new(board: &Board, site: &Site, now_us: i64) -> Self {
        Self {
            ready: Arc::clone(&site.ready),
            state: site.state(now_us),
            standing: site.standing,
            samples: site.samples().copied().collect(),
            target: board.target(&site.ready.probe.name).map(Arc::clone),
        }
    }

    fn figures(&self, range: (i64, i64)) -> ProbeFigures {
        figures(self.samples.iter(), range, self.ready.probe.interval.as_nanos() / 1_000)
    }

    /// What its results say of a past instant.
    fn is_of(&mut self, at_us: i64) {
        self.standing = Standing::default();
        for sample in self.samples.iter().filter(|sample| sample.intended_us <= at_us) {
            self.standing.take(sample.state, sample.intended_us);
        }
        self.state = state_at(self.standing, &self.ready, at_us);
    }

    fn has(&self, search: &str) -> bool {
        let probe = &self.ready.probe;
        [&probe.name, &probe.target, &probe.from, &probe.to.region, &probe.to.service]
            .iter()
            .any(|text| text.to_lowercase().contains(search))
    }
}

/// The time that ends at an instant: what is at the instant itself is in.
fn range_us(at_us: i64, past_ms: u64) -> (i64, i64) {
    let past_us = i64::try_from(past_ms).unwrap_or(i64::MAX / 2_000).saturating_mul(1_000);
    (at_us.saturating_sub(past_us).saturating_add(1), at_us.saturating_add(1))
}

fn read_samples(
    workspace: &Workspace,
    entries: &mut [Entry],
    range: (i64, i64),
    lane: Option<&str>,
) -> Result<(), EngineError> {
    let reader = workspace.reader(lane)?;
    let names: Vec<&str> = entries.iter().map(|entry| entry.ready.probe.name.as_str()).collect();
    let numbers: HashMap<String, i32> =
        reader.probes_named(Some(&names))?.into_iter().map(|(number, name)| (name, number)).collect();
    let mut found: HashMap<i32, Vec<Sample>> = HashMap::new();
    reader.probe_samples(Some(&names), range, |stored| {
        found.entry(stored.number).or_default().push(sample_of(&stored));
    })?;
    for entry in entries {
        let number = numbers.get(&entry.ready.probe.name);
        entry.samples = number.and_then(|number| found.remove(number)).unwrap_or_default();
    }
    Ok(())
}

fn last_runs(
    workspace: &Workspace,
    entries: &[Entry],
    lane: Option<&str>,
) -> Result<HashMap<String, ProbeRun>, EngineError> {
    let last = entries.iter().filter_map(|entry| Some((entry.ready.probe.name.as_str(), entry.standing.last_us?)));
    let runs = workspace.reader(lane)?.probe_runs_at(&last.collect::<Vec<_>>())?;
    Ok(runs.into_iter().map(|run| (run.probe.clone(), run)).collect())
}

/// Between every two regions that a probe has.
fn matrix(entries: &[Entry], range: (i64, i64)) -> Vec<RegionCell> {
    let mut cells: BTreeMap<(&str, &str), Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let probe = &entry.ready.probe;
        if !probe.from.is_empty() && !probe.to.region.is_empty() {
            cells.entry((probe.from.as_str(), probe.to.region.as_str())).or_default().push(entry);
        }
    }
    let cell = |((from, to), entries): ((&str, &str), Vec<&Entry>)| {
        let samples = entries.iter().flat_map(|entry| &entry.samples);
        let (mut up, mut counted, mut totals) = (0_u64, 0_u64, Vec::new());
        for sample in samples.filter(|sample| (range.0..range.1).contains(&sample.intended_us)) {
            match sample.state {
                State::Up => {
                    (up, counted) = (up + u64::from(sample.instants), counted + u64::from(sample.instants));
                    totals.extend(sample.total_ns);
                }
                State::Down => counted += u64::from(sample.instants),
                State::Overrun | State::SelfOffline => {}
            }
        }
        let [p50_us, p95_us] = percentiles(&mut totals, [0.5, 0.95]);
        RegionCell {
            from_region: from.into(),
            to_region: to.into(),
            probes: entries.iter().map(|entry| entry.ready.probe.name.clone()).collect(),
            success: (counted > 0).then(|| up as f64 / counted as f64),
            p50_us,
            p95_us,
        }
    };
    cells.into_iter().map(cell).collect()
}
