//! Requests, errors, incidents and missing data over the recording: the reel.

use anyhow::Result;
use wirereel_query::{
    answer::Density,
    reel::{Incident, IncidentKind},
};

use super::{
    Sketch, WIDTH,
    axis::Axis,
    canvas::{Canvas, Ink, Side, fitted},
    ticks::ticks,
};
use crate::figures::{duration, rate};

const LEFT: i32 = 72;
const RIGHT: i32 = WIDTH as i32 - 8;
/// Height of an incident's span with its words.
const INCIDENT: i32 = 18;
/// Most incidents with a line of their own.
const MAX_INCIDENTS: usize = 8;
/// Above the requests, for the reasons of gaps.
const HEAD: i32 = 16;
const REQUESTS: i32 = 116;
const ERRORS: i32 = 44;
const FOOT: i32 = 28;

/// Draws the timeline; requests and errors each fill their height.
pub(crate) fn timeline<'a>(density: &'a Density, incidents: &'a [Incident]) -> Sketch<'a> {
    let incidents = &incidents[..incidents.len().min(MAX_INCIDENTS)];
    let top = HEAD + incidents.len() as i32 * INCIDENT;
    let height = top + REQUESTS + ERRORS + FOOT;
    Sketch::new(height.unsigned_abs(), "Requests and errors over time", move |canvas| {
        let axis = Axis { range: density.range, left: LEFT, right: RIGHT };
        let (base, bottom) = (top + REQUESTS, top + REQUESTS + ERRORS);
        for gap in &density.gaps {
            let (from, to) = axis.span(gap.range);
            canvas.fill((from, top), (to, bottom), Ink::Gap, 0.16)?;
            let told = fitted(&gap.reason, 10.5, (RIGHT - from).unsigned_abs())?;
            canvas.text(&told, (from, top - 8), Side::Left, 10.5, Ink::Text3)?;
        }
        for (at_us, label) in ticks(density.range) {
            let x = axis.x(at_us);
            canvas.line(vec![(x, top), (x, bottom)], Ink::Line, 0.6, 1)?;
            canvas.text(&label, (x, bottom + 14), Side::Middle, 10.5, Ink::Text3)?;
        }
        for (row, incident) in incidents.iter().enumerate() {
            span(canvas, &axis, incident, row as i32 * INCIDENT, bottom)?;
        }
        counts(canvas, density, top, base, bottom)
    })
}

fn span(canvas: &Canvas<'_>, axis: &Axis, incident: &Incident, top: i32, bottom: i32) -> Result<()> {
    let (from, to) = axis.span(incident.range);
    canvas.fill((from, top + 14), (to, top + 17), Ink::Errors, 1.0)?;
    canvas.line(vec![(from, top + 2), (from, bottom)], Ink::Errors, 0.8, 1)?;
    let length = duration(incident.range.to_us.saturating_sub(incident.range.from_us).max(0).unsigned_abs());
    let what = match incident.kind {
        IncidentKind::Crash => "stops answering",
        IncidentKind::Failing => "fails",
        IncidentKind::Slow => "is slow",
    };
    let until = if incident.recovered { "" } else { ", not recovered" };
    let told = format!("{} {what} for {length}{until}", incident.service);
    // Towards the side that has room.
    let (at, side, room) =
        if from < (LEFT + RIGHT) / 2 { (from + 6, Side::Left, RIGHT - from) } else { (from - 6, Side::Right, from) };
    canvas.text(&fitted(&told, 10.5, room.unsigned_abs())?, (at, top + 6), side, 10.5, Ink::Text1)
}

fn counts(canvas: &Canvas<'_>, density: &Density, top: i32, base: i32, bottom: i32) -> Result<()> {
    let buckets = density.requests.len().max(1);
    let x = |bucket: usize| LEFT + ((RIGHT - LEFT) as usize * bucket / buckets) as i32;
    let most_requests = density.requests.iter().copied().max().unwrap_or(0);
    let most_errors = density.errors.iter().copied().max().unwrap_or(0);
    for (bucket, (requests, errors)) in density.requests.iter().zip(&density.errors).enumerate() {
        let (from, to) = (x(bucket), x(bucket + 1).max(x(bucket) + 1));
        if *requests > 0 {
            let up = height(*requests, most_requests, REQUESTS);
            canvas.fill((from, base - up), (to, base), Ink::Requests, 1.0)?;
        }
        if *errors > 0 {
            let down = height(*errors, most_errors, ERRORS);
            canvas.fill((from, base + 1), (to, base + 1 + down), Ink::Errors, 1.0)?;
        }
    }
    canvas.line(vec![(LEFT, base), (RIGHT, base)], Ink::Text3, 1.0, 1)?;
    let per_s = |count: u32| rate(f64::from(count) / (density.bucket_us / 1e6).max(1e-6));
    canvas.text(&per_s(most_requests), (LEFT - 8, top + 5), Side::Right, 10.5, Ink::Text2)?;
    canvas.text("requests", (LEFT - 8, base - 8), Side::Right, 10.5, Ink::Text3)?;
    canvas.text("errors", (LEFT - 8, base + 10), Side::Right, 10.5, Ink::Text3)?;
    if most_errors > 0 {
        canvas.text(&per_s(most_errors), (LEFT - 8, bottom - 4), Side::Right, 10.5, Ink::Errors)?;
    }
    Ok(())
}

/// What is not nothing is at least a unit high.
fn height(count: u32, most: u32, full: i32) -> i32 {
    (f64::from(count) / f64::from(most.max(1)) * f64::from(full)).ceil() as i32
}

#[cfg(test)]
mod tests {
    use wirereel_query::question::TimeRange;

    use super::*;

    #[test]
    fn an_incident_is_told_with_its_length_and_the_picture_grows_by_its_line() {
        let range = TimeRange { from_us: 0, to_us: 100_000_000 };
        let density = Density {
            range,
            bucket_us: 1e6,
            requests: vec![5; 100],
            errors: vec![0; 100],
            matches: Vec::new(),
            gaps: Vec::new(),
        };
        let crash = Incident {
            service: "payment".into(),
            kind: IncidentKind::Crash,
            range: TimeRange { from_us: 40_000_000, to_us: 62_000_000 },
            recovered: true,
            first_sign: "connection reset".into(),
            callers: Vec::new(),
            before_us: None,
            during_us: None,
        };
        let calm = timeline(&density, &[]).for_page().unwrap();
        assert!(calm.contains("height=\"204\""), "{calm}");
        let incidents = [crash];
        let broken = timeline(&density, &incidents).for_page().unwrap();
        assert!(broken.contains("height=\"222\""), "{broken}");
        assert!(broken.contains("payment stops answering for 22.0 s"), "{broken}");
    }
}
