//! Who calls whom: services as boxes, calls as curves, thicker for more requests and coloured by errors.

use std::collections::HashMap;

use anyhow::Result;
use wirereel_query::answer::{ServiceEdge, ServiceKind, ServiceNode, Topology};

use super::{
    Sketch, WIDTH,
    canvas::{Canvas, Ink, Point, Side, fitted},
    layers::layers,
};
use crate::figures::{maybe_duration, rate, share};

const BOX_HEIGHT: i32 = 44;
const BOX_WIDTH: i32 = 184;
/// Least room between boxes of a column.
const ROW: i32 = BOX_HEIGHT + 18;
const MARGIN: i32 = 8;
/// Room that a curve between columns needs at least.
const LEAST_GAP: i32 = 48;
/// Points of a curve.
const CURVE: i32 = 24;

/// Most boxes: the busiest are drawn.
const MAX_NODES: usize = 48;

/// Draws the graph.
pub(crate) fn graph(topology: &Topology) -> Sketch<'_> {
    let mut nodes: Vec<&ServiceNode> = topology.nodes.iter().collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(node.golden.requests));
    nodes.truncate(MAX_NODES);
    let index: HashMap<String, usize> =
        nodes.iter().enumerate().map(|(index, node)| (node.name.clone(), index)).collect();
    let ends = move |edge: &ServiceEdge| Some((*index.get(&edge.client)?, *index.get(&edge.server)?));
    let edges: Vec<(usize, usize)> = topology.edges.iter().filter_map(&ends).collect();
    let columns = layers(nodes.len(), &edges);
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0) as i32;
    let height = (rows * ROW + 2 * MARGIN).max(ROW);
    let places = places(&columns, nodes.len(), height);
    Sketch::new(height.unsigned_abs(), "Services and their calls", move |canvas| {
        // Errors last, so that they lie on top.
        let mut drawn: Vec<&ServiceEdge> = topology.edges.iter().collect();
        drawn.sort_by(|a, b| a.golden.error_share.total_cmp(&b.golden.error_share));
        for edge in drawn {
            if let Some((from, to)) = ends(edge) {
                call(canvas, edge, places[from], places[to])?;
            }
        }
        nodes.iter().zip(&places).try_for_each(|(node, place)| service(canvas, node, *place))
    })
}

/// A box by its left and right edge and its middle line.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    left: i32,
    right: i32,
    middle: i32,
}

/// Columns are spread over the width, their boxes over the height.
fn places(columns: &[Vec<usize>], count: usize, height: i32) -> Vec<Place> {
    let each = (WIDTH as i32 - 2 * MARGIN) / columns.len().max(1) as i32;
    let width = BOX_WIDTH.min(each - LEAST_GAP).max(24);
    let spread = (WIDTH as i32 - 2 * MARGIN - width) / (columns.len() as i32 - 1).max(1);
    let mut places = vec![Place::default(); count];
    for (column, nodes) in columns.iter().enumerate() {
        let step = (height - 2 * MARGIN) / nodes.len().max(1) as i32;
        for (row, node) in nodes.iter().enumerate() {
            let left = MARGIN + column as i32 * spread;
            places[*node] = Place { left, right: left + width, middle: MARGIN + row as i32 * step + step / 2 };
        }
    }
    places
}

fn service(canvas: &Canvas<'_>, node: &ServiceNode, place: Place) -> Result<()> {
    let Place { left, right, middle } = place;
    let (top, bottom) = (middle - BOX_HEIGHT / 2, middle + BOX_HEIGHT / 2);
    let line = if node.golden.error_share < 0.01 { Ink::Line } else { Ink::of_errors(node.golden.error_share) };
    canvas.boxed((left, top), (right, bottom), Ink::Raised, line, if node.entry_point { 2 } else { 1 })?;
    let room = (right - left - 16).max(0) as u32;
    canvas.text(&fitted(&node.name, 12.0, room)?, (left + 8, middle - 9), Side::Left, 12.0, Ink::Text1)?;
    let figures = match node.kind {
        ServiceKind::Customers if node.address_count != 1 => format!("{} addresses", node.address_count),
        _ => format!("{} · p95 {}", rate(node.golden.rate), maybe_duration(node.golden.p95_us)),
    };
    canvas.text(&fitted(&figures, 11.0, room)?, (left + 8, middle + 9), Side::Left, 11.0, Ink::Text2)
}

fn call(canvas: &Canvas<'_>, edge: &ServiceEdge, from: Place, to: Place) -> Result<()> {
    let ink = Ink::of_errors(edge.golden.error_share);
    let width = 1 + (edge.golden.requests as f64).log10().clamp(0.0, 6.0) as u32 / 2;
    let opacity = if ink == Ink::EdgeFine { 0.75 } else { 1.0 };
    // A call to a column on the left, or to the same one, goes around on the right.
    let back = to.left < from.right;
    let (start, end) = ((from.right, from.middle), (if back { to.right } else { to.left }, to.middle));
    let tip = if back { 7 } else { -7 };
    let reach = if back { LEAST_GAP } else { (end.0 - start.0) / 2 };
    let bends = [(start.0 + reach, start.1), (if back { end.0 + reach } else { end.0 - reach }, end.1)];
    let points = curve(start, bends, (end.0 + tip, end.1));
    let middle = points[points.len() / 2];
    canvas.line(points, ink, opacity, width)?;
    canvas.polygon(vec![end, (end.0 + tip, end.1 - 4), (end.0 + tip, end.1 + 4)], ink)?;
    if ink != Ink::EdgeFine {
        canvas.text(&share(edge.golden.error_share), (middle.0, middle.1 - 8), Side::Middle, 10.5, Ink::Text1)?;
    }
    Ok(())
}

/// Points of a cubic Bézier curve.
fn curve(start: Point, bends: [Point; 2], end: Point) -> Vec<Point> {
    let at = |t: f64| {
        let weights = [(1.0 - t).powi(3), 3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
        let points = [start, bends[0], bends[1], end];
        let sum = |part: fn(Point) -> i32| -> f64 {
            weights.iter().zip(points).map(|(weight, point)| weight * f64::from(part(point))).sum()
        };
        (sum(|point| point.0).round() as i32, sum(|point| point.1).round() as i32)
    };
    (0..=CURVE).map(|step| at(f64::from(step) / f64::from(CURVE))).collect()
}
