//! A picture that is not drawn yet: how large it is, what it is called, how it is drawn, and on what it can be.

use std::path::Path;

use anyhow::{Context as _, Result};
use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};

use super::{
    WIDTH,
    canvas::{Area, Canvas, with_font},
    ink::{self, Ink, Theme},
};

/// Room around a picture that stands alone.
const MARGIN: i32 = 16;

/// Pixels per unit of a PNG, so that it is sharp on dense screens and in print.
const PNG_SCALE: i32 = 2;

/// How a picture is drawn.
type Draw<'a> = Box<dyn Fn(&Canvas<'_>) -> Result<()> + 'a>;

/// See the module.
pub(crate) struct Sketch<'a> {
    height: u32,
    label: &'static str,
    draw: Draw<'a>,
}

impl<'a> Sketch<'a> {
    /// A picture of `height`, told as `label` to those who cannot see it.
    pub(super) fn new(height: u32, label: &'static str, draw: impl Fn(&Canvas<'_>) -> Result<()> + 'a) -> Self {
        Self { height, label, draw: Box::new(draw) }
    }

    /// SVG for a page that has the tokens and the fonts.
    pub(crate) fn for_page(&self) -> Result<String> {
        let svg = self.svg(0)?;
        Ok(named(&ink::tokens(&svg), self.label))
    }

    /// Writes the picture alone, by the file's extension.
    ///
    /// # Errors
    /// When the extension is neither `svg` nor `png`, or the file cannot be written.
    pub(crate) fn save(&self, path: &Path, theme: Theme) -> Result<()> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => {
                let svg = named(&ink::coloured(&self.svg(MARGIN)?, theme), self.label);
                std::fs::write(path, svg).with_context(|| format!("{} cannot be written", path.display()))
            }
            Some("png") => self.png(path, theme).with_context(|| format!("{} cannot be written", path.display())),
            _ => anyhow::bail!("{}: a picture ends in .svg or .png", path.display()),
        }
    }

    fn svg(&self, margin: i32) -> Result<String> {
        with_font()?;
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, self.size(margin)).into_drawing_area();
            self.draw_on(Area::Svg(area), None, 1, margin)?;
        }
        Ok(svg)
    }

    fn png(&self, path: &Path, theme: Theme) -> Result<()> {
        with_font()?;
        let (width, height) = self.size(MARGIN);
        let size = (width * PNG_SCALE.unsigned_abs(), height * PNG_SCALE.unsigned_abs());
        let area = BitMapBackend::new(path, size).into_drawing_area();
        self.draw_on(Area::Bitmap(area), Some(theme), PNG_SCALE, MARGIN)
    }

    fn size(&self, margin: i32) -> (u32, u32) {
        let around = 2 * margin.unsigned_abs();
        (WIDTH + around, self.height + around)
    }

    fn draw_on(&self, area: Area<'_>, theme: Option<Theme>, scale: i32, margin: i32) -> Result<()> {
        let canvas = Canvas::new(area, theme, scale, margin);
        if margin > 0 {
            let (width, height) = self.size(margin);
            let (right, bottom) = (width as i32 - margin, height as i32 - margin);
            canvas.fill((-margin, -margin), (right, bottom), Ink::Pane, 1.0)?;
        }
        (self.draw)(&canvas)?;
        canvas.present()
    }
}

fn named(svg: &str, label: &str) -> String {
    svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{label}\" "), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::canvas::Side;

    fn sketch() -> Sketch<'static> {
        Sketch::new(40, "A box", |canvas| {
            canvas.boxed((0, 0), (100, 40), Ink::Raised, Ink::Errors, 2)?;
            canvas.text("payment", (10, 20), Side::Left, 12.0, Ink::Text1)
        })
    }

    #[test]
    fn alone_it_has_the_colours_of_its_theme_and_a_ground() {
        let folder = tempfile::tempdir().unwrap();
        let read = |theme| {
            let path = folder.path().join("box.svg");
            sketch().save(&path, theme).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let (light, dark) = (read(Theme::Light), read(Theme::Dark));
        assert!(light.contains("#FFFFFF") && light.contains("#CB3216"), "{light}");
        assert!(dark.contains("#141619") && dark.contains("#F96143"), "{dark}");
        for svg in [light, dark] {
            assert!(svg.contains("aria-label=\"A box\"") && svg.contains("payment"), "{svg}");
            assert!(!svg.contains("#FEDC") && !svg.contains("var("), "{svg}");
        }
        assert!(sketch().for_page().unwrap().contains("var(--d-errors)"));
    }

    #[test]
    fn a_png_is_twice_as_fine_and_shows_its_ground_and_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("box.png");
        sketch().save(&path, Theme::Dark).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), ((WIDTH + 32) * 2, (40 + 32) * 2));
        assert_eq!(picture.get_pixel(2, 2).0, [0x14, 0x16, 0x19]);
        assert_eq!(picture.get_pixel(32, 72).0, [0xf9, 0x61, 0x43], "the left line of the box");
    }

    #[test]
    fn other_files_are_refused() {
        let error = sketch().save(Path::new("box.gif"), Theme::Light).unwrap_err();
        assert_eq!(error.to_string(), "box.gif: a picture ends in .svg or .png");
    }
}
