//! The busiest services as bars.

use wirereel_query::answer::ServiceNode;

use super::{
    Sketch, WIDTH,
    canvas::{Ink, Side, fitted},
};
use crate::figures::{count, share};

const ROW: i32 = 26;
const LEFT: i32 = 208;
const RIGHT: i32 = WIDTH as i32 - 210;

/// Most bars.
const MAX_BARS: usize = 15;

/// Draws one bar per service: its requests, the failed part at its end.
pub(crate) fn bars<'a>(services: &'a [&'a ServiceNode]) -> Sketch<'a> {
    let shown = &services[..services.len().min(MAX_BARS)];
    let most = shown.iter().map(|node| node.golden.requests).max().unwrap_or(0).max(1) as f64;
    Sketch::new(shown.len() as u32 * ROW as u32 + 8, "Requests per service", move |canvas| {
        for (row, node) in shown.iter().enumerate() {
            let figures = &node.golden;
            let top = row as i32 * ROW + 4;
            let middle = top + ROW / 2;
            let name = fitted(&node.name, 12.0, LEFT as u32 - 20)?;
            canvas.text(&name, (LEFT - 10, middle), Side::Right, 12.0, Ink::Text1)?;
            let length = (figures.requests as f64 / most * f64::from(RIGHT - LEFT)).ceil() as i32;
            canvas.fill((LEFT, top + 5), (LEFT + length, top + ROW - 5), Ink::Requests, 1.0)?;
            if figures.error_share > 0.0 {
                let failed = (f64::from(length) * figures.error_share).ceil() as i32;
                let from = LEFT + length - failed.max(2);
                canvas.fill((from, top + 5), (LEFT + length, top + ROW - 5), Ink::Errors, 1.0)?;
            }
            canvas.text(&count(figures.requests), (RIGHT + 90, middle), Side::Right, 12.0, Ink::Text1)?;
            let errors = format!("{} errors", share(figures.error_share));
            let ink = if figures.error_share < 0.01 { Ink::Text3 } else { Ink::Errors };
            canvas.text(&errors, (WIDTH as i32 - 8, middle), Side::Right, 12.0, ink)?;
        }
        Ok(())
    })
}
