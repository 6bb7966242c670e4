//! What goes along with the next commit: figures and how far sources reach come several times a second in a few rows each, and every append
//! costs as much as a small question.

use std::{collections::BTreeMap, sync::Arc};

use duckdb::{
    Connection,
    arrow::array::{ArrayRef, Float64Array, StringArray, TimestampNanosecondArray},
};

use super::{append_columns, sources};
use crate::{error::Result, rows::SourceId};

/// Wall-clock time in nanoseconds, component, metric, value.
type Figure = (i64, String, String, f64);

#[derive(Debug, Default)]
pub(super) struct Waiting {
    figures: Vec<Figure>,
    /// The first and last instant of sources, nanoseconds since 1970.
    reached: BTreeMap<u32, (i64, i64)>,
}

impl Waiting {
    pub(super) fn figures(&mut self, figures: &[(i64, &str, &str, f64)]) {
        let owned = |(at_ns, component, metric, value): &(i64, &str, &str, f64)| {
            (*at_ns, (*component).to_owned(), (*metric).to_owned(), *value)
        };
        self.figures.extend(figures.iter().map(owned));
    }

    pub(super) fn reached(&mut self, source: SourceId, first_ns: i64, last_ns: i64) {
        let span = self.reached.entry(source.0).or_insert((first_ns, last_ns));
        *span = (span.0.min(first_ns), span.1.max(last_ns));
    }

    /// Writes all of it. Nothing waits any more, also when that fails.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<()> {
        let Self { figures, reached } = std::mem::take(self);
        let columns: [(&str, ArrayRef); 4] = [
            (
                "happened_at",
                Arc::new(TimestampNanosecondArray::from_iter_values(figures.iter().map(|figure| figure.0))),
            ),
            ("component", Arc::new(StringArray::from_iter_values(figures.iter().map(|figure| &figure.1)))),
            ("metric", Arc::new(StringArray::from_iter_values(figures.iter().map(|figure| &figure.2)))),
            ("value", Arc::new(Float64Array::from_iter_values(figures.iter().map(|figure| figure.3)))),
        ];
        append_columns(connection, "self_metrics", columns)?;
        for (source, (first_ns, last_ns)) in reached {
            sources::reach(connection, SourceId(source), first_ns, last_ns)?;
        }
        Ok(())
    }
}
