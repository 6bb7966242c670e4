//! The search for where frames begin again, after the thread was lost.

use std::borrow::Cow;

use super::boundary::{Boundary, Plausible};

/// Bytes that are held for it: four DATA frames of the usual largest size.
const MAX_HELD_BYTES: usize = 64 * 1024;

/// What was searched in vain so far.
#[derive(Debug, Default)]
pub(super) struct Adrift(Vec<u8>);

impl Adrift {
    /// Where in `input`, or in what came before it and `input`, frames begin again.
    pub(super) fn find<'a>(&mut self, input: &'a [u8], plausible: Plausible) -> Option<Cow<'a, [u8]>> {
        let Self(held) = self;
        if held.is_empty() {
            match plausible.boundary(input) {
                Boundary::At(start) => return Some(Cow::Borrowed(&input[start..])),
                Boundary::NotBefore(start) => held.extend_from_slice(&input[start..]),
            }
        } else {
            held.extend_from_slice(input);
            match plausible.boundary(held) {
                Boundary::At(start) => {
                    let mut found = std::mem::take(held);
                    found.drain(..start);
                    return Some(Cow::Owned(found));
                }
                Boundary::NotBefore(start) => {
                    held.drain(..start);
                }
            }
        }
        if held.len() > MAX_HELD_BYTES {
            held.clear();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::INITIAL_MAX_PAYLOAD;
    use super::*;
    use crate::app::h2::testing::frame;
    use crate::record::Side;

    #[test]
    fn a_frame_in_pieces_is_found_and_the_search_is_bounded() {
        let plausible = Plausible { side: Side::Server, max_payload: INITIAL_MAX_PAYLOAD, max_stream: u32::MAX };
        let mut adrift = Adrift::default();
        let ping = frame(6, 0, 0, b"12345678");
        assert_eq!(adrift.find(&ping[..10], plausible), None);
        assert_eq!(adrift.find(&ping[10..], plausible).unwrap(), ping);
        let mut adrift = Adrift::default();
        for _ in 0..100 {
            assert_eq!(adrift.find(&[0; 2000], plausible), None, "no frame was sent");
            assert!(adrift.0.len() <= MAX_HELD_BYTES);
        }
    }
}
