//! Which figures of a snapshot become rows: those that changed, and all of them once a minute, so that an instant's state is found in the
//! minute before it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{FINDINGS, FULL_EVERY_US, Snapshot};

/// Snapshots that wait while the recording is busy.
const WAITING: usize = 120;
/// This one is written each time: it says that the moment was looked at.
const ALWAYS: (&str, &str) = ("process", "cpu");
/// Figures that whisperers' statuses have become already.
const WRITTEN_ELSEWHERE: &str = "whisperer:";

/// A row: wall-clock time in nanoseconds, component, metric, value.
pub(crate) type Row = (i64, String, String, f64);

/// What was written last.
#[derive(Debug, Default)]
pub(crate) struct Written {
    last: HashMap<(String, String), f64>,
    full_us: Option<i64>,
}

impl Written {
    /// The rows that a snapshot becomes. What is not measured any more becomes not a number, what is not wrong any more zero.
    pub(crate) fn rows(&mut self, snapshot: &Snapshot) -> Vec<Row> {
        let full = self.full_us.is_none_or(|full_us| !(0..FULL_EVERY_US).contains(&(snapshot.at_us - full_us)));
        if full {
            self.full_us = Some(snapshot.at_us);
        }
        let at_ns = snapshot.at_us.saturating_mul(1_000);
        let mut rows = Vec::new();
        let mut gone = std::mem::take(&mut self.last);
        for figure in snapshot.figures().iter().filter(|figure| !figure.component.starts_with(WRITTEN_ELSEWHERE)) {
            let key = (figure.component.to_string(), figure.metric.to_string());
            let before = gone.remove(&key);
            if full || before != Some(figure.value) || (key.0 == ALWAYS.0 && key.1 == ALWAYS.1) {
                rows.push((at_ns, key.0.clone(), key.1.clone(), figure.value));
            }
            self.last.insert(key, figure.value);
        }
        for (component, metric) in gone.into_keys() {
            let value = if component == FINDINGS { 0.0 } else { f64::NAN };
            rows.push((at_ns, component, metric, value));
        }
        rows
    }
}

/// Rows that wait for the writer: a queue as any other, bounded and counted.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    waiting: VecDeque<Arc<Vec<Row>>>,
    pub(crate) dropped: u64,
}

impl Unwritten {
    pub(crate) const CAPACITY: usize = WAITING;

    pub(crate) fn push(&mut self, rows: Vec<Row>) {
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(Arc::new(rows));
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Hands rows on in order until they are refused.
    pub(crate) fn hand_on(&mut self, mut take: impl FnMut(Arc<Vec<Row>>) -> bool) {
        while let Some(rows) = self.waiting.front() {
            if !take(Arc::clone(rows)) {
                return;
            }
            self.waiting.pop_front();
        }
    }

    /// Nobody takes them any more.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::snapshot::figure;

    fn names(rows: &[Row]) -> Vec<(&str, f64)> {
        let mut names: Vec<(&str, f64)> = rows.iter().map(|row| (row.2.as_str(), row.3)).collect();
        names.sort_by(|a, b| a.0.cmp(b.0));
        names
    }

    #[test]
    fn what_stays_the_same_is_written_once_a_minute_and_what_is_gone_is_said_to_be() {
        let mut written = Written::default();
        let snapshot = |at_us, depth, open: bool| {
            let mut figures = vec![
                figure("process", "cpu", 0.1),
                figure("queue:rows", "depth", depth),
                figure("queue:rows", "capacity", 4.0),
                figure("whisperer:local", "breaker", 0.0),
            ];
            if open {
                figures.push(figure("health", "lag", 1.0));
            }
            Snapshot::new(at_us, figures)
        };
        let first = written.rows(&snapshot(0, 1.0, true));
        assert_eq!(names(&first), [("capacity", 4.0), ("cpu", 0.1), ("depth", 1.0), ("lag", 1.0)]);
        assert_eq!(names(&written.rows(&snapshot(1_000_000, 1.0, true))), [("cpu", 0.1)]);
        assert_eq!(
            names(&written.rows(&snapshot(2_000_000, 2.0, false))),
            [("cpu", 0.1), ("depth", 2.0), ("lag", 0.0)]
        );
        assert_eq!(written.rows(&snapshot(60_000_000, 2.0, false)).len(), 3, "all of them");
        let rows = written.rows(&Snapshot::new(61_000_000, vec![figure("process", "cpu", 0.1)]));
        assert!(rows.iter().any(|row| row.2 == "depth" && row.3.is_nan()), "{rows:?}");
    }

    #[test]
    fn rows_wait_in_order_and_the_oldest_make_room() {
        let mut unwritten = Unwritten::default();
        for n in 0..WAITING as i64 + 2 {
            unwritten.push(vec![(n, String::new(), String::new(), 0.0)]);
        }
        assert_eq!((unwritten.len(), unwritten.dropped), (WAITING, 2));
        let mut taken = Vec::new();
        unwritten.hand_on(|rows| {
            let takes = taken.len() < 2;
            if takes {
                taken.push(rows[0].0);
            }
            takes
        });
        assert_eq!((taken, unwritten.len()), (vec![2, 3], WAITING - 2));
    }
}
