//! BSD loopback: a four-byte address family, in the capturing host's byte order (NULL) or network order (LOOP).

use super::Opened;
use crate::wire::{Malformed, Wire, be32};

/// Opens a NULL or LOOP frame. Files travel between machines, so either byte order is accepted for both.
pub(super) fn loopback(frame: Wire<'_>) -> Result<Opened<'_>, Malformed> {
    let (header, payload) = frame.header::<4>("loopback")?;
    let family = be32(header, 0);
    // A family is a small number: read the wrong way round, it has its low half empty.
    let family = if family & 0xffff == 0 { family.swap_bytes() } else { family };
    match family {
        // AF_INET everywhere; AF_INET6 on Linux, NetBSD/OpenBSD, FreeBSD, macOS.
        2 | 10 | 24 | 28 | 30 => Ok(Opened::Ip(payload)),
        _ => Ok(Opened::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_byte_order_is_read() {
        for header in [[2, 0, 0, 0], [0, 0, 0, 2], [30, 0, 0, 0], [0, 0, 0, 28]] {
            let frame = [&header[..], &[0x45]].concat();
            assert_eq!(loopback(Wire::whole(&frame)), Ok(Opened::Ip(Wire::whole(&[0x45]))));
        }
        assert_eq!(loopback(Wire::whole(&[7, 0, 0, 0, 1])), Ok(Opened::NotIp));
    }
}
