//! Covers a span of time with the fewest roll-up buckets: whole minutes, then tens, then seconds, and rows at the ends.
//!
//! So a figure over any span is exact, and costs a few thousand roll-up rows and less than two of the finest stored buckets of events.

use super::graph::Graph;
use crate::{
    rows::ENDINGS,
    schema::{COUNTERS, WIDTHS_S},
};

const SECOND_NS: i64 = 1_000_000_000;
/// Buckets that a part of a trend is made of at least: a bucket that lies across a border is counted on one side of it.
const BUCKETS_PER_PART: i64 = 4;

/// A part of a span and where its figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Buckets that begin in `from_s <= bucket < to_s`.
    Rollup { width_s: i64, from_s: i64, to_s: i64 },
    /// Events with `from_ns <= at < to_ns`; both are whole microseconds, as questions are.
    Rows { from_ns: i64, to_ns: i64 },
}

/// The cover of one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    pieces: Vec<Piece>,
}

impl Cover {
    /// Covers `from_ns <= t < to_ns` of a recording; `None` when nothing is recorded. An end beyond the recording moves to a whole minute,
    /// where nothing lies between.
    pub(super) fn of(from_ns: i64, to_ns: i64, graph: &Graph) -> Option<Self> {
        Some(Self::with_widths(from_ns, to_ns, graph.extent_ns()?, &graph.widths_s))
    }

    /// As [`Cover::of`] with buckets narrow enough to be told apart by parts of some width.
    pub(super) fn for_parts(from_ns: i64, to_ns: i64, graph: &Graph, part_ns: i64) -> Option<Self> {
        Some(Self::with_widths(from_ns, to_ns, graph.extent_ns()?, fitting(&graph.widths_s, part_ns)))
    }

    fn with_widths(from_ns: i64, to_ns: i64, (first_ns, last_ns): (i64, i64), widths_s: &[i64]) -> Self {
        let minute_ns = WIDTHS_S[WIDTHS_S.len() - 1] * SECOND_NS;
        let from_ns = if from_ns <= first_ns { first_ns.div_euclid(minute_ns) * minute_ns } else { from_ns };
        let to_ns = if to_ns > last_ns { (last_ns.div_euclid(minute_ns) + 1) * minute_ns } else { to_ns };
        let mut pieces = Vec::new();
        split(from_ns, to_ns, widths_s, &mut pieces);
        Self { pieces }
    }

    /// The queries that give a figure: over buckets by service, over rows by peer, as far as the cover has them. Rows are
    /// not joined with names here: there are few, and planning the joins costs more than reading them.
    pub(super) fn queries(&self, figure: Figure) -> impl Iterator<Item = (By, String)> {
        let (mut buckets, mut rows) = (Vec::new(), Vec::new());
        for piece in &self.pieces {
            match *piece {
                Piece::Rollup { width_s, from_s, to_s } => {
                    let source = figure.of_buckets(width_s);
                    buckets.push(format!(
                        "SELECT client_id, server_id, {source} WHERE bucket_s >= {from_s} AND bucket_s < {to_s}"
                    ));
                }
                Piece::Rows { from_ns, to_ns } => {
                    let (from_us, to_us) = (from_ns.div_euclid(1_000), to_ns.div_euclid(1_000));
                    for (source, time) in figure.of_rows() {
                        rows.push(format!(
                            "SELECT client_peer, server_peer, {source} WHERE {time} >= {from_us} AND {time} < {to_us}"
                        ));
                    }
                }
            }
        }
        let pieces = [(By::Service, buckets), (By::Peer, rows)].into_iter();
        pieces.filter(|(_, pieces)| !pieces.is_empty()).map(|(by, pieces)| (by, pieces.join(" UNION ALL ")))
    }
}

/// The widths that are narrow enough for parts of some width. Where seconds are not stored and the narrowest width is no wider than a part,
/// it serves: the alternative is to read every event of a long range.
fn fitting(widths_s: &[i64], part_ns: i64) -> &[i64] {
    let fit = widths_s.iter().take_while(|width_s| **width_s * SECOND_NS * BUCKETS_PER_PART <= part_ns).count();
    let serves = widths_s.first().is_some_and(|width_s| *width_s > WIDTHS_S[0] && *width_s * SECOND_NS <= part_ns);
    &widths_s[..fit.max(usize::from(serves))]
}

/// What is asked of a cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    /// `at_ns` (the middle of a bucket) and the counters.
    Counters,
    /// `class` and `n` of exchanges with a response.
    Latency,
    /// `open_delta`.
    OpenConnections,
}

/// Whose numbers the two ends of an edge are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Service,
    Peer,
}

impl By {
    /// The columns of an edge's ends.
    pub(super) fn ends(self) -> &'static str {
        match self {
            Self::Service => "client_id, server_id",
            Self::Peer => "client_peer, server_peer",
        }
    }
}

impl Figure {
    fn of_buckets(self, width_s: i64) -> String {
        match self {
            Self::Counters => {
                let middle_ns = width_s * SECOND_NS / 2;
                format!(
                    "bucket_s * {SECOND_NS} + {middle_ns} AS at_ns, {} FROM raw.rollup_{width_s}s",
                    COUNTERS.join(", ")
                )
            }
            Self::Latency => format!("class, n FROM raw.latency_{width_s}s"),
            Self::OpenConnections => format!("open_delta FROM raw.rollup_{width_s}s"),
        }
    }

    /// Columns and table, and the column of its time.
    fn of_rows(self) -> Vec<(String, &'static str)> {
        match self {
            Self::Counters => {
                let counters = COUNTERS.join(", ");
                vec![(format!("happened_us * 1000 AS at_ns, {counters} FROM raw.peer_facts"), "happened_us")]
            }
            Self::Latency => {
                let source = "latency_class AS class, 1::BIGINT AS n FROM \
                              (SELECT * FROM raw.timed_exchanges WHERE raw.has_status(outcome))";
                vec![(source.into(), "started_us")]
            }
            Self::OpenConnections => vec![
                ("1 AS open_delta FROM raw.openings".into(), "established_us"),
                (format!("{} AS open_delta FROM raw.endings", ending_delta()), "happened_us"),
            ],
        }
    }
}

/// What an event that is no step of a handshake does to the number of open connections.
fn ending_delta() -> String {
    let changes: Vec<String> = ENDINGS
        .iter()
        .enumerate()
        .map(|(code, name)| match *name {
            "resume" => format!("WHEN {code} THEN 1"),
            "close" | "reset" | "idle" => format!("WHEN {code} THEN -1"),
            _ => format!("WHEN {code} THEN 0"),
        })
        .collect();
    format!("(CASE kind {} END)::INTEGER", changes.join(" "))
}

fn split(from_ns: i64, to_ns: i64, widths_s: &[i64], pieces: &mut Vec<Piece>) {
    if from_ns >= to_ns {
        return;
    }
    let Some((&width_s, finer)) = widths_s.split_last() else {
        pieces.push(Piece::Rows { from_ns, to_ns });
        return;
    };
    let width_ns = width_s * SECOND_NS;
    let first = -(-from_ns).div_euclid(width_ns);
    let last = to_ns.div_euclid(width_ns);
    if first >= last {
        split(from_ns, to_ns, finer, pieces);
        return;
    }
    split(from_ns, first * width_ns, finer, pieces);
    pieces.push(Piece::Rollup { width_s, from_s: first * width_s, to_s: last * width_s });
    split(last * width_ns, to_ns, finer, pieces);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recording that holds every span asked for here.
    const LONG: (i64, i64) = (-1_000 * SECOND_NS, 10_000 * SECOND_NS);

    #[test]
    fn parts_of_ten_seconds_are_made_of_seconds() {
        let cover = Cover::with_widths(0, 240 * SECOND_NS, LONG, fitting(&WIDTHS_S, 10 * SECOND_NS));
        assert_eq!(cover.pieces, [Piece::Rollup { width_s: 1, from_s: 0, to_s: 240 }]);
        let fine = Cover::with_widths(0, SECOND_NS, LONG, fitting(&WIDTHS_S, SECOND_NS / 24));
        assert_eq!(fine.pieces, [Piece::Rows { from_ns: 0, to_ns: SECOND_NS }]);
        assert_eq!(fitting(&[60], 150 * SECOND_NS), [60], "two and a half minutes, where only minutes are stored");
        assert!(fitting(&[60], 59 * SECOND_NS).is_empty());
    }

    #[test]
    fn a_span_is_minutes_in_the_middle_and_rows_at_the_ends() {
        let second = SECOND_NS;
        let cover = Cover::with_widths(58 * second + 1, 200 * second + 7, LONG, &WIDTHS_S);
        assert_eq!(
            cover.pieces,
            [
                Piece::Rows { from_ns: 58 * second + 1, to_ns: 59 * second },
                Piece::Rollup { width_s: 1, from_s: 59, to_s: 60 },
                Piece::Rollup { width_s: 60, from_s: 60, to_s: 180 },
                Piece::Rollup { width_s: 10, from_s: 180, to_s: 200 },
                Piece::Rows { from_ns: 200 * second, to_ns: 200 * second + 7 },
            ]
        );
    }

    #[test]
    fn where_only_minutes_are_stored_the_ends_are_rows() {
        let cover = Cover::with_widths(58 * SECOND_NS, 200 * SECOND_NS, LONG, &[60]);
        assert_eq!(
            cover.pieces,
            [
                Piece::Rows { from_ns: 58 * SECOND_NS, to_ns: 60 * SECOND_NS },
                Piece::Rollup { width_s: 60, from_s: 60, to_s: 180 },
                Piece::Rows { from_ns: 180 * SECOND_NS, to_ns: 200 * SECOND_NS },
            ]
        );
    }

    #[test]
    fn a_span_inside_a_second_is_rows_and_an_empty_one_is_nothing() {
        assert_eq!(Cover::with_widths(5, 9, LONG, &WIDTHS_S).pieces, [Piece::Rows { from_ns: 5, to_ns: 9 }]);
        assert!(Cover::with_widths(9, 9, LONG, &WIDTHS_S).pieces.is_empty());
    }

    #[test]
    fn the_whole_recording_needs_no_rows() {
        let recording = (61 * SECOND_NS + 5, 3_599 * SECOND_NS + 5);
        let cover = Cover::with_widths(recording.0, recording.1 + 1, recording, &WIDTHS_S);
        assert_eq!(cover.pieces, [Piece::Rollup { width_s: 60, from_s: 60, to_s: 3_600 }]);
    }
}
