//! The part of a packet that a layer may look at, and how much of it was not captured.

use crate::record::Stage;

/// What is left of a packet on the wire: the captured bytes, then `cut` bytes that the snap length took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wire<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) cut: usize,
}

/// A header that cannot be what it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("{layer} header needs {needed} bytes, {found} were captured")]
    Short { layer: &'static str, needed: usize, found: usize },
    #[error("{layer} {field} cannot be {value}")]
    Field { layer: &'static str, field: &'static str, value: usize },
    #[error("{layer} fragments disagree about the bytes from {at} on")]
    Fragments { layer: &'static str, at: usize },
}

impl Malformed {
    /// The room that reads this layer.
    pub(crate) fn stage(self) -> Stage {
        let (Self::Short { layer, .. } | Self::Field { layer, .. } | Self::Fragments { layer, .. }) = self;
        match layer {
            "IPv4" | "IPv6" | "IP" => Stage::Network,
            "TCP" | "UDP" | "ICMP" => Stage::Transport,
            _ => Stage::Link,
        }
    }
}

impl<'a> Wire<'a> {
    /// Bytes all of which were captured.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, cut: 0 }
    }

    /// A captured packet of `wire_len` bytes on the wire.
    pub(crate) fn captured(bytes: &'a [u8], wire_len: usize) -> Self {
        Self { bytes, cut: wire_len.saturating_sub(bytes.len()) }
    }

    /// Length on the wire.
    pub(crate) fn len(self) -> usize {
        self.bytes.len() + self.cut
    }

    /// The first `N` bytes and what follows them.
    pub(crate) fn header<const N: usize>(self, layer: &'static str) -> Result<(&'a [u8; N], Self), Malformed> {
        match self.bytes.split_first_chunk::<N>() {
            Some((header, rest)) => Ok((header, Self { bytes: rest, cut: self.cut })),
            None => Err(Malformed::Short { layer, needed: N, found: self.bytes.len() }),
        }
    }

    /// What follows the first `n` bytes on the wire; empty when they are not all there.
    pub(crate) fn after(self, n: usize) -> Self {
        match self.bytes.get(n..) {
            Some(rest) => Self { bytes: rest, cut: self.cut },
            None => Self { bytes: &[], cut: self.len().saturating_sub(n) },
        }
    }

    /// At most the first `n` bytes on the wire: what a length field allows, without padding behind it.
    pub(crate) fn first(self, n: usize) -> Self {
        let bytes = &self.bytes[..self.bytes.len().min(n)];
        Self { bytes, cut: self.len().min(n) - bytes.len() }
    }

    /// The same bytes on a wire that carried `n` in all, when a length field says that more were sent than arrived here.
    pub(crate) fn claimed(self, n: usize) -> Self {
        let first = self.first(n);
        Self { bytes: first.bytes, cut: n.saturating_sub(first.bytes.len()) }
    }
}

/// Two bytes in network order at `at`; the caller has checked that they are there.
pub(crate) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Four bytes in network order at `at`; the caller has checked that they are there.
pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_field_drops_padding_and_keeps_what_was_cut() {
        let wire = Wire::captured(&[1, 2, 3, 4], 10);
        assert_eq!(wire.first(3), Wire { bytes: &[1, 2, 3], cut: 0 });
        assert_eq!(wire.first(6), Wire { bytes: &[1, 2, 3, 4], cut: 2 });
        assert_eq!(wire.first(20), Wire { bytes: &[1, 2, 3, 4], cut: 6 });
        assert_eq!(wire.claimed(20), Wire { bytes: &[1, 2, 3, 4], cut: 16 });
    }

    #[test]
    fn skipping_past_the_captured_part_leaves_only_uncaptured_bytes() {
        let wire = Wire::captured(&[1, 2, 3, 4], 10);
        assert_eq!(wire.after(2), Wire { bytes: &[3, 4], cut: 6 });
        assert_eq!(wire.after(7), Wire { bytes: &[], cut: 3 });
        assert_eq!(wire.after(30), Wire { bytes: &[], cut: 0 });
    }
}
