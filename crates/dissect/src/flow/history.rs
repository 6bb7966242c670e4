//! The letters that tell a flow's life in short, as zeek writes them.

use crate::record::Side;
use crate::tcp::Segment;

/// Letters kept; a flow that would write more has said what there is to say.
const LONGEST: usize = 30;

/// See [`crate::record::Flow::history`]. The letters and the rules for repeating them are zeek's (`history` in its
/// `conn.log`), except that checksums are not looked at (`C`) and nothing is left unanalysed (`X`).
#[derive(Debug, Default)]
pub(crate) struct History {
    letters: [u8; LONGEST],
    len: u8,
    sides: [Written; 2],
}

/// What was written of one side.
#[derive(Debug, Default, Clone, Copy)]
struct Written {
    /// Which of [`ONCE`].
    once: u8,
    /// Sequence numbers of the last SYN, FIN and RST: another one is written again.
    last: [u32; 3],
    gaps: u32,
    zero_windows: u32,
}

/// Letters written once per side. A SYN with and without ACK share their place.
const ONCE: [u8; 7] = *b"SFRADIQ";
/// Places of the first three in [`ONCE`] and [`Written::last`].
const SYN: usize = 0;
const FIN: usize = 1;
const RST: usize = 2;

impl History {
    /// What a TCP segment says. Control bits win over data, data over a pure acknowledgement.
    pub(crate) fn segment(&mut self, side: Side, segment: &Segment<'_>) {
        let flags = segment.flags;
        if flags.is_plain() {
            match () {
                () if segment.payload.len() > 0 => self.once(side, 4),
                () if flags.ack() => self.once(side, 3),
                () => {}
            }
            return;
        }
        match (flags.syn(), flags.fin(), flags.rst()) {
            (_, true, true) => self.once(side, 5),
            (true, true, false) | (true, false, true) => self.once(side, 6),
            (true, ..) => {
                let letter = if flags.ack() { b'H' } else { b'S' };
                self.control(side, SYN, letter, segment.sequence);
            }
            // A FIN stands behind the payload of its segment.
            (_, true, _) => {
                self.control(side, FIN, b'F', segment.sequence.wrapping_add(segment.payload.len() as u32));
            }
            _ => self.control(side, RST, b'R', segment.sequence),
        }
    }

    /// `side` told that it has no room: written at the 1st, 10th, 100th, ...
    pub(crate) fn zero_window(&mut self, side: Side) {
        let count = &mut self.sides[side as usize].zero_windows;
        *count = count.saturating_add(1);
        if is_power_of_ten((*count).into()) {
            self.push(side, b'W');
        }
    }

    /// A message of a transport without connections.
    pub(crate) fn data(&mut self, side: Side) {
        self.once(side, 4);
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
            let count = &mut self.sides[side as usize].gaps;
            *count = count.saturating_add(1);
            if is_power_of_ten((*count).into()) {
                self.push(side, b'G');
            }
        }
    }

    /// The ends were taken for each other until now.
    pub(crate) fn flip(&mut self) {
        for letter in &mut self.letters[..usize::from(self.len)] {
            *letter ^= if letter.is_ascii_alphabetic() { b' ' } else { 0 };
        }
        self.sides.swap(0, 1);
        self.push(Side::Client, b'^');
    }

    pub(crate) fn text(&self) -> String {
        self.letters[..usize::from(self.len)].iter().copied().map(char::from).collect()
    }

    fn once(&mut self, side: Side, place: usize) {
        let written = &mut self.sides[side as usize].once;
        if *written & (1 << place) == 0 {
            *written |= 1 << place;
            self.push(side, ONCE[place]);
        }
    }

    /// Writes the first of its kind and every one with another number than the last.
    fn control(&mut self, side: Side, place: usize, letter: u8, number: u32) {
        let written = &mut self.sides[side as usize];
        let is_first = written.once & (1 << place) == 0;
        if is_first || written.last[place] != number {
            written.once |= 1 << place;
            written.last[place] = number;
            self.push(side, letter);
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
    use crate::wire::Wire;

    fn segment(flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let header =
            [&[0, 1, 0, 2][..], &sequence.to_be_bytes(), &[0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0]].concat();
        [&header, payload].concat()
    }

    fn written(segments: &[(Side, Vec<u8>)]) -> String {
        let mut history = History::default();
        for (side, bytes) in segments {
            history.segment(*side, &Segment::parse(Wire::whole(bytes)).unwrap());
        }
        history.text()
    }

    #[test]
    fn each_letter_is_written_once_per_side() {
        let mut segments = vec![(Side::Client, segment(0x02, 0, b"")), (Side::Server, segment(0x12, 0, b""))];
        for number in 1..4 {
            segments.push((Side::Client, segment(0x10, 1, b"")));
            segments.push((Side::Server, segment(0x10, number, b"x")));
        }
        segments.push((Side::Client, segment(0x11, 1, b"bye")));
        assert_eq!(written(&segments), "ShAdF");
    }

    #[test]
    fn control_bits_with_another_number_are_written_again() {
        let client = |flags, sequence| (Side::Client, segment(flags, sequence, b""));
        assert_eq!(written(&[client(0x02, 5), client(0x02, 5), client(0x02, 6)]), "SS");
        assert_eq!(written(&[client(0x04, 5), client(0x04, 5), client(0x04, 6), client(0x04, 6)]), "RR");
        let fin_with_data = (Side::Client, segment(0x11, 2, b"abc"));
        assert_eq!(written(&[client(0x11, 5), fin_with_data, client(0x11, 9)]), "FF");
        assert_eq!(written(&[client(0x02, 5), client(0x12, 5)]), "S", "both ends open at once: the same number");
    }

    #[test]
    fn control_bits_that_exclude_each_other_have_letters_of_their_own() {
        let client = |flags| (Side::Client, segment(flags, 1, b"x"));
        assert_eq!(written(&[client(0x05), client(0x05), client(0x03), client(0x06)]), "IQ");
    }

    #[test]
    fn repeated_troubles_are_written_at_powers_of_ten() {
        let mut history = History::default();
        (1..=120).for_each(|count| history.retransmission(Side::Client, count));
        (1..=20).for_each(|_| history.gap(Side::Server, 5));
        (1..=10).for_each(|_| history.zero_window(Side::Client));
        assert_eq!(history.text(), "TTTggWW");
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
