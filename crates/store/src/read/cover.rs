//! Covers a span of time with the fewest roll-up buckets: whole minutes, then tens, then seconds, and rows at the ends.
//!
//! So a figure over any span is exact, and costs a few thousand roll-up rows and less than two seconds of events.

use crate::schema::{COUNTERS, WIDTHS_S};

const SECOND_NS: i64 = 1_000_000_000;

/// A part of a span and where its figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Buckets that begin in `from_s <= bucket < to_s`.
    Rollup { width_s: i64, from_s: i64, to_s: i64 },
    /// Events with `from_ns <= at < to_ns`.
    Rows { from_ns: i64, to_ns: i64 },
}

/// The cover of one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    pieces: Vec<Piece>,
}

impl Cover {
    /// Covers `from_ns <= t < to_ns`.
    pub(super) fn of(from_ns: i64, to_ns: i64) -> Self {
        let mut pieces = Vec::new();
        split(from_ns, to_ns, &WIDTHS_S, &mut pieces);
        Self { pieces }
    }

    /// A query for `client_id, server_id, at_ns` (the middle of a bucket) and the counters.
    pub(super) fn counters(&self) -> String {
        let counters = COUNTERS.join(", ");
        self.union(
            &format!(
                "SELECT 0 AS client_id, 0 AS server_id, 0::BIGINT AS at_ns, {}",
                COUNTERS.map(|name| format!("0 AS {name}")).join(", ")
            ),
            |width_s| {
                format!(
                    "SELECT client_id, server_id, {} AS at_ns, {counters} FROM raw.rollup_{width_s}s",
                    middle_ns(width_s)
                )
            },
            &format!("SELECT client_id, server_id, epoch_ns(happened_at) AS at_ns, {counters} FROM raw.facts"),
        )
    }

    /// A query for `client_id, server_id, class, n`.
    pub(super) fn latency(&self) -> String {
        self.union(
            "SELECT 0 AS client_id, 0 AS server_id, 0::USMALLINT AS class, 0::BIGINT AS n",
            |width_s| format!("SELECT client_id, server_id, class, n FROM raw.latency_{width_s}s"),
            "SELECT client_id, server_id, latency_class AS class, (latency_class IS NOT NULL)::BIGINT AS n FROM raw.facts",
        )
    }

    fn union(&self, empty: &str, rollup: impl Fn(i64) -> String, rows: &str) -> String {
        let pieces = self.pieces.iter().map(|piece| match *piece {
            Piece::Rollup { width_s, from_s, to_s } => {
                format!("{} WHERE bucket_s >= {from_s} AND bucket_s < {to_s}", rollup(width_s))
            }
            Piece::Rows { from_ns, to_ns } => {
                format!("{rows} WHERE happened_at >= make_timestamp_ns({from_ns}) AND happened_at < make_timestamp_ns({to_ns})")
            }
        });
        let pieces: Vec<String> = pieces.collect();
        if pieces.is_empty() { format!("{empty} WHERE false") } else { pieces.join(" UNION ALL ") }
    }
}

fn middle_ns(width_s: i64) -> String {
    format!("bucket_s * {SECOND_NS} + {}", width_s * SECOND_NS / 2)
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

    #[test]
    fn a_span_is_minutes_in_the_middle_and_rows_at_the_ends() {
        let second = SECOND_NS;
        let cover = Cover::of(58 * second + 1, 200 * second + 7);
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
    fn a_span_inside_a_second_is_rows_and_an_empty_one_is_nothing() {
        assert_eq!(Cover::of(5, 9).pieces, [Piece::Rows { from_ns: 5, to_ns: 9 }]);
        assert!(Cover::of(9, 9).pieces.is_empty());
    }

    #[test]
    fn aligned_spans_need_no_rows() {
        let cover = Cover::of(0, 3_600 * SECOND_NS);
        assert_eq!(cover.pieces, [Piece::Rollup { width_s: 60, from_s: 0, to_s: 3_600 }]);
    }
}
