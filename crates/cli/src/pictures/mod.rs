//! Pictures of what a recording holds. Each is drawn by one function, as SVG for a page of tokens, as SVG of its own, or as PNG.

mod axis;
mod bars;
mod canvas;
mod chart;
mod graph;
mod heat;
mod ink;
mod layers;
mod sketch;
mod ticks;
mod timeline;

pub(crate) use bars::bars;
pub(crate) use chart::chart;
pub(crate) use graph::graph;
pub(crate) use heat::heat;
pub(crate) use ink::Theme;
pub(crate) use sketch::Sketch;
pub(crate) use timeline::timeline;

/// Width of every picture in its own units; a page scales it to its column.
const WIDTH: u32 = 1_120;
