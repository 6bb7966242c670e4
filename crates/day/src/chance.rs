//! Chance that is the same at every run.

/// A xorshift64* generator (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// `0 <= x < 1`.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `0 <= n < below`; 0 for 0.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        (self.share() * below as f64) as usize
    }

    /// True in this share of cases.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// Exponentially distributed.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// Log-normally distributed around a median.
    pub(crate) fn around(&mut self, median: f64, spread: f64) -> f64 {
        let angle = std::f64::consts::TAU * self.share();
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        median * (spread * radius * angle.cos()).exp()
    }

    /// 1 and above, geometrically distributed.
    pub(crate) fn count(&mut self, mean: f64) -> u32 {
        1 + self.exponential(mean - 0.5).round().min(1e6) as u32
    }
}
