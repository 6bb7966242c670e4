//! A picture of it: times run by run, differences against the noise floor, processor time. As SVG or as PNG, by the file's extension.

mod paper;

use std::path::Path;

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use crate::{
    bootstrap::Interval,
    judge::{Difference, Level, Measure, Verdict},
    plan::Mode,
    report::Report,
};
use paper::{Colour, Panel, Paper, Side};

const WIDTH: i32 = 1_080;
const HEAD: i32 = 40;
/// A load's row of panels.
const ROW: i32 = 320;
/// Pixels per unit of a PNG.
const PNG_SCALE: i32 = 2;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    #[error("{0}: a picture ends in .svg or .png")]
    Extension(String),
    #[error("the built-in font cannot be read")]
    Font,
    #[error("it cannot be drawn: {0}")]
    Drawing(String),
}

/// Draws it into a file.
///
/// # Errors
/// When the extension is neither `svg` nor `png`, or the file cannot be written.
pub fn draw(report: &Report, path: &Path) -> Result<(), ChartError> {
    paper::with_font()?;
    let height = HEAD + ROW * report.levels.len().max(1) as i32;
    let size = |scale: i32| ((WIDTH * scale).unsigned_abs(), (height * scale).unsigned_abs());
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => on(&Paper::new(SVGBackend::new(path, size(1)).into_drawing_area(), 1, true), report, height),
        Some("png") => on(
            &Paper::new(BitMapBackend::new(path, size(PNG_SCALE)).into_drawing_area(), PNG_SCALE, false),
            report,
            height,
        ),
        _ => Err(ChartError::Extension(path.display().to_string())),
    }
}

fn on<B: DrawingBackend>(paper: &Paper<B>, report: &Report, height: i32) -> Result<(), ChartError> {
    paper.fill((0, 0), (WIDTH, height), Colour::Ground)?;
    paper.text("What watching costs", (16, 20), Side::Left, 15.0, Colour::Text)?;
    let machine = &report.machine;
    let about = format!("{}, {} threads, kernel {}", machine.processor, machine.threads, machine.kernel);
    paper.text(&about, (WIDTH - 16, 20), Side::Right, 11.0, Colour::Faint)?;
    for (place, level) in report.levels.iter().enumerate() {
        let top = HEAD + place as i32 * ROW;
        let column = WIDTH / 3;
        let panel = |at: i32| Panel::new((column * at, top), (column, ROW));
        if level.rate.is_some() {
            times(paper, &panel(0), level)?;
            differences(paper, &panel(1), level, Measure::P95Percent, "p95 against off, %", Some(3.0))?;
        } else {
            rates(paper, &panel(0), level)?;
            differences(paper, &panel(1), level, Measure::ThroughputPercent, "requests/s against off, %", None)?;
        }
        costs(paper, &panel(2), level)?;
    }
    paper.present()
}

/// The 95th percentile of every run.
fn times<B: DrawingBackend>(paper: &Paper<B>, panel: &Panel, level: &Level) -> Result<(), ChartError> {
    let title = format!("{}: p95 of each run, ms", level.name);
    dots(paper, panel, level, &title, |run| run.load.p95_ms)
}

/// Requests a second of every run.
fn rates<B: DrawingBackend>(paper: &Paper<B>, panel: &Panel, level: &Level) -> Result<(), ChartError> {
    let title = format!("{}: requests/s of each run", level.name);
    dots(paper, panel, level, &title, |run| run.load.per_second())
}

fn dots<B: DrawingBackend>(
    paper: &Paper<B>,
    panel: &Panel,
    level: &Level,
    title: &str,
    of: impl Fn(&crate::Run) -> f64,
) -> Result<(), ChartError> {
    let modes = level.modes();
    let most = level.runs.iter().map(&of).fold(0.0, f64::max);
    let scale = panel.scale(0.0, most * 1.1);
    panel.frame(paper, title, &scale, &labels(&modes))?;
    for (place, mode) in modes.iter().enumerate() {
        let values: Vec<f64> = level.of(*mode).map(&of).collect();
        let (x, half) = panel.column(place, modes.len());
        for (at, value) in values.iter().enumerate() {
            // Side by side in the order of rounds.
            let shift = (2 * at as i32 + 1 - values.len() as i32) * half / (2 * values.len().max(1) as i32);
            paper.dot((x + shift, scale.y(*value)), Colour::of(*mode))?;
        }
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        paper.line(&[(x - half / 2, scale.y(mean)), (x + half / 2, scale.y(mean))], Colour::Text, 1)?;
    }
    Ok(())
}

/// Intervals over a band of noise, with the bound as a line.
fn differences<B: DrawingBackend>(
    paper: &Paper<B>,
    panel: &Panel,
    level: &Level,
    measure: Measure,
    title: &str,
    bound: Option<f64>,
) -> Result<(), ChartError> {
    let told: Vec<&Difference> = level.differences.iter().filter(|one| one.measure == measure).collect();
    let noise = told.iter().find_map(|one| one.noise_floor).unwrap_or(0.0);
    let reach = told.iter().map(|one| one.interval.reach()).chain(bound).fold(noise, f64::max).max(0.1);
    let scale = panel.scale(-reach * 1.15, reach * 1.15);
    let modes: Vec<Mode> = told.iter().map(|one| one.mode).collect();
    panel.frame(paper, title, &scale, &labels(&modes))?;
    paper.fill((panel.left(), scale.y(noise)), (panel.right(), scale.y(-noise)), Colour::Band)?;
    paper.text("noise", (panel.right() - 4, scale.y(noise) + 8), Side::Right, 10.0, Colour::Faint)?;
    paper.line(&[(panel.left(), scale.y(0.0)), (panel.right(), scale.y(0.0))], Colour::Faint, 1)?;
    if let Some(bound) = bound {
        paper.line(&[(panel.left(), scale.y(bound)), (panel.right(), scale.y(bound))], Colour::Bound, 1)?;
        paper.text("bound for full", (panel.left() + 4, scale.y(bound) - 7), Side::Left, 10.0, Colour::Bound)?;
    }
    for (place, one) in told.iter().enumerate() {
        whisker(paper, panel.column(place, told.len()), &scale, one.interval, Colour::of(one.mode))?;
        if one.verdict == Verdict::NotMeasurable && one.mode != Mode::OffAgain {
            let x = panel.column(place, told.len()).0;
            paper.text("not measurable", (x, panel.bottom() - 8), Side::Middle, 9.5, Colour::Faint)?;
        }
    }
    Ok(())
}

/// Processor time with its intervals.
fn costs<B: DrawingBackend>(paper: &Paper<B>, panel: &Panel, level: &Level) -> Result<(), ChartError> {
    let modes: Vec<Mode> = level.costs.iter().map(|cost| cost.mode).collect();
    let most = level.costs.iter().map(|cost| cost.cpu_percent.high).fold(0.01, f64::max);
    let scale = panel.scale(0.0, most * 1.15);
    panel.frame(paper, "Wirereel's processor time, % of all cores", &scale, &labels(&modes))?;
    for (place, cost) in level.costs.iter().enumerate() {
        let (x, half) = panel.column(place, modes.len());
        let top = scale.y(cost.cpu_percent.estimate);
        paper.fill((x - half / 2, top), (x + half / 2, scale.y(0.0)), Colour::of(cost.mode))?;
        whisker(paper, (x, half), &scale, cost.cpu_percent, Colour::Text)?;
        let told = format!("{:.2}", cost.cpu_percent.estimate);
        paper.text(&told, (x, scale.y(cost.cpu_percent.high) - 9), Side::Middle, 10.5, Colour::Text)?;
    }
    Ok(())
}

fn whisker<B: DrawingBackend>(
    paper: &Paper<B>,
    (x, half): (i32, i32),
    scale: &paper::Scale,
    interval: Interval,
    colour: Colour,
) -> Result<(), ChartError> {
    let (low, high) = (scale.y(interval.low), scale.y(interval.high));
    paper.line(&[(x, low), (x, high)], colour, 2)?;
    for y in [low, high] {
        paper.line(&[(x - half / 4, y), (x + half / 4, y)], colour, 2)?;
    }
    paper.dot((x, scale.y(interval.estimate)), colour)
}

fn labels(modes: &[Mode]) -> Vec<&'static str> {
    modes.iter().map(|mode| mode.label()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::made;

    #[test]
    fn the_svg_has_every_panel_and_says_what_is_not_measurable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overhead.svg");
        draw(&made(1.0, 8.0), &path).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        for words in [
            "fixed rate: p95 of each run",
            "saturation: requests/s of each run",
            "processor time",
            "not measurable",
            "off again",
        ] {
            assert!(svg.contains(words), "{words}");
        }
        // 25 runs in each of two loads, then a dot for each interval: four differences and five costs.
        assert_eq!(svg.matches("<circle").count(), 2 * (25 + 4 + 5));
    }

    #[test]
    fn a_png_is_twice_as_fine_and_other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overhead.png");
        draw(&made(10.0, 1.0), &path).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (2 * WIDTH as u32, 2 * (HEAD + 2 * ROW) as u32));
        let inked = picture.pixels().filter(|pixel| pixel.0 != [255, 255, 255]).count();
        assert!(inked > 10_000, "{inked}");
        assert!(matches!(draw(&made(1.0, 1.0), Path::new("a.gif")), Err(ChartError::Extension(_))));
    }

    #[test]
    fn nothing_measured_is_drawn_as_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = made(1.0, 1.0);
        report.levels = vec![Level::judge("fixed rate", Some(10), Vec::new(), Vec::new(), 2)];
        draw(&report, &folder.path().join("empty.svg")).unwrap();
    }
}
