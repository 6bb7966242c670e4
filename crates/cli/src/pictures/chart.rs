//! A metric of several services over time, a row each, all on one scale from zero.

use anyhow::Result;
use wirereel_query::reel::{Metric, Remark, RemarkKind, Series, ServiceSeries};

use super::{
    Sketch, WIDTH,
    axis::Axis,
    canvas::{Canvas, Ink, Side, fitted, width},
    ticks::ticks,
};
use crate::figures::{Instant, bytes, duration, rate, share};

const LEFT: i32 = 208;
const RIGHT: i32 = WIDTH as i32 - 8;
/// Title line.
const HEAD: i32 = 20;
/// A service's row, and the part of it that curves fill.
const ROW: i32 = 84;
const CURVE: i32 = 60;
const FOOT: i32 = 26;

/// Draws the rows.
pub(crate) fn chart(series: &Series) -> Sketch<'_> {
    let rows = series.series.len() as i32;
    let height = HEAD + rows * ROW + FOOT;
    Sketch::new(height.unsigned_abs(), "A metric over time per service", move |canvas| {
        let bottom = HEAD + rows * ROW;
        let most = series.series.iter().flat_map(|row| row.values.iter().flatten()).copied().fold(0.0, f64::max);
        canvas.text(title(series.metric), (0, 6), Side::Left, 12.0, Ink::Text1)?;
        let axis = Axis { range: series.range, left: LEFT, right: RIGHT };
        for gap in &series.gaps {
            let (from, to) = axis.span(gap.range);
            canvas.fill((from, HEAD), (to, bottom), Ink::Gap, 0.16)?;
        }
        for (at_us, label) in ticks(series.range) {
            let x = axis.x(at_us);
            canvas.line(vec![(x, HEAD), (x, bottom)], Ink::Line, 0.6, 1)?;
            canvas.text(&label, (x, bottom + 14), Side::Middle, 10.5, Ink::Text3)?;
        }
        for (place, row) in series.series.iter().enumerate() {
            let base = HEAD + (place as i32 + 1) * ROW - 4;
            labels(canvas, series.metric, row, most, base)?;
            curve(canvas, row, most, base)?;
            for remark in &row.remarks {
                self::remark(canvas, &axis, series.metric, remark, most, base)?;
            }
        }
        Ok(())
    })
}

fn labels(canvas: &Canvas<'_>, metric: Metric, row: &ServiceSeries, most: f64, base: i32) -> Result<()> {
    canvas.text(&fitted(&row.service, 12.0, 130)?, (0, base - CURVE + 8), Side::Left, 12.0, Ink::Text1)?;
    let mean = row.mean.map_or_else(|| "nothing measured".to_owned(), |mean| format!("mean {}", figure(metric, mean)));
    canvas.text(&mean, (0, base - CURVE + 24), Side::Left, 11.0, Ink::Text2)?;
    canvas.text(&figure(metric, most), (LEFT - 8, base - CURVE + 5), Side::Right, 10.5, Ink::Text3)?;
    canvas.text("0", (LEFT - 8, base - 5), Side::Right, 10.5, Ink::Text3)?;
    canvas.line(vec![(LEFT, base), (RIGHT, base)], Ink::Line, 1.0, 1)
}

/// The line, broken where nothing is known.
fn curve(canvas: &Canvas<'_>, row: &ServiceSeries, most: f64, base: i32) -> Result<()> {
    let count = row.values.len().max(1);
    let x = |place: usize| LEFT + ((RIGHT - LEFT) as usize * (2 * place + 1) / (2 * count)) as i32;
    let y = |value: f64| base - height(value, most);
    let known = row.values.iter().enumerate().collect::<Vec<_>>();
    for run in known.split(|(_, value)| value.is_none()) {
        let points: Vec<_> = run.iter().filter_map(|(place, value)| Some((x(*place), y((**value)?)))).collect();
        match points[..] {
            [] => {}
            [(x, y)] => canvas.fill((x - 1, y - 1), (x + 1, y + 1), Ink::Series, 1.0)?,
            _ => canvas.line(points, Ink::Series, 1.0, 1)?,
        }
    }
    Ok(())
}

fn remark(canvas: &Canvas<'_>, axis: &Axis, metric: Metric, remark: &Remark, most: f64, base: i32) -> Result<()> {
    let (from, to) = axis.span(remark.range);
    let (at, told, ink) = match (remark.kind, remark.value) {
        (RemarkKind::Peak, Some(value)) => {
            let at = ((from + to) / 2, (base - height(value, most) - 8).max(base - CURVE - 8));
            let when = Instant::from_us(remark.range.from_us).time();
            (at, format!("peak {} at {when}", figure(metric, value)), Ink::Text1)
        }
        (RemarkKind::Peak, None) => return Ok(()),
        (RemarkKind::Silence, _) => {
            canvas.fill((from, base - 3), (to, base), Ink::Errors, 1.0)?;
            let (since, until) = (Instant::from_us(remark.range.from_us), Instant::from_us(remark.range.to_us));
            (((from + to) / 2, base - 12), format!("silent from {} to {}", since.time(), until.time()), Ink::Errors)
        }
    };
    // Inside the picture, whatever it stands for.
    let half = width(&told, 10.5)? as i32 / 2;
    let x = at.0.clamp(LEFT + half, (RIGHT - half).max(LEFT + half));
    canvas.text(&told, (x, at.1), Side::Middle, 10.5, ink)
}

fn height(value: f64, most: f64) -> i32 {
    if most > 0.0 { (value / most * f64::from(CURVE)).round() as i32 } else { 0 }
}

/// What the metric is called.
fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::RequestsIn => "Requests in, per second",
        Metric::RequestsOut => "Requests out, per second",
        Metric::FailureRate => "Failed requests",
        Metric::P50 => "Median response time",
        Metric::P95 => "95th percentile of response time",
        Metric::P99 => "99th percentile of response time",
        Metric::ActiveConnections => "Active connections",
        Metric::Bytes => "Bytes per second",
    }
}

fn figure(metric: Metric, value: f64) -> String {
    match metric {
        Metric::RequestsIn | Metric::RequestsOut => rate(value),
        Metric::FailureRate => share(value),
        Metric::P50 | Metric::P95 | Metric::P99 => duration(value.max(0.0).round() as u64),
        Metric::ActiveConnections => format!("{value:.0}"),
        Metric::Bytes => format!("{}/s", bytes(value.max(0.0).round() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use wirereel_query::question::TimeRange;

    use super::*;

    fn range(from_s: i64, to_s: i64) -> TimeRange {
        TimeRange { from_us: from_s * 1_000_000, to_us: to_s * 1_000_000 }
    }

    #[test]
    fn rows_tell_peaks_and_silences_and_break_where_nothing_is_known() {
        let row = |service: &str, values: Vec<Option<f64>>, remarks| ServiceSeries {
            service: service.into(),
            values,
            mean: Some(2.0),
            remarks,
        };
        let peak = Remark { kind: RemarkKind::Peak, range: range(20, 30), value: Some(4.0) };
        let silence = Remark { kind: RemarkKind::Silence, range: range(30, 50), value: None };
        let series = Series {
            range: range(0, 60),
            bucket_us: 10_000_000,
            metric: Metric::RequestsIn,
            series: vec![
                row("order", vec![Some(1.0), Some(2.0), Some(4.0), None, Some(1.0), Some(1.0)], vec![peak]),
                row("payment", vec![Some(1.0), Some(1.0), Some(1.0), Some(0.0), Some(0.0), None], vec![silence]),
            ],
            gaps: Vec::new(),
        };
        let svg = chart(&series).for_page().unwrap();
        for told in ["peak 4.00 /s at 00:00:20", "silent from 00:00:30 to 00:00:50", "mean 2.00 /s", "payment"] {
            assert!(svg.contains(told), "{told}: {svg}");
        }
        assert_eq!(svg.matches("stroke=\"var(--series-a)\"").count(), 3, "order has two runs, payment one: {svg}");
    }

    #[test]
    fn nothing_measured_is_no_zero() {
        let service = ServiceSeries { service: "idle".into(), values: vec![None; 4], mean: None, remarks: Vec::new() };
        let series = Series {
            range: range(0, 40),
            bucket_us: 10_000_000,
            metric: Metric::P95,
            series: vec![service],
            gaps: Vec::new(),
        };
        let svg = chart(&series).for_page().unwrap();
        assert!(svg.contains("nothing measured") && !svg.contains("series-a"), "{svg}");
    }
}
