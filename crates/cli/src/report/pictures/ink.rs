//! Colours by meaning, so that one picture serves a light and a dark page.
//!
//! plotters writes numbers, not names. So each ink has a number that nothing else uses, and the finished picture gets the CSS
//! token in its place.

use plotters::style::RGBColor;

/// A colour of the page's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Ink {
    Text1,
    Text2,
    Text3,
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
}

const TOKENS: [(Ink, &str); 16] = [
    (Ink::Text1, "--text-1"),
    (Ink::Text2, "--text-2"),
    (Ink::Text3, "--text-3"),
    (Ink::Raised, "--bg-raised"),
    (Ink::Line, "--line-strong"),
    (Ink::Requests, "--d-requests"),
    (Ink::Errors, "--d-errors"),
    (Ink::Gap, "--d-gap"),
    (Ink::EdgeFine, "--edge-0"),
    (Ink::EdgeWorse, "--edge-1"),
    (Ink::EdgeBad, "--edge-2"),
    (Ink::Heat1, "--heat-1"),
    (Ink::Heat2, "--heat-2"),
    (Ink::Heat3, "--heat-3"),
    (Ink::Heat4, "--heat-4"),
    (Ink::Heat5, "--heat-5"),
];

impl Ink {
    /// The number that stands for it while drawing.
    pub(super) fn stand_in(self) -> RGBColor {
        RGBColor(0xfe, 0xdc, self as u8)
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
    TOKENS.iter().fold(svg.to_owned(), |svg, (ink, token)| {
        svg.replace(&format!("\"#FEDC{:02X}\"", *ink as u8), &format!("\"var({token})\""))
    })
}

#[cfg(test)]
mod tests {
    use super::{Ink, tokens};

    #[test]
    fn stand_ins_become_tokens() {
        assert_eq!(
            tokens("<a fill=\"#FEDC00\" stroke=\"#FEDC0F\"/>"),
            "<a fill=\"var(--text-1)\" stroke=\"var(--heat-5)\"/>"
        );
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
