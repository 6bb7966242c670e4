//! One probe over a time, and single ones with what packets tell of them.

use std::sync::Arc;

use serde_json::Value;
use wirereel_query::{
    probes::{ProbeDetail, ProbeQuestion, ProbeRun, ProbeRuns, ProbeRunsQuestion},
    question::TimeRange,
};
use wirereel_store::Reader;

use super::{Workbench, editing::name_of, lock, no_such, now_us};
use crate::{
    EngineError, config,
    probing::{PROBES_KEY, ReadyProbe, Sample, figures, observe, sample_of},
};

const MOST_COLUMNS: u32 = 240;
const HOUR_US: i64 = 3_600_000_000;
const LONGEST_US: i64 = 31 * 86_400_000_000;

impl Workbench {
    /// One probe in depth.
    ///
    /// # Errors
    /// When there is no such probe, the range is empty or too long, too many columns are asked for, or what is stored cannot be read.
    pub fn probe(&self, question: &ProbeQuestion, lane: Option<&str>) -> Result<ProbeDetail, EngineError> {
        let ProbeQuestion { probe, range, columns } = question;
        if *columns > MOST_COLUMNS {
            return Err(EngineError::Capturing(format!("{columns} columns: allowed are {MOST_COLUMNS} at most.")));
        }
        let range = range.unwrap_or_else(|| {
            let now_us = now_us();
            TimeRange { from_us: now_us - HOUR_US, to_us: now_us + 1 }
        });
        let span = (range.from_us, range.to_us);
        let length_us = range.to_us.saturating_sub(range.from_us);
        if length_us <= 0 || length_us > LONGEST_US {
            return Err(EngineError::Capturing("The range is empty, or longer than 31 days.".into()));
        }
        let (row, ready) = self.present_probe(probe, lane)?;
        let written = config::written_list(&self.home, PROBES_KEY)?;
        let written = written.into_iter().find(|written| name_of(written) == Some(probe));
        let mut detail =
            ProbeDetail { row, config: written.unwrap_or(Value::Null), range: Some(range), ..ProbeDetail::default() };
        let Some(workspace) = self.probed_into()? else { return Ok(detail) };
        let reader = workspace.reader(lane)?;
        let mut samples: Vec<Sample> = Vec::new();
        reader.probe_samples(Some(&[probe.as_str()]), span, |stored| samples.push(sample_of(&stored)))?;
        detail.figures = figures(samples.iter(), span, ready.probe.interval.as_nanos() / 1_000);
        detail.median = reader.median_probe(probe, span)?;
        if let Some(median) = &mut detail.median {
            with_packets(&reader, &ready, median)?;
        }
        let parts = reader.probe_parts(probe, span, *columns)?;
        (detail.hops, detail.columns) = (parts.hops, parts.columns);
        Ok(detail)
    }

    /// Single probes, latest first. Of one instant's, packets tell as well, where they were captured.
    ///
    /// # Errors
    /// When more than 500 are asked for, nothing was ever known of the probe, or they cannot be read.
    pub fn probe_runs(&self, question: &ProbeRunsQuestion, lane: Option<&str>) -> Result<ProbeRuns, EngineError> {
        let workspace = self.probed_into()?;
        let mut runs = match &workspace {
            Some(workspace) => workspace.reader(lane)?.probe_runs(question)?,
            None => ProbeRuns::default(),
        };
        if let (Some(_), Some(workspace)) = (question.intended_us, &workspace) {
            let reader = workspace.reader(lane)?;
            for run in &mut runs.rows {
                let ready = lock(&self.probes.board).site(&run.probe).map(|site| Arc::clone(&site.ready));
                if let Some(ready) = ready {
                    with_packets(&reader, &ready, run)?;
                }
            }
        }
        let Some(name) = &question.probe else { return Ok(runs) };
        if runs.total > 0 || lock(&self.probes.board).site(name).is_some() {
            return Ok(runs);
        }
        // One that was taken out long ago is like one that never was.
        let is_known = match workspace {
            Some(workspace) => !workspace.reader(None)?.probes_named(Some(&[name.as_str()]))?.is_empty(),
            None => false,
        };
        if is_known { Ok(runs) } else { Err(no_such(name)) }
    }
}

/// Adds what packets tell. They come later than results, so it is looked for whenever somebody asks.
fn with_packets(reader: &Reader, ready: &ReadyProbe, run: &mut ProbeRun) -> Result<(), EngineError> {
    if let Some(probe_id) = &run.probe_id {
        let exchanges = reader.exchanges_of_trace(probe_id, run.at_us)?;
        observe(run, &ready.probe.path, &exchanges);
    }
    Ok(())
}
