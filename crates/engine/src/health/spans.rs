//! When something was wrong, from rows: one when it began, one each minute while it lasted, and one when it was over.

use std::collections::BTreeMap;

use wirereel_store::StoredFigure;

use super::COUNTS_FOR_US;

/// A time in which something was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) id: String,
    pub(crate) from_us: i64,
    /// `None` where it was still so at the end of the rows.
    pub(crate) to_us: Option<i64>,
}

/// Rows in order of time, up to an instant. A workbench that ended while something was wrong said it last within the minute before.
pub(crate) fn spans(rows: &[StoredFigure], until_us: i64) -> Vec<Span> {
    let mut open: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    let mut spans = Vec::new();
    let mut end = |id: &str, from_us, to_us| spans.push(Span { id: id.to_owned(), from_us, to_us });
    for row in rows {
        let is_wrong = row.value >= 0.5;
        match open.get_mut(row.metric.as_str()) {
            Some((from_us, last_us)) if row.at_us - *last_us > COUNTS_FOR_US => {
                end(&row.metric, *from_us, Some(*last_us));
                open.remove(row.metric.as_str());
                if is_wrong {
                    open.insert(&row.metric, (row.at_us, row.at_us));
                }
            }
            Some((_, last_us)) if is_wrong => *last_us = row.at_us,
            Some((from_us, _)) => {
                end(&row.metric, *from_us, Some(row.at_us));
                open.remove(row.metric.as_str());
            }
            None if is_wrong => drop(open.insert(&row.metric, (row.at_us, row.at_us))),
            None => {}
        }
    }
    for (id, (from_us, last_us)) in open {
        end(id, from_us, (until_us - last_us > COUNTS_FOR_US).then_some(last_us));
    }
    spans.sort_by_key(|span| span.from_us);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_lasts_from_its_first_row_to_the_one_that_says_it_is_over() {
        let row = |second: i64, metric: &str, value| StoredFigure {
            at_us: second * 1_000_000,
            component: "health".into(),
            metric: metric.into(),
            value,
        };
        let rows = [
            row(10, "lag", 1.0),
            row(20, "space", 1.0),
            row(60, "lag", 1.0),
            row(65, "lag", 0.0),
            row(80, "space", 1.0),
            // The workbench ended here, and another one began.
            row(900, "space", 1.0),
        ];
        let span = |id: &str, from: i64, to: Option<i64>| Span {
            id: id.into(),
            from_us: from * 1_000_000,
            to_us: to.map(|to| to * 1_000_000),
        };
        let found = spans(&rows, 910_000_000);
        assert_eq!(found, [span("lag", 10, Some(65)), span("space", 20, Some(80)), span("space", 900, None)]);
        assert_eq!(spans(&rows, 2_000_000_000)[2].to_us, Some(900_000_000), "nobody said it any more");
    }
}
