//! First bytes that only TLS, or SSL 2.0 in its place, begins with.

use crate::app::probe::Verdict;
use crate::record::Side;

use super::record::{HANDSHAKE, Kind};

/// A handshake record that starts with that side's hello.
pub(crate) fn probe(side: Side, bytes: &[u8]) -> Verdict {
    let hello = match side {
        Side::Client => Kind::ClientHello,
        Side::Server => Kind::ServerHello,
    } as u8;
    let matches = |at: usize, allowed: &dyn Fn(u8) -> bool| bytes.get(at).is_none_or(|byte| allowed(*byte));
    let mine = matches(0, &|kind| kind == HANDSHAKE)
        && matches(1, &|major| major == 3)
        && matches(2, &|minor| minor <= 4)
        && matches(3, &|high| high <= 0x48)
        && matches(5, &|kind| kind == hello);
    match (mine, bytes.len()) {
        (false, _) if side == Side::Client => ssl_2_hello(bytes),
        (false, _) => Verdict::NotMine,
        (true, 0..6) => Verdict::Unsure,
        (true, _) => Verdict::Certain,
    }
}

/// The hello that clients which also spoke SSL 2.0 began with, whatever they offered (RFC 5246 appendix E.2): a length with
/// its highest bit set, the hello's type, a version, then lengths that add up.
fn ssl_2_hello(bytes: &[u8]) -> Verdict {
    const FIELDS_BYTES: usize = 9;
    let matches = |at: usize, allowed: &dyn Fn(u8) -> bool| bytes.get(at).is_none_or(|byte| allowed(*byte));
    // None is longer than 255 bytes: they offered two dozen ciphers of three bytes each.
    let possible = matches(0, &|flag| flag == 0x80)
        && matches(2, &|kind| kind == Kind::ClientHello as u8)
        && matches(3, &|major| matches!(major, 0 | 3))
        && matches(4, &|minor| minor <= 3);
    let Some((header, lengths)) = bytes.split_first_chunk::<5>().filter(|_| possible) else {
        return if possible { Verdict::Unsure } else { Verdict::NotMine };
    };
    let Some(lengths) = lengths.first_chunk::<6>() else { return Verdict::Unsure };
    let [ciphers, session, challenge] =
        [0, 2, 4].map(|at| usize::from(u16::from_be_bytes([lengths[at], lengths[at + 1]])));
    let adds_up = FIELDS_BYTES + ciphers + session + challenge == usize::from(header[1]);
    let sane = ciphers > 0 && ciphers % 3 == 0 && matches!(session, 0 | 16) && (16..=32).contains(&challenge);
    if adds_up && sane { Verdict::Certain } else { Verdict::NotMine }
}

#[cfg(test)]
mod tests {
    use super::super::hello;
    use super::super::tests::message;
    use super::*;

    #[test]
    fn a_probe_is_certain_with_six_bytes() {
        let client = message(Kind::ClientHello, &hello::tests::client_hello("a"));
        assert_eq!(probe(Side::Client, &client[..5]), Verdict::Unsure);
        assert_eq!(probe(Side::Client, &client[..6]), Verdict::Certain);
        assert_eq!(probe(Side::Server, &client), Verdict::NotMine);
        assert_eq!(probe(Side::Client, b"GET /"), Verdict::NotMine);
    }

    #[test]
    fn an_ssl_2_hello_is_one_whose_lengths_add_up() {
        let hello = [&[0x80, 9 + 6 + 16, 1, 3, 1, 0, 6, 0, 0, 0, 16][..], &[7; 22]].concat();
        assert_eq!(probe(Side::Client, &hello), Verdict::Certain);
        assert_eq!(probe(Side::Client, &hello[..10]), Verdict::Unsure);
        assert_eq!(probe(Side::Server, &hello), Verdict::NotMine);
        for at in 0..11 {
            let mut odd = hello.clone();
            odd[at] = odd[at].wrapping_add(4);
            assert_eq!(probe(Side::Client, &odd), Verdict::NotMine, "byte {at}");
        }
    }
}
