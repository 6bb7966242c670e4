//! A sheet to draw rectangles, lines and text on, over plotters' backends.

use anyhow::{Result, anyhow};
use plotters::{
    coord::Shift,
    element::{Drawable, PointCollection},
    prelude::{BitMapBackend, DrawingArea, PathElement, Polygon, Rectangle, SVGBackend, Text},
    style::{
        Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

pub(super) use super::ink::Ink;
use super::ink::Theme;

/// The family that plotters measures with and a page's CSS names first.
const FAMILY: &str = "Inter";

/// plotters' SVG writes a font size divided by this.
const SVG_SIZE_FACTOR: f64 = 1.24;

/// A point in the picture's units, from the left and the top.
pub(super) type Point = (i32, i32);

/// Which side of its text a point is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// What is drawn on.
pub(super) enum Area<'s> {
    Svg(DrawingArea<SVGBackend<'s>, Shift>),
    Bitmap(DrawingArea<BitMapBackend<'s>, Shift>),
}

/// The sheet.
pub(super) struct Canvas<'s> {
    area: Area<'s>,
    /// Colours, or `None` for stand-ins that become colours or tokens afterwards.
    theme: Option<Theme>,
    scale: i32,
    margin: i32,
}

/// Makes text measurable and drawable without any font of the system.
pub(super) fn with_font() -> Result<()> {
    register_font(FAMILY, FontStyle::Normal, include_bytes!("../../assets/Inter-Regular.ttf"))
        .map_err(|_| anyhow!("the built-in font cannot be read"))
}

impl<'s> Canvas<'s> {
    pub(super) fn new(area: Area<'s>, theme: Option<Theme>, scale: i32, margin: i32) -> Self {
        Self { area, theme, scale, margin }
    }

    pub(super) fn present(&self) -> Result<()> {
        match &self.area {
            Area::Svg(area) => area.present()?,
            Area::Bitmap(area) => area.present()?,
        }
        Ok(())
    }

    /// A filled rectangle.
    pub(super) fn fill(&self, from: Point, to: Point, ink: Ink, opacity: f64) -> Result<()> {
        let corners = [self.at(from), self.at(to)];
        self.draw(&Rectangle::new(corners, self.colour(ink).mix(opacity).filled()))
    }

    /// A filled rectangle with a line around it.
    pub(super) fn boxed(&self, from: Point, to: Point, fill: Ink, line: Ink, width: u32) -> Result<()> {
        self.fill(from, to, fill, 1.0)?;
        self.draw(&Rectangle::new([self.at(from), self.at(to)], self.stroke(line, 1.0, width)))
    }

    /// A line through the points.
    pub(super) fn line(&self, points: Vec<Point>, ink: Ink, opacity: f64, width: u32) -> Result<()> {
        let points: Vec<Point> = points.into_iter().map(|point| self.at(point)).collect();
        self.draw(&PathElement::new(points, self.stroke(ink, opacity, width)))
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: Vec<Point>, ink: Ink) -> Result<()> {
        let points: Vec<Point> = points.into_iter().map(|point| self.at(point)).collect();
        self.draw(&Polygon::new(points, self.colour(ink).filled()))
    }

    /// Text of `size` whose vertical middle is at the point.
    pub(super) fn text(&self, text: &str, at: Point, side: Side, size: f64, ink: Ink) -> Result<()> {
        let horizontal = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let factor = match self.area {
            Area::Svg(_) => SVG_SIZE_FACTOR,
            Area::Bitmap(_) => f64::from(self.scale),
        };
        let font = (FAMILY, size * factor).into_font();
        let colour = self.colour(ink);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.draw(&Text::new(text.to_owned(), self.at(at), style))
    }

    fn draw<E>(&self, element: &E) -> Result<()>
    where
        for<'e> &'e E: PointCollection<'e, Point>,
        for<'b> E: Drawable<SVGBackend<'b>> + Drawable<BitMapBackend<'b>>,
    {
        match &self.area {
            Area::Svg(area) => area.draw(element)?,
            Area::Bitmap(area) => area.draw(element)?,
        }
        Ok(())
    }

    fn at(&self, (x, y): Point) -> Point {
        ((x + self.margin) * self.scale, (y + self.margin) * self.scale)
    }

    fn colour(&self, ink: Ink) -> RGBColor {
        self.theme.map_or_else(|| ink.stand_in(), |theme| ink.of(theme))
    }

    fn stroke(&self, ink: Ink, opacity: f64, width: u32) -> ShapeStyle {
        self.colour(ink).mix(opacity).stroke_width(width * self.scale.unsigned_abs())
    }
}

/// Width of `text` in `size`.
pub(super) fn width(text: &str, size: f64) -> Result<u32> {
    Ok((FAMILY, size).into_font().box_size(text)?.0)
}

/// `text` shortened with `…` until it is at most `most` wide.
pub(super) fn fitted(text: &str, size: f64, most: u32) -> Result<String> {
    let length = text.chars().count();
    for kept in (1..=length).rev() {
        let candidate = crate::figures::cut(text, kept);
        if width(&candidate, size)? <= most {
            return Ok(candidate);
        }
    }
    Ok(String::new())
}
