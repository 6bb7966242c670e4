//! The letters that tell a flow's life in short, as zeek writes them.

use crate::record::Side;
use crate::tcp::Flags;

/// Letters kept; a flow that would write more has said what there is to say.
const LONGEST: usize = 30;

/// See [`crate::record::Flow::history`].
#[derive(Debug, Default)]
pub(crate) struct History {
    letters: [u8; LONGEST],
    len: u8,
    /// Which of [`ONCE`] each side has written: the client's in the low half.
    written: u16,
    gaps: [u64; 2],
}

/// Letters written once per side.
const ONCE: [u8; 6] = *b"SHADFR";

impl History {
    /// What a TCP segment says. Flags win over data, data over a pure acknowledgement.
    pub(crate) fn segment(&mut self, side: Side, flags: Flags, has_payload: bool) {
        let letter = match () {
            () if flags.rst() => 5,
            () if flags.syn() && flags.ack() => 1,
            () if flags.syn() => 0,
            () if flags.fin() => 4,
            () if has_payload => 3,
            () if flags.ack() => 2,
            () => return,
        };
        self.once(side, letter);
    }

    /// A message of a transport without connections.
    pub(crate) fn data(&mut self, side: Side) {
        self.once(side, 3);
    }

    /// `count` is this side's retransmissions so far: written at 1, 10, 100, ...
    pub(crate) fn retransmission(&mut self, side: Side, count: u64) {
        if is_power_of_ten(count) {
            self.push(side, b'T');
        }
    }

    /// A hole of `missed` bytes in what `side` sent; written at the 1st, 10th, 100th, ...
    pub(crate) fn gap(&mut self, side: Side, missed: u64) {
        if missed > 0 {
            let count = &mut self.gaps[side as usize];
            *count += 1;
            if is_power_of_ten(*count) {
                self.push(side, b'G');
            }
        }
    }

    /// The ends were taken for each other until now.
    pub(crate) fn flip(&mut self) {
        for letter in &mut self.letters[..usize::from(self.len)] {
            *letter ^= if letter.is_ascii_alphabetic() { b' ' } else { 0 };
        }
        self.written = self.written.rotate_right(8);
        self.gaps.swap(0, 1);
        self.push(Side::Client, b'^');
    }

    pub(crate) fn text(&self) -> String {
        self.letters[..usize::from(self.len)].iter().copied().map(char::from).collect()
    }

    fn once(&mut self, side: Side, letter: usize) {
        let bit = 1 << (letter + if side == Side::Server { 8 } else { 0 });
        if self.written & bit == 0 {
            self.written |= bit;
            self.push(side, ONCE[letter]);
        }
    }

    fn push(&mut self, side: Side, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.len)) {
            *place = if side == Side::Server { letter.to_ascii_lowercase() } else { letter };
            self.len += 1;
        }
    }
}

fn is_power_of_ten(mut count: u64) -> bool {
    while count >= 10 && count.is_multiple_of(10) {
        count /= 10;
    }
    count == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_written_once_per_side() {
        let mut history = History::default();
        let (syn, syn_ack, ack, fin) = (Flags(0x02), Flags(0x12), Flags(0x10), Flags(0x11));
        history.segment(Side::Client, syn, false);
        history.segment(Side::Server, syn_ack, false);
        for _ in 0..3 {
            history.segment(Side::Client, ack, false);
            history.segment(Side::Server, ack, true);
        }
        history.segment(Side::Client, fin, true);
        assert_eq!(history.text(), "ShAdF");
    }

    #[test]
    fn repeated_troubles_are_written_at_powers_of_ten() {
        let mut history = History::default();
        (1..=120).for_each(|count| history.retransmission(Side::Client, count));
        (1..=20).for_each(|_| history.gap(Side::Server, 5));
        assert_eq!(history.text(), "TTTgg");
    }

    #[test]
    fn a_flip_exchanges_what_was_written() {
        let mut history = History::default();
        history.data(Side::Client);
        history.flip();
        history.data(Side::Server);
        history.data(Side::Client);
        assert_eq!(history.text(), "d^D");
    }

    #[test]
    fn the_text_is_bounded() {
        let mut history = History::default();
        (0..100).for_each(|_| history.flip());
        assert_eq!(history.text().len(), LONGEST);
    }
}
