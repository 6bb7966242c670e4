//! What is drawn on, and where a value is on it.

use plotters::{
    coord::Shift,
    element::{Circle, PathElement, Rectangle, Text},
    prelude::{DrawingArea, DrawingBackend},
    style::{
        Color, FontStyle, IntoFont, RGBColor, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::ChartError;
use crate::plan::Mode;

const FAMILY: &str = "Inter";
/// plotters' SVG writes a font size divided by this.
const SVG_SIZE_FACTOR: f64 = 1.24;

/// From the left and the top.
pub(super) type Point = (i32, i32);

/// Makes text drawable without any font of the system.
pub(super) fn with_font() -> Result<(), ChartError> {
    register_font(FAMILY, FontStyle::Normal, include_bytes!("../../../cli/assets/Inter-Regular.ttf"))
        .map_err(|_| ChartError::Font)
}

/// Which side of its text a point is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

/// Colours by meaning.
#[derive(Debug, Clone, Copy)]
pub(super) enum Colour {
    Ground,
    Text,
    Faint,
    Line,
    Band,
    Bound,
    Off,
    Lifecycle,
    Headers,
    Full,
}

impl Colour {
    pub(super) fn of(mode: Mode) -> Self {
        match mode {
            Mode::Off | Mode::OffAgain => Self::Off,
            Mode::Lifecycle => Self::Lifecycle,
            Mode::Headers => Self::Headers,
            Mode::Full => Self::Full,
        }
    }

    fn rgb(self) -> RGBColor {
        match self {
            Self::Ground => RGBColor(0xff, 0xff, 0xff),
            Self::Text => RGBColor(0x15, 0x17, 0x1c),
            Self::Faint => RGBColor(0x59, 0x60, 0x70),
            Self::Line => RGBColor(0xcb, 0xd0, 0xd8),
            Self::Band => RGBColor(0xe9, 0xec, 0xf1),
            Self::Bound => RGBColor(0xcb, 0x32, 0x16),
            Self::Off => RGBColor(0xa6, 0xb0, 0xbe),
            Self::Lifecycle => RGBColor(0x6a, 0x9b, 0xcb),
            Self::Headers => RGBColor(0x37, 0x6e, 0xa8),
            Self::Full => RGBColor(0x14, 0x3f, 0x73),
        }
    }
}

/// The sheet.
pub(super) struct Paper<B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    scale: i32,
    svg: bool,
}

impl<B: DrawingBackend> Paper<B> {
    pub(super) fn new(area: DrawingArea<B, Shift>, scale: i32, svg: bool) -> Self {
        Self { area, scale, svg }
    }

    pub(super) fn present(&self) -> Result<(), ChartError> {
        self.area.present().map_err(|error| ChartError::Drawing(error.to_string()))
    }

    pub(super) fn fill(&self, from: Point, to: Point, colour: Colour) -> Result<(), ChartError> {
        let corners = [self.at(from), self.at(to)];
        self.done(self.area.draw(&Rectangle::new(corners, colour.rgb().filled())))
    }

    pub(super) fn line(&self, points: &[Point], colour: Colour, width: i32) -> Result<(), ChartError> {
        let points: Vec<Point> = points.iter().map(|point| self.at(*point)).collect();
        let style = colour.rgb().stroke_width((width * self.scale).unsigned_abs());
        self.done(self.area.draw(&PathElement::new(points, style)))
    }

    pub(super) fn dot(&self, at: Point, colour: Colour) -> Result<(), ChartError> {
        self.done(self.area.draw(&Circle::new(self.at(at), 3 * self.scale, colour.rgb().filled())))
    }

    /// Text whose vertical middle is at the point.
    pub(super) fn text(&self, text: &str, at: Point, side: Side, size: f64, colour: Colour) -> Result<(), ChartError> {
        let horizontal = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let factor = if self.svg { SVG_SIZE_FACTOR } else { f64::from(self.scale) };
        let colour = colour.rgb();
        let style =
            TextStyle::from((FAMILY, size * factor).into_font()).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.done(self.area.draw(&Text::new(text.to_owned(), self.at(at), style)))
    }

    fn at(&self, (x, y): Point) -> Point {
        (x * self.scale, y * self.scale)
    }

    fn done<E: std::fmt::Display>(&self, drawn: Result<(), E>) -> Result<(), ChartError> {
        drawn.map_err(|error| ChartError::Drawing(error.to_string()))
    }
}

/// Values from below to above.
pub(super) struct Scale {
    least: f64,
    most: f64,
    top: i32,
    bottom: i32,
}

impl Scale {
    pub(super) fn y(&self, value: f64) -> i32 {
        let share = if self.most > self.least { (value - self.least) / (self.most - self.least) } else { 0.0 };
        self.bottom - (share.clamp(0.0, 1.0) * f64::from(self.bottom - self.top)).round() as i32
    }

    /// Round values, four to nine of them.
    fn ticks(&self) -> Vec<f64> {
        let length = self.most - self.least;
        if !length.is_finite() || length <= 0.0 {
            return Vec::new();
        }
        let power = 10_f64.powf(length.log10().floor());
        let step = [0.1, 0.2, 0.5, 1.0].into_iter().map(|part| part * power).find(|step| length / step <= 9.0);
        let step = step.unwrap_or(2.0 * power);
        let first = (self.least / step).ceil();
        (0..=(length / step) as i32).map(|at| (first + f64::from(at)) * step).filter(|at| *at <= self.most).collect()
    }
}

/// A part of the sheet with axes.
pub(super) struct Panel {
    from: Point,
    size: Point,
}

impl Panel {
    pub(super) fn new(from: Point, size: Point) -> Self {
        Self { from, size }
    }

    pub(super) fn left(&self) -> i32 {
        self.from.0 + 52
    }

    pub(super) fn right(&self) -> i32 {
        self.from.0 + self.size.0 - 14
    }

    fn top(&self) -> i32 {
        self.from.1 + 34
    }

    pub(super) fn bottom(&self) -> i32 {
        self.from.1 + self.size.1 - 34
    }

    pub(super) fn scale(&self, least: f64, most: f64) -> Scale {
        Scale { least, most, top: self.top(), bottom: self.bottom() }
    }

    /// The middle of a column, and half its width.
    pub(super) fn column(&self, place: usize, of: usize) -> (i32, i32) {
        let half = (self.right() - self.left()) / (2 * of.max(1) as i32);
        (self.left() + half * (2 * place as i32 + 1), half)
    }

    /// Title, lines with their values, names of columns.
    pub(super) fn frame<B: DrawingBackend>(
        &self,
        paper: &Paper<B>,
        title: &str,
        scale: &Scale,
        columns: &[&str],
    ) -> Result<(), ChartError> {
        paper.text(title, (self.left(), self.from.1 + 18), Side::Left, 12.0, Colour::Text)?;
        for value in scale.ticks() {
            let y = scale.y(value);
            paper.line(&[(self.left(), y), (self.right(), y)], Colour::Line, 1)?;
            paper.text(&told(value), (self.left() - 6, y), Side::Right, 10.0, Colour::Faint)?;
        }
        for (place, name) in columns.iter().enumerate() {
            let x = self.column(place, columns.len()).0;
            paper.text(name, (x, self.bottom() + 14), Side::Middle, 10.5, Colour::Text)?;
        }
        Ok(())
    }
}

/// As short as it is round.
fn told(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few_and_values_stay_inside() {
        let panel = Panel::new((0, 0), (300, 300));
        for (least, most) in [(0.0, 1.3), (-4.2, 4.2), (0.0, 12_345.0), (0.0, 0.011)] {
            let scale = panel.scale(least, most);
            let ticks = scale.ticks();
            assert!((3..=10).contains(&ticks.len()), "{least} to {most}: {ticks:?}");
            assert!(ticks.iter().all(|tick| (least..=most).contains(tick)), "{ticks:?}");
        }
        let scale = panel.scale(0.0, 10.0);
        assert_eq!((scale.y(-5.0), scale.y(99.0)), (panel.bottom(), panel.top()));
        assert!(panel.scale(0.0, 0.0).ticks().is_empty() && panel.scale(0.0, f64::NAN).ticks().is_empty());
        assert_eq!([told(0.5), told(-2.0), told(-0.0001), told(1_000.0)], ["0.5", "−2", "0", "1000"]);
    }
}
