//! Places in a filter text: bytes inside this crate, UTF-16 units for browsers.

use crate::answer::FilterProblem;

/// A half-open range of byte offsets, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// In UTF-16 units.
    pub(super) fn utf16(self, text: &str) -> (u32, u32) {
        (utf16_at(text, self.start), utf16_at(text, self.end))
    }
}

/// The UTF-16 offset of a byte offset; at most [`super::MAX_TEXT_BYTES`], so it fits.
fn utf16_at(text: &str, byte: usize) -> u32 {
    text[..byte].chars().map(|c| c.len_utf16() as u32).sum()
}

/// The byte offset of a UTF-16 offset: the end of the text when it lies beyond, the character's start when it lies inside one.
pub(super) fn byte_at(text: &str, utf16: u32) -> usize {
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        units += c.len_utf16() as u32;
        if units > utf16 {
            return byte;
        }
    }
    text.len()
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Span,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    pub(super) fn in_utf16(self, text: &str) -> FilterProblem {
        let (start, end) = self.span.utf16(text);
        FilterProblem { start, end, message: self.message }
    }
}
