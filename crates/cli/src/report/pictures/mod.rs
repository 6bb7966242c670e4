//! The report's pictures: SVG whose colours are the page's CSS tokens.

mod bars;
mod canvas;
mod graph;
mod heat;
mod ink;
mod layers;
mod timeline;

pub(super) use bars::bars;
pub(super) use graph::graph;
pub(super) use heat::heat;
pub(super) use timeline::timeline;

/// Width of every picture in its own units; the page scales it to its column.
const WIDTH: u32 = 1_120;
