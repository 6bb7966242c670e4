//! What came of a check, in two bytes: statistics of ten thousand websites count it.

use std::borrow::Cow;

use crate::{Failure, Measurement, measure::KINDS};

/// A status that is as it should be, `ok` where there is none to be had, a status that is not, or a kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome(u16);

/// A check that ends with no status, such as of a TCP connection, and is up.
const OK: u16 = 1_000;
/// The first kind of failure.
const KIND: u16 = 1_001;
/// A status that counts as down is so much more.
const BAD: u16 = 2_000;
const OTHER: &str = "other";

impl Outcome {
    /// Of a status and a kind of failure, as a result has them.
    ///
    /// ```
    /// use wirereel_checks::stats::Outcome;
    /// let texts = [(Some(200), None), (None, None), (Some(503), Some("status")), (Some(200), Some("body_lacks")), (None, Some("timeout"))];
    /// let names = texts.map(|(status, failure)| Outcome::new(status, failure).name().into_owned());
    /// assert_eq!(names, ["200", "ok", "503", "body_lacks", "timeout"]);
    /// ```
    pub fn new(status: Option<u16>, failure: Option<&str>) -> Self {
        let status = status.filter(|status| (1..OK).contains(status));
        Self(match (failure, status) {
            (None, Some(status)) => status,
            (None, None) => OK,
            (Some("status"), Some(status)) => BAD + status,
            (Some(kind), _) => KIND + KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len()) as u16,
        })
    }

    pub(crate) fn of(measured: &Measurement) -> Self {
        Self::new(measured.status, measured.failure.as_ref().map(Failure::kind))
    }

    /// From what [`Outcome::name`] gives.
    pub fn named(name: &str, is_failure: bool) -> Self {
        match (name.parse().ok(), name, is_failure) {
            (Some(status), _, true) => Self::new(Some(status), Some("status")),
            (Some(status), _, false) => Self::new(Some(status), None),
            (None, "ok", false) => Self(OK),
            (None, kind, _) => Self::new(None, Some(kind)),
        }
    }

    /// A status, `ok`, or a kind of failure.
    pub fn name(self) -> Cow<'static, str> {
        match self.0 {
            OK => "ok".into(),
            status @ 1..OK => status.to_string().into(),
            bad if bad > BAD => (bad - BAD).to_string().into(),
            kind => (*KINDS.get(usize::from(kind - KIND)).unwrap_or(&OTHER)).into(),
        }
    }

    /// Whether it counts as down.
    pub fn is_failure(self) -> bool {
        self.0 > OK
    }

    /// For the ring: not zero, and below 2^12.
    pub(super) fn code(self) -> u16 {
        self.0
    }

    pub(super) fn of_code(code: u16) -> Option<Self> {
        (code != 0).then_some(Self(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_found_again_by_its_name_and_fits_the_ring() {
        let kinds = KINDS.iter().map(|kind| Outcome::new(None, Some(kind)));
        let some = [(Some(200), None), (None, None), (Some(999), Some("status")), (Some(404), None)];
        for outcome in some.map(|(status, failure)| Outcome::new(status, failure)).into_iter().chain(kinds) {
            assert_eq!(Outcome::named(&outcome.name(), outcome.is_failure()), outcome);
            assert!(outcome.code() > 0 && outcome.code() < 1 << 12);
            assert_eq!(Outcome::of_code(outcome.code()), Some(outcome));
        }
        assert_eq!(Outcome::new(None, Some("no such kind")).name(), "other");
    }
}
