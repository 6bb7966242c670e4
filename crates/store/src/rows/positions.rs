//! Ascending file positions as delta varints (LEB128): packets of a flow are near each other, so most take two bytes.

/// Encodes ascending positions.
pub(crate) fn encode(positions: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(positions.len() * 3);
    let mut last = 0;
    for &position in positions {
        let mut delta = position.wrapping_sub(last);
        last = position;
        loop {
            let low = (delta & 0x7f) as u8;
            delta >>= 7;
            if delta == 0 {
                bytes.push(low);
                break;
            }
            bytes.push(low | 0x80);
        }
    }
    bytes
}

/// Appends the decoded positions to `positions`. A cut-off number at the end is left out.
pub(crate) fn decode_into(bytes: &[u8], positions: &mut Vec<u64>) {
    let (mut last, mut delta, mut shift) = (0_u64, 0_u64, 0_u32);
    for &byte in bytes {
        delta |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            last = last.wrapping_add(delta);
            positions.push(last);
            (delta, shift) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_the_round_trip() {
        let cases: [&[u64]; 4] = [&[], &[24], &[0, 1, 127, 128, 16_384, u64::MAX], &[5, 5, 9]];
        for positions in cases {
            let mut decoded = Vec::new();
            decode_into(&encode(positions), &mut decoded);
            assert_eq!(decoded, positions);
        }
    }

    #[test]
    fn a_typical_step_takes_two_bytes() {
        let positions: Vec<u64> = (0..100).map(|n| 24 + n * 1_500).collect();
        assert_eq!(encode(&positions).len(), 1 + 99 * 2);
    }
}
