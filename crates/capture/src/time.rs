//! Timestamps of any resolution to nanoseconds since 1970-01-01 UTC.

/// What one tick of a timestamp is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// A tick is this many nanoseconds.
    Nanoseconds(u64),
    /// A nanosecond is this many ticks.
    TicksPerNanosecond(u64),
    /// A tick is 2^-n seconds.
    Binary(u8),
}

impl Resolution {
    pub(crate) const MICROSECONDS: Self = Self::Nanoseconds(1_000);
    pub(crate) const NANOSECONDS: Self = Self::Nanoseconds(1);

    /// The value of pcapng option `if_tsresol`: highest bit clear, a negative power of ten; set, of two.
    ///
    /// Source: draft-ietf-opsawg-pcapng §4.2. Ticks finer than 10^-28 s make every 64-bit time less than a nanosecond.
    pub(crate) fn from_option(value: u8) -> Self {
        let power = u32::from(value & 0x7f);
        if value & 0x80 != 0 {
            Self::Binary(value & 0x7f)
        } else if power <= 9 {
            Self::Nanoseconds(10u64.pow(9 - power))
        } else {
            Self::TicksPerNanosecond(10u64.checked_pow(power - 9).unwrap_or(u64::MAX))
        }
    }

    /// Ticks and an offset in seconds as nanoseconds; beyond the years 1677 to 2262 it stays at the end of the range.
    #[inline]
    pub(crate) fn nanoseconds(self, ticks: u64, offset_s: i64) -> i64 {
        let ns = match self {
            Self::Nanoseconds(each) => ticks.saturating_mul(each),
            Self::TicksPerNanosecond(ticks_per_ns) => ticks / ticks_per_ns,
            Self::Binary(power) => {
                let ns = (u128::from(ticks) * 1_000_000_000) >> power;
                u64::try_from(ns).unwrap_or(u64::MAX)
            }
        };
        let ns = i64::try_from(ns).unwrap_or(i64::MAX);
        if offset_s == 0 { ns } else { ns.saturating_add(offset_s.saturating_mul(1_000_000_000)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Resolution;

    #[test]
    fn powers_of_ten_coarser_and_finer_than_a_nanosecond() {
        assert_eq!(Resolution::from_option(6).nanoseconds(1_500_000, 0), 1_500_000_000);
        assert_eq!(Resolution::from_option(9).nanoseconds(42, 0), 42);
        assert_eq!(Resolution::from_option(12).nanoseconds(42_999, 0), 42);
        assert_eq!(Resolution::from_option(0).nanoseconds(3, 0), 3_000_000_000);
        assert_eq!(Resolution::from_option(127).nanoseconds(u64::MAX, 0), 1);
    }

    #[test]
    fn powers_of_two_keep_their_fraction() {
        assert_eq!(Resolution::from_option(0x80 | 10).nanoseconds(1536, 0), 1_500_000_000);
        assert_eq!(Resolution::from_option(0x80 | 32).nanoseconds(1 << 31, 0), 500_000_000);
        assert_eq!(Resolution::from_option(0xff).nanoseconds(u64::MAX, 0), 0);
    }

    #[test]
    fn an_offset_is_added_and_nothing_wraps_around() {
        assert_eq!(Resolution::MICROSECONDS.nanoseconds(5, -1), 5_000 - 1_000_000_000);
        assert_eq!(Resolution::MICROSECONDS.nanoseconds(u64::MAX, 1), i64::MAX);
        assert_eq!(Resolution::MICROSECONDS.nanoseconds(0, i64::MIN), i64::MIN);
    }
}
