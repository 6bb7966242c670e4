//! Latency over time, one strip per service: how many answers took how long, and when.

use anyhow::Result;
use wirereel_query::answer::{HeatStrip, Inspection};

use super::{
    Sketch, WIDTH,
    canvas::{Canvas, Ink, Side, fitted},
};
use crate::figures::{duration, maybe_duration};

const LEFT: i32 = 268;
const RIGHT: i32 = WIDTH as i32 - 8;
/// Height of one latency class.
const CLASS: i32 = 6;
/// Marks of failed answers below a strip.
const FAILED: i32 = 4;
const GAP: i32 = 22;

/// Draws the strips.
pub(crate) fn heat(inspections: &[Inspection]) -> Sketch<'_> {
    let height: i32 = inspections.iter().map(|inspection| strip_height(&inspection.heat) + GAP).sum();
    Sketch::new(height.max(1).unsigned_abs(), "Latency over time per service", move |canvas| {
        let mut top = 6;
        for inspection in inspections {
            labels(canvas, inspection, top)?;
            strip(canvas, &inspection.heat, top)?;
            top += strip_height(&inspection.heat) + GAP;
        }
        Ok(())
    })
}

fn classes(heat: &HeatStrip) -> usize {
    heat.bounds_us.len() + 1
}

fn strip_height(heat: &HeatStrip) -> i32 {
    classes(heat) as i32 * CLASS + FAILED + 2
}

fn labels(canvas: &Canvas<'_>, inspection: &Inspection, top: i32) -> Result<()> {
    let figures = &inspection.golden;
    canvas.text(&fitted(&inspection.server, 12.0, 200)?, (0, top + 7), Side::Left, 12.0, Ink::Text1)?;
    let percentiles = [("p50", figures.p50_us), ("p95", figures.p95_us), ("p99", figures.p99_us)];
    for (row, (name, value)) in percentiles.into_iter().enumerate() {
        let y = top + 24 + row as i32 * 14;
        canvas.text(name, (0, y), Side::Left, 11.0, Ink::Text3)?;
        canvas.text(&maybe_duration(value), (100, y), Side::Right, 11.0, Ink::Text2)?;
    }
    let bounds = &inspection.heat.bounds_us;
    if let (Some(least), Some(most)) = (bounds.first(), bounds.last()) {
        let bottom = top + classes(&inspection.heat) as i32 * CLASS;
        canvas.text(&format!("> {}", duration(*most)), (LEFT - 8, top + 4), Side::Right, 10.5, Ink::Text3)?;
        canvas.text(&format!("< {}", duration(*least)), (LEFT - 8, bottom - 4), Side::Right, 10.5, Ink::Text3)?;
    }
    Ok(())
}

/// Fast answers at the bottom, slow ones at the top.
fn strip(canvas: &Canvas<'_>, heat: &HeatStrip, top: i32) -> Result<()> {
    let (columns, classes) = (heat.columns.max(1) as usize, classes(heat));
    let bottom = top + classes as i32 * CLASS;
    let x = |column: usize| LEFT + ((RIGHT - LEFT) as usize * column / columns) as i32;
    let most = heat.counts.iter().copied().max().unwrap_or(0);
    for (column, counts) in heat.counts.chunks(classes).enumerate() {
        for (class, count) in counts.iter().enumerate() {
            if let Some(ink) = Ink::of_count(*count, most) {
                let low = bottom - class as i32 * CLASS;
                canvas.fill((x(column), low - CLASS), (x(column + 1), low), ink, 1.0)?;
            }
        }
    }
    for (column, failed) in heat.failed.iter().enumerate() {
        if *failed > 0 {
            canvas.fill((x(column), bottom + 2), (x(column + 1), bottom + 2 + FAILED), Ink::Errors, 1.0)?;
        }
    }
    canvas.line(vec![(LEFT, bottom + 1), (RIGHT, bottom + 1)], Ink::Line, 1.0, 1)
}
