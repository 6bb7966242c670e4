//! Colours by meaning, so that one picture serves a light and a dark page.
//!
//! plotters writes numbers, not names. So each ink has a number that nothing else uses, and the finished picture gets the CSS
//! token, or a theme's colour, in its place.

use plotters::style::RGBColor;

/// A colour of the page's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Ink {
    Text1,
    Text2,
    Text3,
    Pane,
    Raised,
    Line,
    Requests,
    Errors,
    Gap,
    EdgeFine,
    EdgeWorse,
    EdgeBad,
    Heat1,
    Heat2,
    Heat3,
    Heat4,
    Heat5,
    Series,
}

/// The colours of a picture that stands alone: those that its tokens have on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// Token, light and dark.
const TOKENS: [(Ink, &str, u32, u32); 18] = [
    (Ink::Text1, "--text-1", 0x15171c, 0xe8eaed),
    (Ink::Text2, "--text-2", 0x474d59, 0xa9afba),
    (Ink::Text3, "--text-3", 0x596070, 0x949ba8),
    (Ink::Pane, "--bg-pane", 0xffffff, 0x141619),
    (Ink::Raised, "--bg-raised", 0xffffff, 0x1b1d22),
    (Ink::Line, "--line-strong", 0xcbd0d8, 0x343941),
    (Ink::Requests, "--d-requests", 0x7196bc, 0x6283a6),
    (Ink::Errors, "--d-errors", 0xcb3216, 0xf96143),
    (Ink::Gap, "--d-gap", 0xcb3216, 0xf96143),
    (Ink::EdgeFine, "--edge-0", 0xa6b0be, 0x4b5666),
    (Ink::EdgeWorse, "--edge-1", 0xc48800, 0xc99f35),
    (Ink::EdgeBad, "--edge-2", 0xcb3216, 0xf96143),
    (Ink::Heat1, "--heat-1", 0xd3e2f1, 0x22344a),
    (Ink::Heat2, "--heat-2", 0xa5c5e4, 0x2d5076),
    (Ink::Heat3, "--heat-3", 0x6a9bcb, 0x3d72a6),
    (Ink::Heat4, "--heat-4", 0x376ea8, 0x66a0d6),
    (Ink::Heat5, "--heat-5", 0x143f73, 0xb9dcf7),
    (Ink::Series, "--series-a", 0x2c63c9, 0x5ea4fb),
];

impl Ink {
    /// The number that stands for it while drawing.
    pub(super) fn stand_in(self) -> RGBColor {
        RGBColor(0xfe, 0xdc, self as u8)
    }

    /// Its colour in a theme.
    pub(super) fn of(self, theme: Theme) -> RGBColor {
        let (_, _, light, dark) = TOKENS[self as usize];
        let [_, red, green, blue] = if theme == Theme::Light { light } else { dark }.to_be_bytes();
        RGBColor(red, green, blue)
    }

    /// The ink of an edge or bar by its error share: under 1 %, up to 5 %, over.
    pub(super) fn of_errors(share: f64) -> Self {
        match share {
            share if share < 0.01 => Self::EdgeFine,
            share if share <= 0.05 => Self::EdgeWorse,
            _ => Self::EdgeBad,
        }
    }

    /// A count against the largest, by its logarithm: a rare slow answer must not vanish beside many fast ones. `None` for nothing.
    pub(super) fn of_count(count: u32, most: u32) -> Option<Self> {
        const RAMP: [Ink; 5] = [Ink::Heat1, Ink::Heat2, Ink::Heat3, Ink::Heat4, Ink::Heat5];
        let share = f64::from(count).ln_1p() / f64::from(most.max(1)).ln_1p();
        let step = (share * RAMP.len() as f64).ceil() as usize;
        RAMP.get(step.checked_sub(1)?.min(RAMP.len() - 1)).copied()
    }
}

/// The picture with tokens in place of stand-ins.
pub(super) fn tokens(svg: &str) -> String {
    replaced(svg, |(_, token, _, _)| format!("var({token})"))
}

/// The picture with a theme's colours in place of stand-ins.
pub(super) fn coloured(svg: &str, theme: Theme) -> String {
    replaced(svg, |(_, _, light, dark)| format!("#{:06X}", if theme == Theme::Light { light } else { dark }))
}

fn replaced(svg: &str, by: impl Fn((Ink, &'static str, u32, u32)) -> String) -> String {
    TOKENS.into_iter().fold(svg.to_owned(), |svg, token| {
        svg.replace(&format!("\"#FEDC{:02X}\"", token.0 as u8), &format!("\"{}\"", by(token)))
    })
}

#[cfg(test)]
mod tests {
    use super::{Ink, TOKENS, tokens};

    #[test]
    fn stand_ins_become_tokens() {
        assert_eq!(
            tokens("<a fill=\"#FEDC00\" stroke=\"#FEDC10\"/>"),
            "<a fill=\"var(--text-1)\" stroke=\"var(--heat-5)\"/>"
        );
    }

    #[test]
    fn a_picture_alone_has_the_colours_of_the_page() {
        let css = include_str!("../report/page.css");
        let (light_css, dark_css) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (place, (ink, token, light, dark)) in TOKENS.into_iter().enumerate() {
            assert_eq!(ink as usize, place, "{token}");
            for (css, colour) in [(light_css, light), (dark_css, dark)] {
                assert!(css.contains(&format!("{token}: #{colour:06x};")), "{token}: #{colour:06x}");
            }
        }
    }

    #[test]
    fn counts_are_shaded_by_their_logarithm() {
        assert_eq!(Ink::of_count(0, 1_000), None);
        assert_eq!(Ink::of_count(1, 1_000), Some(Ink::Heat1));
        assert_eq!(Ink::of_count(30, 1_000), Some(Ink::Heat3));
        assert_eq!(Ink::of_count(1_000, 1_000), Some(Ink::Heat5));
        assert_eq!(Ink::of_count(1, 1), Some(Ink::Heat5));
    }
}
