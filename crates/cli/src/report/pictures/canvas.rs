//! A sheet to draw rectangles, lines and text on, over plotters' SVG backend.

use anyhow::{Result, anyhow};
use plotters::{
    coord::Shift,
    prelude::{DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle, SVGBackend, Text},
    style::{
        Color, FontStyle, IntoFont, ShapeStyle, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{WIDTH, ink};

pub(super) use super::ink::Ink;

/// The family that plotters measures with and the page's CSS names first.
const FAMILY: &str = "Inter";

/// plotters writes a font size divided by this.
const SIZE_FACTOR: f64 = 1.24;

/// A point in the picture's units, from the left and the top.
pub(super) type Point = (i32, i32);

/// Which side of its text a point is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// The sheet.
pub(super) struct Canvas<'s> {
    area: DrawingArea<SVGBackend<'s>, Shift>,
}

/// Draws a picture of `height`, told as `label` to those who cannot see it.
pub(super) fn picture(height: u32, label: &str, draw: impl FnOnce(&Canvas<'_>) -> Result<()>) -> Result<String> {
    register_font(FAMILY, FontStyle::Normal, include_bytes!("../../../assets/Inter-Regular.ttf"))
        .map_err(|_| anyhow!("the built-in font cannot be read"))?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let canvas = Canvas { area };
        draw(&canvas)?;
        canvas.area.present()?;
    }
    let named = format!("<svg role=\"img\" aria-label=\"{}\" ", super::super::html::escape(label));
    Ok(ink::tokens(&svg).replacen("<svg ", &named, 1))
}

impl Canvas<'_> {
    /// A filled rectangle.
    pub(super) fn fill(&self, from: Point, to: Point, ink: Ink, opacity: f64) -> Result<()> {
        Ok(self.area.draw(&Rectangle::new([from, to], ink.stand_in().mix(opacity).filled()))?)
    }

    /// A filled rectangle with a line around it.
    pub(super) fn boxed(&self, from: Point, to: Point, fill: Ink, line: Ink, width: u32) -> Result<()> {
        self.fill(from, to, fill, 1.0)?;
        Ok(self.area.draw(&Rectangle::new([from, to], stroke(line, 1.0, width)))?)
    }

    /// A line through the points.
    pub(super) fn line(&self, points: Vec<Point>, ink: Ink, opacity: f64, width: u32) -> Result<()> {
        Ok(self.area.draw(&PathElement::new(points, stroke(ink, opacity, width)))?)
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: Vec<Point>, ink: Ink) -> Result<()> {
        Ok(self.area.draw(&Polygon::new(points, ink.stand_in().filled()))?)
    }

    /// Text of `size` whose vertical middle is at the point.
    pub(super) fn text(&self, text: &str, at: Point, side: Side, size: f64, ink: Ink) -> Result<()> {
        let horizontal = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let font = (FAMILY, size * SIZE_FACTOR).into_font();
        let colour = ink.stand_in();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        Ok(self.area.draw(&Text::new(text.to_owned(), at, style))?)
    }
}

/// Width of `text` in `size`.
fn width(text: &str, size: f64) -> Result<u32> {
    Ok((FAMILY, size).into_font().box_size(text)?.0)
}

/// `text` shortened with `…` until it is at most `most` wide.
pub(super) fn fitted(text: &str, size: f64, most: u32) -> Result<String> {
    let length = text.chars().count();
    for kept in (1..=length).rev() {
        let candidate = super::super::figures::cut(text, kept);
        if width(&candidate, size)? <= most {
            return Ok(candidate);
        }
    }
    Ok(String::new())
}

fn stroke(ink: Ink, opacity: f64, width: u32) -> ShapeStyle {
    ink.stand_in().mix(opacity).stroke_width(width)
}
