//! Where an instant is on a time axis.

use wirereel_query::question::TimeRange;

/// A range over the width from `left` to `right`.
pub(super) struct Axis {
    pub(super) range: TimeRange,
    pub(super) left: i32,
    pub(super) right: i32,
}

impl Axis {
    pub(super) fn x(&self, us: i64) -> i32 {
        let length = (self.range.to_us - self.range.from_us).max(1) as f64;
        self.left + ((us - self.range.from_us) as f64 / length * f64::from(self.right - self.left)) as i32
    }

    /// A span inside the picture, at least a unit wide.
    pub(super) fn span(&self, range: TimeRange) -> (i32, i32) {
        let (from, to) = (self.x(range.from_us).max(self.left), self.x(range.to_us).min(self.right));
        (from, to.max(from + 1))
    }
}
